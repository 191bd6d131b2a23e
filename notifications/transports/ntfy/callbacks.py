"""A button that was pressed on a phone. The token in the address says which page, and proves it."""

from __future__ import annotations

import logging

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from notifications import answers
from notifications.acks import BadLink, ExpiredLink
from notifications.actions.deliveries import send_notice
from notifications.models import Delivery, DeliveryKind
from notifications.subjects import Answered, Verb
from notifications.transports.base import Message
from notifications.transports.chats.hooks import machine, sentence
from notifications.transports.chats.pressing import Press, again, meant, press

log = logging.getLogger(__name__)


@machine
def pressed(_request: HttpRequest, _raw: bytes, token: str, verb: str) -> HttpResponse:
    """Do it and say so in one sentence. The app shows only that it worked: what came late is told by a message."""
    try:
        delivery = meant(token, "ntfy")
    except ExpiredLink:
        return sentence(_("This page is older than two days and can not be answered any more."), 410)
    except BadLink:
        log.warning("callback refused", extra={"transport": "ntfy", "reason": "token"})
        return sentence(_("This button is not one of ours."), 403)
    return sentence(_done(delivery, Verb(verb)).text)


def _done(delivery: Delivery, verb: Verb) -> Answered:
    now = timezone.now()
    # A press has no id of its own, and once is all that a button is good for.
    one = Press("ntfy", str(delivery.user_id), verb, f"{delivery.pk}:{verb.value}")
    try:
        said = press(delivery=delivery, what=one, now=now)
    except answers.Repeated:
        return again(delivery=delivery, what=one, now=now)
    if not said.changed and delivery.method:
        late = Message(kind="notice", headline=said.text, quiet=True)
        send_notice(
            method=delivery.method,
            kind=DeliveryKind.NOTICE,
            subject=delivery.subject,
            message=late,
            now=now,
        )
    return said
