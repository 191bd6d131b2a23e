"""The link in a page: stop the noise, from a phone that is not signed in.

A GET changes nothing, so that mail scanners and previews cannot acknowledge. The token is a secret in the address:
nothing is cached, nothing is told to other sites. (`no-referrer` would be stricter still, but browsers then send
`Origin: null` with the button, which the protection against forged requests refuses; `same-origin` tells others
nothing either.)
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from incidents.actions.paging import NotOpen
from incidents.actions.transitions import acknowledge_by_link, paged_by
from incidents.queries.links import Told, told
from notifications.acks import BadLink, ExpiredLink


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def ack_link(request: HttpRequest, token: str) -> HttpResponse:
    """What is down, since when, one button; after it who has it and who else was paged."""
    try:
        if request.method == "POST":
            return _pressed(request, token)
        return _shown(request, told(paged_by(token=token)))
    except ExpiredLink:
        return _bad(request, "expired", 410)
    except BadLink:
        return _bad(request, "forged", 404)


def _pressed(request: HttpRequest, token: str) -> HttpResponse:
    is_first = False
    try:
        _incident, delivery, is_first = acknowledge_by_link(token=token, now=timezone.now())
    except NotOpen:
        delivery = paged_by(token=token)
    return _shown(request, told(delivery), is_first=is_first)


def _shown(request: HttpRequest, found: Told, *, is_first: bool = False) -> HttpResponse:
    """Times are on the clock of the person who was paged: nobody needs to be signed in."""
    with timezone.override(found.person.zone):
        return _private(render(request, "incidents/ack.html", {"told": found, "is_first": is_first}))


def _bad(request: HttpRequest, why: str, status: int) -> HttpResponse:
    return _private(render(request, "incidents/ack_bad.html", {"why": why}, status=status))


def _private(response: HttpResponse) -> HttpResponse:
    response["Referrer-Policy"] = "same-origin"
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response
