"""An answer by text: "A 4711", "ack 4711", "4711 a", or a letter alone where one page waits.

Whatever is not clearly one wish about one page changes nothing, and is answered with what could be written.
"""

from __future__ import annotations

import logging
import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from notifications import answers
from notifications.actions.methods import switch_off, switch_on
from notifications.models import ContactMethod, Delivery, DeliveryState, ReplyCode
from notifications.subjects import Verb
from notifications.transports.chats.pressing import Press, press
from notifications.transports.sms.text import short
from notifications.transports.telephone.errors import STOPPED

log = logging.getLogger(__name__)

WORDS = {
    **dict.fromkeys(("a", "ack", "acknowledge", "acknowledged"), Verb.ACKNOWLEDGE),
    **dict.fromkeys(("e", "esc", "escalate"), Verb.ESCALATE),
    **dict.fromkeys(("r", "res", "resolve", "resolved"), Verb.RESOLVE),
}
# Twilio and carriers answer these themselves and refuse what is sent after the first kind, until the second.
STOPS = frozenset({"stop", "stopall", "unsubscribe", "cancel", "end", "quit"})
STARTS = frozenset({"start", "unstop"})
CODE = re.compile(r"[0-9]{4,8}")
MOST_LISTED, MOST_READ = 5, 50


@dataclass(frozen=True, slots=True)
class Text:
    """One message that came in. `event` is the provider's own id of it, `sender` a number as E.164."""

    event: str
    sender: str
    text: str


def wish(text: str) -> tuple[Verb, str] | None:
    """The verb and the code (empty where none was given); None for anything that is not just these."""
    plain = unicodedata.normalize("NFKC", text[:200]).casefold()
    parts = re.findall(r"[^\W\d_]+|[0-9]+", plain)
    verbs = [WORDS[part] for part in parts if part in WORDS]
    codes = [part for part in parts if CODE.fullmatch(part)]
    if len(verbs) != 1 or len(codes) > 1 or len(parts) != 1 + len(codes):
        return None
    return verbs[0], "".join(codes)


def heard(what: Text, *, now: datetime) -> str:
    """Do what the text asks for, and return what to answer; empty for nothing.

    Raises answers.Repeated when the provider sent the same message before.
    """
    word = what.text.strip().casefold()
    if word in STOPS | STARTS:
        return _for_the_carrier(what, word, now)
    people = _people(what.sender)
    if not people:
        log.warning("text message from an unknown number", extra={"transport": "sms", "event": what.event})
        return _noted(what, "unknown number", "", now)
    asked = wish(what.text)
    if asked is None:
        return _said(what, _help(people, now), now)
    verb, code = asked
    try:
        delivery = _meant(people, verb, code, now)
    except answers.Unknown as error:
        return _said(what, short(str(error)), now)
    one = Press("sms", what.sender, verb, what.event)
    return short(press(delivery=delivery, what=one, now=now).text)


@transaction.atomic
def _for_the_carrier(what: Text, word: str, now: datetime) -> str:
    """STOP switches the number off, START switches on again what a STOP had switched off; nothing is answered."""
    said = _noted(what, "for the carrier", "", now)
    if word in STARTS:
        switch_on(transport="sms", address=what.sender, stopped_by=STOPPED)
    else:
        for each in ContactMethod.objects.usable().filter(transport="sms", address=what.sender):
            switch_off(method_id=each.pk, reason=STOPPED, now=now)
    return said


def _people(number: str) -> list[User]:
    """Whose number it is: two people can share a telephone."""
    if not number:
        return []
    methods = ContactMethod.objects.usable().filter(transport="sms", address=number, user__is_active=True)
    return [method.user for method in methods.select_related("user").order_by("id")]


def _meant(people: list[User], verb: Verb, code: str, now: datetime) -> Delivery:
    """The one page that is meant. Raises answers.Unknown with what to write instead."""
    if not code:
        return _only_one(people, verb, now)
    for person in people:
        try:
            return answers.delivery_by_code(person=person, code=code, now=now)
        except answers.Unknown:
            continue
    raise answers.Unknown(_("No page of yours waits for this code. It may be older than two days."))


def _only_one(people: list[User], verb: Verb, now: datetime) -> Delivery:
    """The page that a letter alone means; once all are answered, whoever acknowledges is told by whom the newest
    was."""
    rows = _coded(people, now)
    waits = [row for row in rows if answers.is_awaited(row.delivery)]
    if len({row.delivery.subject for row in waits}) == 1:
        return waits[0].delivery
    if rows and not waits and verb is Verb.ACKNOWLEDGE:
        return rows[0].delivery
    raise answers.Unknown(_help(people, now))


def _coded(people: list[User], now: datetime) -> list[ReplyCode]:
    """Codes that still count, of pages that have reached their people, the newest first."""
    rows = ReplyCode.objects.filter(
        user__in=people,
        expires_at__gt=now,
        delivery__state__in=[DeliveryState.SENT, DeliveryState.DELIVERED],
    )
    return list(rows.select_related("delivery__user", "delivery__method").order_by("-pk")[:MOST_READ])


def _help(people: list[User], now: datetime) -> str:
    waits = [row for row in _coded(people, now) if answers.is_awaited(row.delivery)]
    if not waits:
        return _("No page waits for your answer.")
    first = _("Which one? Reply A and its code.")
    named = [
        f"{row.code} {str(row.delivery.message.get('headline', ''))[:40]}" for row in waits[:MOST_LISTED]
    ]
    return short(" / ".join([first, *named]))


def _said(what: Text, text: str, now: datetime) -> str:
    return _noted(what, text, text, now)


def _noted(what: Text, outcome: str, text: str, now: datetime) -> str:
    row = answers.note(
        transport="sms", provider_id=what.event, sender=what.sender, summary=what.text[:40], now=now
    )
    row.outcome = outcome[:500]
    row.save(update_fields=["outcome"])
    return text
