"""What stands before Django's own middleware."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from alerts.views.intake import PREFIXES, dispatch
from config.operations import healthz

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse, HttpResponseBase


def bare_paths(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Answer machines before sessions, CSRF and the check of hosts.

    A kubelet asks for liveness by the pod's address; monitoring tools post without cookies, many a second.
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if request.path_info == "/healthz":
            return _sized(healthz())
        if request.path_info.startswith(PREFIXES):
            return _sized(dispatch(request))
        return get_response(request)

    return middleware


def _sized(response: HttpResponse) -> HttpResponse:
    """CommonMiddleware, which these answers do not pass, would do this; without it the body is sent in chunks."""
    response["Content-Length"] = str(len(response.content))
    return response


def read_as_utf8(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Read forms as UTF-8 whatever a client names. Our pages are UTF-8, so browsers name nothing; other codecs
    smuggle in what no text holds, half a surrogate pair say, or do not make text at all."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        request.encoding = "utf-8"
        return get_response(request)

    return middleware
