"""What the worker in the browser posts. It has no session: a token that came with the push says what it is about."""

from __future__ import annotations

import json
import logging
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from lib import jsonbody
from notifications.acks import BadLink, ExpiredLink
from notifications.actions.methods import CodeSpent, WrongCode
from notifications.keys import vapid_keys
from notifications.models import Delivery
from notifications.subjects import Verb
from notifications.transports.chats.hooks import machine
from notifications.transports.chats.pressing import Press, meant, press_or_again
from notifications.transports.push import tokens
from notifications.transports.push.connecting import (
    Removed,
    confirm_arrival,
    is_under_way,
    note_arrival,
    replace_subscription,
)
from notifications.transports.push.subscriptions import BadSubscription, read

log = logging.getLogger(__name__)


@machine
def answer(_request: HttpRequest, raw: bytes) -> HttpResponse:
    """A pressed button: {"token", "verb"}. The answer's sentence takes the notification's place."""
    given = _object(raw)
    try:
        delivery, verb = meant(_text(given, "token"), "push"), Verb(_text(given, "verb"))
    except ExpiredLink:
        return _say(_("This page is older than two days and can not be answered any more."), 410)
    except BadLink:
        return _refused("token")
    except ValueError:
        return _say(_("This cannot be asked for."), 400)
    # A press has no id of its own, and once is all that a button is good for.
    one = Press("push", str(delivery.user_id), verb, f"{delivery.pk}:{verb.value}")
    said = press_or_again(delivery=delivery, what=one, now=timezone.now())
    return JsonResponse({"text": said.text, "changed": said.changed})


@machine
def seen(_request: HttpRequest, raw: bytes) -> HttpResponse:
    """A push was shown or opened: {"report", "code", "read"}.

    Returns what the worker needs when its subscription changes; 425 asks it to come again: the push was
    faster than the note that it was sent.
    """
    given, now = _object(raw), timezone.now()
    try:
        delivery = _delivery(_text(given, "report"))
        confirm_arrival(delivery=delivery, code=_text(given, "code"), now=now)
    except (BadLink, WrongCode):
        return _refused("report")
    except CodeSpent:
        return _say(_("This code does not work any more."), 410)
    if is_under_way(delivery):
        return _say("", 425)
    note_arrival(delivery=delivery, is_read=given.get("read") is True, now=now)
    key = vapid_keys(now).public
    return JsonResponse({"device": tokens.device(delivery.method_id or 0), "key": key})


@machine
def replace(_request: HttpRequest, raw: bytes) -> HttpResponse:
    """The browser subscribed anew by itself: {"device", "subscription"}."""
    given, now = _object(raw), timezone.now()
    try:
        method_id = tokens.method_of(_text(given, "device"))
        subscription = read(json.dumps(given.get("subscription")), key=vapid_keys(now).public)
        replace_subscription(method_id=method_id, subscription=subscription, now=now)
    except BadLink:
        return _refused("device")
    except BadSubscription:
        return _say(_("This is no subscription."), 400)
    except Removed:
        return _say(_("This device was removed."), 410)
    return JsonResponse({})


def _delivery(report: str) -> Delivery:
    """Raises BadLink."""
    found = (
        Delivery.objects.select_related("user", "method")
        .filter(pk=tokens.reported(report), transport="push", method__isnull=False)
        .first()
    )
    if found is None:
        raise BadLink("unknown")
    return found


def _object(raw: bytes) -> dict[str, Any]:
    try:
        given = jsonbody.parse(raw, max_depth=4)
    except jsonbody.BadBody:
        return {}
    return given if isinstance(given, dict) else {}


def _text(given: dict[str, Any], name: str) -> str:
    value = given.get(name, "")
    return value if isinstance(value, str) else ""


def _refused(reason: str) -> HttpResponse:
    log.warning("callback refused", extra={"transport": "push", "reason": reason})
    return _say(_("This notification is not one of ours."), 403)


def _say(text: str, status: int) -> HttpResponse:
    return JsonResponse({"text": text, "changed": False}, status=status)
