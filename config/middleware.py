"""What stands before Django's own middleware."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING


from config.operations import healthz

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponseBase


def bare_paths(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """Answer the liveness probe before any check of hosts: a kubelet asks by the pod's address."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if request.path_info == "/healthz":
            return healthz()
        return get_response(request)

    return middleware
