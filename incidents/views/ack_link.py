"""The link in a page: stop the noise, from a phone that is not signed in.

A GET changes nothing, so that mail scanners and previews cannot acknowledge. The token is a secret in the address:
nothing is cached, nothing is told to other sites. (`no-referrer` would be stricter still, but browsers then send
`Origin: null` with the button, which the protection against forged requests refuses; `same-origin` tells others
nothing either.)
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from incidents.actions.paging import NotOpen
from incidents.actions.transitions import acknowledge_by_link, paged_by
from incidents.actions.verdicts import NotPaged, judge
from incidents.queries.links import Told, told
from notifications.acks import BadLink, ExpiredLink
from notifications.answers import answer
from notifications.models import Delivery, DeliveryKind
from notifications.subjects import Answered, Verb
from oncall.drills import queries as drills

VERDICTS = {"useful": True, "useless": False}


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def ack_link(request: HttpRequest, token: str) -> HttpResponse:
    """What is down, since when, one button; after it who has it and who else was paged."""
    try:
        delivery = paged_by(token=token)
        if delivery.kind == DeliveryKind.DRILL:
            return _drill(request, delivery)
        if request.method == "POST":
            return _pressed(request, token)
        return _shown(request, told(delivery))
    except ExpiredLink:
        return _bad(request, "expired", 410)
    except BadLink:
        return _bad(request, "forged", 404)


def _pressed(request: HttpRequest, token: str) -> HttpResponse:
    """Acknowledges, all that the message stood for; or asks for the next step, when the person cannot take it."""
    delivery = paged_by(token=token)
    told(delivery)
    now = timezone.now()
    if request.POST.get("verb") == Verb.ESCALATE:
        said = answer(delivery=delivery, verb=Verb.ESCALATE, via=_via(delivery), now=now)
        return _shown(request, told(delivery), said=said.text)
    if request.POST.get("verb") in VERDICTS:
        return _judged(request, delivery, VERDICTS[request.POST["verb"]], now)
    if delivery.bundled.exists():
        said = answer(delivery=delivery, verb=Verb.ACKNOWLEDGE, via=_via(delivery), now=now)
        return _shown(request, told(paged_by(token=token)), said=said.text)
    is_first = False
    with suppress(NotOpen):
        _incident, delivery, is_first = acknowledge_by_link(token=token, now=now)
    return _shown(request, told(delivery), is_first=is_first)


def _judged(request: HttpRequest, delivery: Delivery, is_useful: bool, now: datetime) -> HttpResponse:
    """Whoever was paged says whether that was of use, with the same link."""
    found = told(delivery)
    with suppress(NotPaged):
        judge(incident=found.incident, user=found.person, is_useful=is_useful, now=now)
    return _shown(request, told(delivery))


def _via(delivery: Delivery) -> str:
    return f"link in {delivery.transport}"


def _shown(request: HttpRequest, found: Told, *, is_first: bool = False, said: str = "") -> HttpResponse:
    """Times are on the clock of the person who was paged: nobody needs to be signed in."""
    with timezone.override(found.person.zone):
        context = {"told": found, "is_first": is_first, "said": said}
        return _private(render(request, "incidents/ack.html", context))


def _drill(request: HttpRequest, delivery: Delivery) -> HttpResponse:
    """The same for a marked test, which says that it is one before all else."""
    said: Answered | None = None
    if drills.told(delivery) is None:
        raise BadLink("nobody waits for this answer")
    if request.method == "POST":
        said = answer(delivery=delivery, verb=Verb.ACKNOWLEDGE, via=_via(delivery), now=timezone.now())
    found = drills.told(delivery)
    assert found is not None  # noqa: S101 - it was there a moment ago; says it to mypy
    with timezone.override(found.person.zone):
        return _private(render(request, "incidents/ack_drill.html", {"told": found, "said": said}))


def _bad(request: HttpRequest, why: str, status: int) -> HttpResponse:
    return _private(render(request, "incidents/ack_bad.html", {"why": why}, status=status))


def _private(response: HttpResponse) -> HttpResponse:
    response["Referrer-Policy"] = "same-origin"
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response
