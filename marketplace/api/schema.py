"""What the OpenAPI schema says beyond the views: every operation may answer with a problem."""

from __future__ import annotations

from typing import Any

from drf_spectacular.plumbing import ResolvedComponent
from drf_spectacular.settings import spectacular_settings

from marketplace.api.problems import CONTENT_TYPE, ProblemSerializer

METHODS = ("get", "post", "patch", "delete")


def add_problems(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Give each operation a default response: application/problem+json. A drf-spectacular postprocessing hook."""
    reference = _register_problem(generator)
    for path in result["paths"].values():
        for method in METHODS:
            if method in path:
                path[method]["responses"]["default"] = {
                    "description": "A problem (RFC 9457): what happened and what to do.",
                    "content": {CONTENT_TYPE: {"schema": reference}},
                }
    result["components"] = generator.registry.build(spectacular_settings.APPEND_COMPONENTS)
    return result


def _register_problem(generator: Any) -> dict[str, str]:
    from drf_spectacular.openapi import AutoSchema

    schema = AutoSchema()
    schema.registry = generator.registry
    schema.path, schema.method = "", "GET"
    component = schema.resolve_serializer(ProblemSerializer, "response")
    assert isinstance(component, ResolvedComponent)
    return dict(component.ref)
