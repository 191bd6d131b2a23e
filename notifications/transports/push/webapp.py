"""What makes the site an app that can be installed: its manifest, its worker, and what it shows without a connection.

All three are the same for everybody and say nothing that is not on the sign-in page.
"""

from __future__ import annotations

import json

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

THEME, GROUND = "#0f2c33", "#0f2c33"
A_DAY = 86_400


@require_safe
@cache_control(public=True, max_age=A_DAY)
def manifest(_request: HttpRequest) -> HttpResponse:
    """https://www.w3.org/TR/appmanifest/"""
    own = settings.ORGANISATION
    said = {
        "id": "/",
        "name": "Tocsin" if own == "Tocsin" else f"Tocsin · {own}",
        "short_name": "Tocsin",
        "description": _("Incidents, on call, and the page that reaches you."),
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "theme_color": THEME,
        "background_color": GROUND,
        "icons": [
            _icon("app-192.png", 192, "any"),
            _icon("app-512.png", 512, "any"),
            _icon("app-maskable-512.png", 512, "maskable"),
        ],
        "shortcuts": [
            {"name": _("Incidents"), "url": "/"},
            {"name": _("On call"), "url": "/oncall/"},
            {"name": _("How I am reached"), "url": reverse("notifications:me")},
        ],
    }
    return JsonResponse(said, content_type="application/manifest+json")


def _icon(name: str, size: int, purpose: str) -> dict[str, str]:
    return {
        "src": static(f"icons/{name}"),
        "sizes": f"{size}x{size}",
        "type": "image/png",
        "purpose": purpose,
    }


@require_safe
@cache_control(no_cache=True)
def worker(request: HttpRequest) -> HttpResponse:
    """The worker's script, with its words and the addresses of what it keeps for when there is no connection."""
    context = {
        "words": json.dumps(_words()),
        "kept": json.dumps([reverse("notifications:offline"), static("css/ack.css")]),
        "icon": json.dumps(static("icons/app-192.png")),
        "badge": json.dumps(static("icons/badge-96.png")),
    }
    answer = render(request, "notifications/push/sw.js", context, content_type="text/javascript")
    answer["Service-Worker-Allowed"] = "/"
    return answer


def _words() -> dict[str, str]:
    return {
        "offline": _("Not acknowledged: no connection. Tap to try again."),
        "broken": _("Not acknowledged: Tocsin did not answer. Tap to try again."),
        "again": _("Try again"),
        "open": _("Open"),
        "unreadable": _("Tocsin has something for you. Open it to see what."),
    }


@require_safe
@cache_control(public=True, max_age=A_DAY)
def offline(request: HttpRequest) -> HttpResponse:
    """What the worker shows in place of a page that cannot be fetched."""
    return render(request, "notifications/push/offline.html")
