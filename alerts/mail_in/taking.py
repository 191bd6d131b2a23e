"""From an envelope to an event: whose address it is, what is refused, what is stored."""

from __future__ import annotations

import json
import re
from datetime import datetime

from django.conf import settings

from alerts import keys
from alerts.actions.intake import accept
from alerts.limits import keep_sample, meter
from alerts.sources.base import ALERT, Door
from alerts.sources.email.letter import letter_of, parsed
from alerts.sources.email.loops import TAKES_AUTOMATIC, why_refused
from lib.text import one_line
from notifications import measures

KIND = "email"
HIDDEN = "…"
# "<key>@…" and "<name>+<key>@…"; a key is 32 hex digits.
_LOCAL = re.compile(r"(?:(?P<tag>[^@]{1,64})\+)?(?P<key>[0-9a-f]{32})", re.IGNORECASE)


class Refused(Exception):
    """The mail is not taken; `reply` is the whole SMTP reply."""

    def __init__(self, reply: str) -> None:
        super().__init__(reply)
        self.reply = reply


BUSY = "451 4.7.1 This address is over its limit of mails a minute, send it again later"
UNKNOWN = "550 5.1.1 No integration has this address"
LOOP = "550 5.7.1 Not taken: this mail is {what}"
WORDS = {
    "bounce": "a bounce",
    "own": "from this installation itself",
    "answer": "an automatic answer",
    "automatic": "automatic, and this integration takes none",
    "bulk": "bulk mail",
    "list": "list mail",
}


def door_of(recipient: str) -> tuple[Door, str, str]:
    """The door that an address leads to, with its key and tag. Raises Refused, and database errors."""
    local, _, domain = recipient.strip().strip("<>").rpartition("@")
    wanted = settings.INTAKE_MAIL_DOMAIN.lower()
    found = _LOCAL.fullmatch(local)
    door = keys.door(found["key"].lower()) if found and domain.lower() == wanted else None
    if door is None or door.kind != KIND or found is None:
        raise Refused(UNKNOWN)
    return door, found["key"].lower(), found["tag"] or ""


def take(*, recipient: str, sender: str, raw: bytes, now: datetime) -> int:
    """Store the mail for one recipient; it is committed when this returns the event's id. Raises Refused, and database
    errors while there is none to store it in."""
    door, key, tag = door_of(recipient)
    message = parsed(raw)
    why = why_refused(
        message,
        sender=sender,
        own_hosts=own_hosts(),
        takes_automatic=bool(door.options.get(TAKES_AUTOMATIC)),
    )
    if why:
        measures.count("mail_refused", why)
        raise Refused(LOOP.format(what=WORDS[why]))
    letter = letter_of(message, sender=sender, recipient=one_line(tag, 64))
    text = json.dumps(letter, ensure_ascii=False)
    stored = re.sub(re.escape(key), HIDDEN, text, flags=re.IGNORECASE)
    if not meter.lets_in(door, now):
        _sample(door, stored, now)
        raise Refused(BUSY)
    return accept(integration_id=door.id, endpoint=ALERT, body=stored, now=now)


def _sample(door: Door, stored: str, now: datetime) -> None:
    """Counted, and one in ten seconds is kept, as at every other door."""
    if meter.wants_sample(door):
        refused = meter.refused(door, now)
        keep_sample(door, endpoint=ALERT, body=stored, context="{}", refused=refused, now=now)


def own_hosts() -> set[str]:
    """The domains that our own mails carry in their Message-ID."""
    host = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].strip("<> ").lower()
    return {host or "localhost", settings.INTAKE_MAIL_DOMAIN.lower()}
