"""What a call says: short sentences, the headline twice, then what to press."""

from __future__ import annotations

import re

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from lib.text import one_line
from notifications.models import Delivery
from notifications.transports.base import Message

HEADLINE = 200
_UNSPOKEN = re.compile(r"https?://\S+|[<>{}\[\]|\\^~`*_#\ufffe\uffff]")


def spoken(text: str, limit: int) -> str:
    """Text without addresses and marks that would be read out, ended by a full stop."""
    plain = one_line(_UNSPOKEN.sub(" ", text), limit).rstrip(" .…")
    return f"{plain}." if plain else ""


def said_first(message: Message) -> str:
    """The headline twice, and how many more pages it stands for; a code digit by digit, twice."""
    if message.code:
        digits = ", ".join(message.code)
        return _("Your Tocsin code is: %(digits)s. Again: %(digits)s.") % {"digits": digits}
    headline = spoken(message.headline, HEADLINE)
    test = _("This is a test.") if message.kind in ("drill", "test") else ""
    count = len(message.more)
    more = ngettext("And %(n)s more page.", "And %(n)s more pages.", count) % {"n": count} if count else ""
    return " ".join(part for part in (test, headline, _("Again:"), headline, more) if part)


def how_to_answer() -> str:
    return _("Press 4 to acknowledge. Press 6 to escalate.")


def of_delivery(delivery: Delivery) -> Message:
    """What the call about this page says, with those that it was told to stand for."""
    stored = delivery.message
    others = delivery.bundled.order_by("id").values_list("message__headline", flat=True)
    return Message(
        kind=delivery.kind,
        headline=str(stored.get("headline", "")),
        code=str(stored.get("code", "")),
        more=tuple(str(each) for each in others),
    )
