"""What mails say about requests for cover. Times are on the clock of whoever reads them."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from notifications.actions.mails import mail_notice
from notifications.transports.base import Message
from oncall.covering import words_of
from oncall.models import CoverRequest

Facts = tuple[tuple[str, str], ...]


def mail_asked(request: CoverRequest, people: list[User], now: datetime) -> None:
    """To whom is asked: the acting link leads to a page behind the sign-in."""
    for person in people:
        names = _names(request, person)
        named = _("%(asker)s asks you to cover %(schedule)s, %(time)s") % names
        anybody = _("%(asker)s looks for cover: %(schedule)s, %(time)s") % names
        message = Message(
            kind="notice",
            headline=named if request.asked_id else anybody,
            intro=_what_it_means(request, names),
            facts=_facts(request, person),
            url=_url(request),
            link_text=_("Accept or decline:") if request.asked_id else _("Take it:"),
        )
        _send(request, person, "asked", message, now)


def mail_accepted(request: CoverRequest, now: datetime) -> None:
    """To the asker."""
    names = _names(request, request.asker)
    swapped = _("%(taker)s swaps with you: %(schedule)s, %(time)s") % names
    covered = _("%(taker)s covers you: %(schedule)s, %(time)s") % names
    intro = _("You are not on call for %(schedule)s then.") % names
    if request.swap_starts_at:
        intro += " " + _("You are in return, %(return)s.") % names
    _tell_asker(request, "accepted", swapped if request.swap_starts_at else covered, intro, now)


def mail_declined(request: CoverRequest, now: datetime) -> None:
    """To the asker."""
    names = _names(request, request.asker)
    headline = _("%(asked)s cannot cover %(schedule)s, %(time)s") % names
    _tell_asker(request, "declined", headline, _("You are still on call then. Ask somebody else."), now)


def mail_unanswered(request: CoverRequest, now: datetime) -> None:
    """To the asker, while there is time to find somebody."""
    headline = _("Nobody has taken %(schedule)s yet, %(time)s") % _names(request, request.asker)
    intro = _(
        "You asked for cover, and you are still on call then. Ask somebody directly, or tell your manager."
    )
    _tell_asker(request, "unanswered", headline, intro, now)


def mail_withdrawn(request: CoverRequest, now: datetime) -> None:
    """To the one who was asked by name."""
    if request.asked:
        headline = _("No longer needed: cover for %(schedule)s, %(time)s") % _names(request, request.asked)
        intro = _("%(asker)s has withdrawn the request.") % {"asker": request.asker}
        message = Message(kind="notice", headline=headline, intro=intro, url=_url(request))
        _send(request, request.asked, "withdrawn", message, now)


def _tell_asker(request: CoverRequest, what: str, headline: str, intro: str, now: datetime) -> None:
    message = Message(
        kind="notice",
        headline=headline,
        intro=intro,
        facts=_facts(request, request.asker),
        url=_url(request),
        link_text=_("Open the request:"),
    )
    _send(request, request.asker, what, message, now)


def _send(request: CoverRequest, person: User, what: str, message: Message, now: datetime) -> None:
    key = f"cover:{request.pk}:{what}:{person.pk}"
    mail_notice(person=person, key=key, subject=f"cover:{request.pk}", message=message, now=now)


def _what_it_means(request: CoverRequest, names: dict[str, str]) -> str:
    if request.swap_starts_at:
        return _("It is a swap: %(asker)s is on call in your place in return, %(return)s.") % names
    return _("Who accepts is on call then in place of %(asker)s.") % names


def _facts(request: CoverRequest, person: User) -> Facts:
    names = _names(request, person)
    rows = [
        (_("When"), f"{names['time']} ({names['zone']})"),
        (_("Schedule"), f"{names['schedule']} · {request.schedule.team}"),
        (_("In return"), names["return"]),
        (_("Note"), request.note),
    ]
    return tuple((label, value) for label, value in rows if value)


def _names(request: CoverRequest, person: User) -> dict[str, str]:
    with timezone.override(person.zone):
        swap = [each for each in (request.swap_starts_at, request.swap_ends_at) if each]
        return {
            "asker": str(request.asker),
            "asked": str(request.asked or ""),
            "taker": str(request.taken_by or ""),
            "schedule": str(request.schedule),
            "time": words_of(request.starts_at, request.ends_at),
            "return": words_of(swap[0], swap[1]) if swap else "",
            "zone": person.time_zone,
        }


def _url(request: CoverRequest) -> str:
    return f"{settings.SITE_URL}{reverse('oncall:cover', args=[request.pk])}"
