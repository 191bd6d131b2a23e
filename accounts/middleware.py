"""Times on pages are in the reader's zone."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from django.utils import timezone

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponseBase


def reader_zone(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Activate the signed-in person's zone for pages; machines' paths never load a session for it."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith(MACHINE_PATHS) and request.user.is_authenticated:
            with timezone.override(request.user.zone):
                return get_response(request)
        return get_response(request)

    return middleware


MACHINE_PATHS = ("/v2/", "/in/", "/calendars/", "/api/", "/status/", "/static/", "/metrics", "/readyz")
