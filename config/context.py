"""What the frame around every page shows."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core import signing
from django.http import HttpRequest


def frame(request: HttpRequest) -> dict[str, Any]:
    """Context `frame` for signed-in people; see docs/frontend.md for its keys."""
    if not getattr(request, "user", None) or not request.user.is_authenticated:
        return {}
    return {
        "frame": {
            "live_url": settings.LIVE_URL,
            "live_token": signing.dumps(request.user.pk, salt="live"),
        },
        "organisation": settings.ORGANISATION,
    }
