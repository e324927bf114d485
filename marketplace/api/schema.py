"""What the OpenAPI schema says beyond the views: every operation may answer with a problem."""

from __future__ import annotations

from typing import Any

from drf_spectacular.openapi import AutoSchema

from marketplace.api.problems import CONTENT_TYPE

METHODS = ("get", "post", "patch", "delete")


def _text(description: str) -> dict[str, str]:
    return {"type": "string", "description": description}


PROBLEM = {
    "type": "object",
    "description": "An error, as RFC 9457 (application/problem+json) describes it.",
    "required": ["type", "title", "status", "detail", "code", "field"],
    "properties": {
        "type": _text("urn:suanshi:problem:<code>"),
        "title": _text("The kind of problem in a few words."),
        "status": {"type": "integer"},
        "detail": _text("A sentence that says what happened and what to do, in the language of Accept-Language."),
        "code": _text("Stable, for programs: insufficient_funds, gate_closed, invalid, ..."),
        "field": {**_text("The field of the request at fault."), "nullable": True},
        "errors": {
            "type": "array",
            "description": "Every field at fault, where the request could not be read.",
            "items": {
                "type": "object",
                "required": ["field", "code", "detail"],
                "properties": {
                    "field": _text("Dotted where it is nested; empty for the request as a whole."),
                    "code": _text("Stable, for programs."),
                    "detail": _text("A sentence."),
                },
            },
        },
    },
}


class DescribedSchema(AutoSchema):
    """Takes each operation's summary from the first sentence of its description, and the body of an act from the act."""

    def get_request_serializer(self) -> Any:
        """Return what an act takes: nothing, unless it says so."""
        return self.view.body if hasattr(self.view, "body") else super().get_request_serializer()

    def get_summary(self) -> str | None:
        """Return the sentence without its full stop."""
        description: str = self.get_description() or ""
        return " ".join(description.split()).partition(". ")[0].rstrip(".") or None


def add_problems(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Give each operation a default response: application/problem+json. A drf-spectacular postprocessing hook."""
    result["components"]["schemas"]["Problem"] = PROBLEM
    for path in result["paths"].values():
        for method in METHODS:
            if method in path:
                path[method]["responses"]["default"] = {
                    "description": "A problem: what happened and what to do.",
                    "content": {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
                }
    return result
