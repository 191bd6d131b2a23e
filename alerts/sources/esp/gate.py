"""The door for providers' webhooks: checked and parsed by django-anymail, kept as letters."""

from __future__ import annotations

import json
import logging
import re
from functools import partial
from typing import Any

from anymail.exceptions import AnymailWebhookValidationFailure
from anymail.signals import AnymailInboundEvent
from django.conf import settings
from django.core.exceptions import RequestDataTooBig

from alerts.mail_in.taking import own_hosts
from alerts.sources import values
from alerts.sources.answers import refusal, unreadable
from alerts.sources.base import Accepted, Answer, Arrived, Door, Gate, Parsed, Rejected, Stored
from alerts.sources.email import parser
from alerts.sources.email.headers import header
from alerts.sources.email.letter import letter_of
from alerts.sources.email.loops import TAKES_AUTOMATIC, why_refused
from alerts.sources.esp.views import MAKE, request_of
from alerts.sources.plain import AWAY, NO_KEY, too_much
from alerts.sources.signed import WRONG
from lib.jsonbody import BadBody
from lib.jsonbody import parse as parse_json
from lib.text import one_line
from notifications import measures

log = logging.getLogger(__name__)
PREFIX = "/in/mail/"
ANSWER = Answer(200, {"status": "success", "message": "Event accepted"})
NOTHING = Answer(200, {"status": "success", "message": "There is no mail in it, or none that is taken."})


def take(provider: str, arrived: Arrived, door: Door) -> Accepted | Answer:
    """Check the provider's signature or password, and keep its mails; raises BadBody and Rejected."""
    if arrived.method != "POST":
        return Answer(200, "Mails are posted here.")
    view, request = _view(provider, arrived, door), request_of(arrived)
    try:
        if door.secret:
            _checked(view, request)
        events = _events(view, request)
    finally:
        request.close()
    letters = [letter for event in events if (letter := _letter(event, door))]
    if not letters:
        return NOTHING
    text = json.dumps({"provider": provider, "letters": letters}, ensure_ascii=False)
    return Accepted(answer=lambda _: ANSWER, text=text)


def _view(provider: str, arrived: Arrived, door: Door) -> Any:
    try:
        return MAKE[provider](door.secret, _url(provider, arrived))
    except ValueError as error:  # a secret that is no text of ASCII is no key of theirs
        raise Rejected(WRONG, status=401) from error


def _url(provider: str, arrived: Arrived) -> str:
    """The public address, which Mandrill signs."""
    return f"{settings.SITE_URL}{PREFIX}{provider}/{arrived.path}"


def _checked(view: Any, request: Any) -> None:
    try:
        view.run_validators(request)
    except RequestDataTooBig as error:
        raise BadBody("A field of the form is too large.", 413) from error
    except (AnymailWebhookValidationFailure, ValueError, KeyError, TypeError) as error:
        # A secret that is no key of that kind fails in the library's own way; either way the sender is not proven.
        raise Rejected(WRONG, status=401) from error


def _events(view: Any, request: Any) -> list[AnymailInboundEvent]:
    try:
        found = view.parse_events(request)
    except RequestDataTooBig as error:
        raise BadBody("A field of the form is too large.", 413) from error
    except Exception as error:
        # The boundary to what providers send: anymail's views raise whatever a missing field brings about.
        log.info("a provider's webhook could not be read", exc_info=True)
        said = one_line(f"{type(error).__name__}: {error}", 300)
        raise Rejected(f"This is not what the provider posts for an inbound mail: {said}") from error
    return [event for event in found if isinstance(event, AnymailInboundEvent)]


def _letter(event: AnymailInboundEvent, door: Door) -> dict[str, Any] | None:
    """The mail as a letter; None for what would make a loop, which is counted. A provider that is told so would only
    send it again."""
    message = event.message
    sender = message.envelope_sender
    known = header(message, "From") or "unknown" if sender is None else str(sender).strip("<> ")
    takes = bool(door.options.get(TAKES_AUTOMATIC))
    why = why_refused(message, sender=known, own_hosts=own_hosts(), takes_automatic=takes)
    if why:
        measures.count("mail_refused", why)
        return None
    return letter_of(message, sender=known)


def read(stored: Stored) -> Parsed:
    """What the letters say; raises BadBody."""
    raw = stored.text.encode()
    found = values.mapping(parse_json(raw, max_bytes=max(4 * len(raw), 1)))
    letters = values.items(found.get("letters")) or [found]
    read_one = [parser.parse(letter, received_at=stored.received_at) for letter in letters]
    return Parsed(tuple(signal for each in read_one for signal in each.signals))


def gate(provider: str) -> Gate:
    """Where this provider posts."""
    return Gate(
        f"{PREFIX}{provider}/",
        partial(take, provider),
        # Beside the door, Mandrill's check needs the key: it signs the address.
        lambda arrived: arrived.path,
        re.compile("[^/]+"),
        methods=frozenset({"POST", "HEAD", "GET"}),
        refused=lambda status, reason, errors: Answer(
            status, refusal(Rejected(reason, errors)) if errors else unreadable(reason)
        ),
        stranger=Answer(404, refusal(Rejected(NO_KEY))),
        away=AWAY,
        busy=too_much(503),
        most=settings.INTAKE_MAIL_MAX_BYTES,
    )
