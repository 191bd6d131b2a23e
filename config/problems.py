"""Every error of the API as an RFC 9457 problem document, also those that Django itself finds."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponseBase, JsonResponse
from django.views import defaults
from rest_framework import exceptions
from rest_framework.permissions import AllowAny
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView, exception_handler

from lib.text import clean

MEDIA_TYPE = "application/problem+json"
LONGEST = 500

log = logging.getLogger(__name__)


class Away(exceptions.APIException):
    status_code = 503
    default_detail = "The database does not answer. Try again in a moment."
    wait = 5


def problem(error: Exception, context: dict[str, Any]) -> Response | None:
    """For REST_FRAMEWORK: type, title, status, detail, `errors` by field, and what the error itself adds."""
    if isinstance(error, OperationalError | InterfaceError):
        log.error("The database is away", exc_info=error)
        error = Away()
    response = exception_handler(error, context)
    if response is None:
        return None
    response.data = _document(error, response)
    response.content_type = MEDIA_TYPE
    _answer_in_json(context.get("request"))
    return response


def _answer_in_json(request: Request | None) -> None:
    """The schema's and the docs' renderers would write the document as YAML or look for a template."""
    if request is not None:
        request.accepted_renderer, request.accepted_media_type = JSONRenderer(), "application/json"


def _document(error: Exception, response: Response) -> dict[str, Any]:
    document = _bare(response.status_code, _detail(error, response))
    if isinstance(error, exceptions.ValidationError):
        return {**document, "errors": _printable(_by_field(response.data))}
    return {**document, **getattr(error, "members", {})}


def _bare(status: int, detail: str) -> dict[str, Any]:
    title = HTTPStatus(status).phrase
    return {
        "type": "about:blank",
        "title": title,
        "status": status,
        "detail": clean(detail, LONGEST) or title,
    }


def _detail(error: Exception, response: Response) -> str:
    if isinstance(error, exceptions.ValidationError):
        return "Some fields are not valid."
    if isinstance(error, Http404):
        return "There is no such thing, or it is not yours to see."
    if isinstance(error, PermissionDenied) and str(error):
        return str(error)
    said = response.data.get("detail") if isinstance(response.data, dict) else None
    return str(said or "")


def _by_field(errors: Any) -> Any:
    return errors if isinstance(errors, dict) else {"non_field_errors": errors}


def _printable(value: Any) -> Any:
    """Messages repeat what was sent: half a surrogate pair in it could not be written, and it may be long."""
    if isinstance(value, dict):
        return {clean(name, LONGEST): _printable(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_printable(each) for each in value]
    return clean(str(value), LONGEST)


class Unknown(APIView):
    """Any path below /api/ that leads nowhere, by any method."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        raise exceptions.NotFound("There is nothing at this address. The API is described at /api/docs.")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """handler400: hosts that are not ours, bodies that Django refuses to read."""
    if not is_api(request):
        return defaults.bad_request(request, exception)
    return _json(400, "The request is malformed.")


def server_error(request: HttpRequest) -> HttpResponseBase:
    """handler500: says nothing about what went wrong; the log does."""
    if not is_api(request):
        return defaults.server_error(request)
    return _json(500, "Something went wrong on our side. It is in the log.")


def is_api(request: HttpRequest) -> bool:
    return request.path_info.startswith("/api/")


def _json(status: int, detail: str) -> JsonResponse:
    return JsonResponse(_bare(status, detail), status=status, content_type=MEDIA_TYPE)
