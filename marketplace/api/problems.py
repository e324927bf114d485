"""Every error as RFC 9457 problem details: type, title, status, detail, code, field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any

import structlog
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from billing.payments.method import PaymentProviderUnavailable
from marketplace.errors import CHANGED_MEANWHILE, PERSON_ERRORS, STAFF_ERRORS, PersonError, StaffError
from marketplace.offers.refusal import NotYours
from marketplace.unreachable import UNREACHABLE, Unreachable, unreachable
from matching.cancel import OrderNotFound
from matching.inbox import ExchangeBusy
from matching.market_data.reading import EventsNotKept

CONTENT_TYPE = "application/problem+json"

logger = structlog.get_logger(__name__)

_NOT_FOUND = (OrderNotFound, NotYours)


def problem(
    *, status: int, code: str, detail: str, field: str | None = None, title: str | None = None, **more: Any
) -> Response:
    """Make the response."""
    body = {
        "type": f"urn:suanshi:problem:{code}",
        "title": title or code.replace("_", " ").capitalize(),
        "status": status,
        "detail": detail,
        "code": code,
        "field": field,
        **more,
    }
    return Response(body, status=status, content_type=CONTENT_TYPE)


def handle_exception(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """Turn what a view raised into a problem; None leaves a defect of ours to the server's 500."""
    if isinstance(error, (*PERSON_ERRORS, *STAFF_ERRORS)):
        response = _of_person_error(error)
    elif isinstance(error, ExchangeBusy):
        response = problem_of_delay(error)
    elif isinstance(error, UNREACHABLE):
        logger.warning("The database could not be reached", error=str(error))
        response = problem_of_delay(unreachable())
    elif isinstance(error, PaymentProviderUnavailable):
        response = problem_of_delay(error, str(error.sentence))
    elif isinstance(error, EventsNotKept):
        response = problem(status=410, code=error.code, detail=str(error), field=error.field)
    elif isinstance(error, Http404):
        response = _not_found(str(error))
    elif isinstance(error, PermissionDenied):
        response = problem(status=403, code="permission_denied", detail=str(error) or _("You may not do this."))
    elif isinstance(error, exceptions.ValidationError):
        response = _of_validation(error)
    elif isinstance(error, exceptions.APIException):
        response = _of_api_exception(error)
    else:
        return None
    set_rollback()
    return response


def problem_of_delay(error: ExchangeBusy | PaymentProviderUnavailable | Unreachable, said: str = "") -> Response:
    """Tell when to come back."""
    response = problem(status=503, code=error.code, detail=said or str(error), title=HTTPStatus(503).phrase)
    response["Retry-After"] = str(error.retry_after_s)
    return response


def _of_person_error(error: PersonError | StaffError) -> Response:
    status = 409 if isinstance(error, CHANGED_MEANWHILE) else 404 if isinstance(error, _NOT_FOUND) else 422
    return problem(status=status, code=error.code, detail=str(error), field=error.field)


def _not_found(said: str) -> Response:
    # Django's own sentence names a model ("No Invoice matches the given query."), which helps nobody.
    named = said if said and not said.startswith("No ") else _("There is nothing at this address that you may see.")
    return problem(status=404, code="not_found", detail=named)


def _of_api_exception(error: exceptions.APIException) -> Response:
    codes = error.get_codes()
    code = codes if isinstance(codes, str) else error.default_code
    if isinstance(error, exceptions.NotFound):
        return _not_found("")
    said = str(error.detail)
    if isinstance(error, exceptions.ParseError):
        said = _("The body is not JSON as RFC 8259 has it (%(said)s).") % {"said": said}
    response = problem(status=error.status_code, code=code, detail=said, title=HTTPStatus(error.status_code).phrase)
    for header, value in (("WWW-Authenticate", "auth_header"), ("Retry-After", "wait")):
        if getattr(error, value, None):
            response[header] = str(getattr(error, value))
    return response


def _of_validation(error: exceptions.ValidationError) -> Response:
    errors = list(_flat(error.detail))
    first = errors[0]
    many = len(errors) > 1
    named = f"{first['field']}: {first['detail']}" if first["field"] else first["detail"]
    detail = _("%(count)s fields cannot be read; the first: %(first)s") % {"count": len(errors), "first": named}
    return problem(
        status=400,
        code="invalid",
        title=_("The request cannot be read"),
        detail=detail if many else named,
        field=first["field"] or None,
        errors=errors,
    )


def _flat(detail: Any, path: Sequence[str] = ()) -> Iterator[dict[str, str]]:
    """Yield each message of DRF's nested error details with the dotted name of its field."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            yield from _flat(inner, path if name == "non_field_errors" else (*path, str(name)))
    elif isinstance(detail, list):
        for number, inner in enumerate(detail):
            yield from _flat(inner, path if not isinstance(inner, Mapping) else (*path, str(number)))
    else:
        yield {"field": ".".join(path), "code": getattr(detail, "code", "invalid"), "detail": str(detail)}
