"""Endpoints that chat services call: bounded bodies, no cookies, no forms."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

LARGEST_BODY = 64 * 1024
Endpoint = Callable[..., HttpResponse]


def machine(view: Endpoint) -> Endpoint:
    """An endpoint for machines: POST alone; the view gets the body, of at most 64 kB, as its second argument.

    No cookie counts here, so no page of another site can use a reader's session.
    """

    @wraps(view)
    def bounded(request: HttpRequest, **parts: str) -> HttpResponse:
        raw = request.read(LARGEST_BODY + 1)
        if len(raw) > LARGEST_BODY:
            return sentence("The body is longer than 64 kB.", 413)
        return view(request, raw, **parts)

    return csrf_exempt(never_cache(require_POST(bounded)))


def sentence(text: str, status: int = 200) -> HttpResponse:
    """One sentence as plain text."""
    return HttpResponse(text, status=status, content_type="text/plain; charset=utf-8")
