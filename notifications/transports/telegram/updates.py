"""What Telegram tells the bot, and what the bot answers: both are JSON objects of the Bot API.

The answer goes back in the response to the update itself, as one call of a method, so that nothing is sent out while
Telegram waits.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from lib.text import clean, one_line
from notifications import answers, commands
from notifications.acks import BadLink, ExpiredLink
from notifications.actions.methods import TooManyMethods
from notifications.models import ContactMethod, Delivery
from notifications.transports.chats.pressing import Press, meant, press
from notifications.transports.telegram.starting import BadStart, connect, person_of

log = logging.getLogger(__name__)

Json = Mapping[str, Any]
LONGEST_ALERT, LONGEST_REPLY = 200, 3500


def handle(update: Json, now: datetime) -> dict[str, Any] | None:
    """Do what the update asks for; None where there is nothing to say. Raises answers.Repeated, KeyError, TypeError,
    ValueError for what is no update."""
    number = int(update["update_id"])
    if "callback_query" in update:
        return _pressed(update["callback_query"], f"update:{number}", now)
    if "message" in update:
        return _written(update["message"], f"update:{number}", now)
    return None


# --- Buttons


def _pressed(query: Json, event: str, now: datetime) -> dict[str, Any]:
    sender = str(int(query["from"]["id"]))
    try:
        said = _press(str(query.get("data", "")), sender, event, now)
    except ExpiredLink:
        said = _refused(
            event, sender, _("This page is older than two days and can not be answered any more."), now
        )
    except BadLink:
        said = _refused(event, sender, _("This button is not one of ours."), now)
    return {
        "method": "answerCallbackQuery",
        "callback_query_id": str(query["id"]),
        "text": one_line(said, LONGEST_ALERT),
        "show_alert": True,
    }


def _press(data: str, sender: str, event: str, now: datetime) -> str:
    letter, _colon, token = data.partition(":")
    verb = answers.LETTERS.get(letter)
    if verb is None:
        raise BadLink("no verb")
    delivery = meant(token, "telegram")
    person = _person_pressing(delivery, sender)
    if person is None:
        return _refused(event, sender, _stranger(delivery), now)
    return press(delivery=delivery, what=Press("telegram", sender, verb, event), actor=person, now=now).text


def _person_pressing(delivery: Delivery, sender: str) -> User | None:
    """The delivery's own person if it is one of their chats; in a room, whoever has connected the account."""
    if delivery.user is None:
        return answers.person_at(transport="telegram", address=sender)
    own = ContactMethod.objects.usable().filter(
        user=delivery.user_id, transport="telegram", address=sender, user__is_active=True
    )
    return delivery.user if own.exists() else None


def _stranger(delivery: Delivery) -> str:
    if delivery.user:
        return _("This page is for %(person)s.") % {"person": delivery.user.name}
    return _connect_first()


def _refused(event: str, sender: str, why: str, now: datetime) -> str:
    log.warning("callback refused", extra={"transport": "telegram", "sender": sender, "reason": why})
    row = answers.note(transport="telegram", provider_id=event, sender=sender, summary="button", now=now)
    row.outcome = why[:500]
    row.save(update_fields=["outcome"])
    return why


# --- What is written to the bot


@transaction.atomic
def _written(message: Json, event: str, now: datetime) -> dict[str, Any] | None:
    chat, sender = int(message["chat"]["id"]), str(int(message["from"]["id"]))
    is_group = message["chat"].get("type") != "private"
    word, _space, rest = str(message.get("text", "")).strip().partition(" ")
    if not word.startswith("/") and is_group:
        return None
    word = word.lower().partition("@")[0].lstrip("/")
    # A link to start is a secret for a while: what is kept is the word alone.
    row = answers.note(
        transport="telegram", provider_id=event, sender=sender, summary=one_line(word, 60), now=now
    )
    if word == "start":
        said = _group(chat) if is_group else _started(message, rest.strip(), str(chat), now)
    else:
        said = _commanded(sender, f"{word} {rest}", now)
    row.outcome = one_line(said, 500)
    row.save(update_fields=["outcome"])
    return {"method": "sendMessage", "chat_id": chat, "text": clean(said, LONGEST_REPLY)}


def _group(chat: int) -> str:
    return _("This group's number is %(number)s. Set it as a room of a service or a team.") % {"number": chat}


def _started(message: Json, token: str, chat: str, now: datetime) -> str:
    if not token:
        return _connect_first()
    try:
        user = person_of(token, now)
        answers.note(
            transport="telegram",
            provider_id=f"start:{token}",
            sender=chat,
            summary="start",
            now=now,
        )
        connect(user=user, chat=chat, label=_name(message["from"]), now=now)
    except (BadStart, answers.Repeated):
        log.warning("callback refused", extra={"transport": "telegram", "sender": chat, "reason": "start"})
        return _("This link does not work any more: it is good once, for 15 minutes. ") + _connect_first()
    except TooManyMethods:
        return _("You have too many ways to be reached. Remove one first.")
    return _(
        "Connected: pages for %(person)s come here from now on. They have buttons to acknowledge and to escalate. "
        "Let this chat ring while your phone is silent, if it shall wake you."
    ) % {"person": user.name}


def _name(sender: Json) -> str:
    username = sender.get("username")
    return f"@{username}" if username else str(sender.get("first_name", ""))


def _commanded(sender: str, text: str, now: datetime) -> str:
    person = answers.person_at(transport="telegram", address=sender)
    if person is None:
        return _connect_first()
    return commands.reply(person=person, text=text, via="telegram", now=now).replace(f"{commands.NAME} ", "/")


def _connect_first() -> str:
    url = settings.SITE_URL + reverse("notifications:telegram-connect")
    return _("Connect your Telegram account to Tocsin first: %(url)s") % {"url": url}
