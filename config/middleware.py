"""What stands before Django's own middleware."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from alerts.views.intake import PREFIXES, dispatch
from config.operations import healthz

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponseBase


def bare_paths(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Answer machines before sessions, CSRF and the check of hosts.

    A kubelet asks for liveness by the pod's address; monitoring tools post without cookies, many a second.
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if request.path_info == "/healthz":
            return healthz()
        if request.path_info.startswith(PREFIXES):
            return dispatch(request)
        return get_response(request)

    return middleware
