"""Telegram's webhook. It proves itself by a secret header, compared in constant time."""

from __future__ import annotations

import logging

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone

from lib import jsonbody
from lib.secrets import equal
from notifications import answers
from notifications.transports.chats.hooks import machine, sentence
from notifications.transports.telegram import bot
from notifications.transports.telegram.updates import handle

log = logging.getLogger(__name__)
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - the header's name


@machine
def webhook(request: HttpRequest, raw: bytes) -> HttpResponse:
    """One update; the answer is a call of a method, or empty. An update that came before changes nothing."""
    if not _is_telegram(request):
        log.warning("callback refused", extra={"transport": "telegram", "reason": "secret"})
        return sentence("The secret is wrong.", 403)
    try:
        update = jsonbody.parse(raw)
        said = handle(update, timezone.now()) if isinstance(update, dict) else None
    except answers.Repeated:
        return HttpResponse()
    except (jsonbody.BadBody, KeyError, TypeError, ValueError, AttributeError):
        return sentence("This is no update.", 400)
    return JsonResponse(said) if said else HttpResponse()


def _is_telegram(request: HttpRequest) -> bool:
    try:
        expected = bot.webhook_secret(bot.settings_of_bot())
    except bot.NotSetUp:
        return False
    return equal(request.headers.get(SECRET_HEADER, ""), expected)
