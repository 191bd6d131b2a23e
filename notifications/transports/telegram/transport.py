"""Telegram: a bot that writes to a person, or to a group, with buttons under its messages.

A message has at most 4,096 characters after its markup was read, counted as UTF-16; what a button sends back has at
most 64 bytes.
"""

from __future__ import annotations

import re
from html import escape
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as say
from django.utils.translation import gettext_lazy as _

from notifications import answers
from notifications.subjects import Verb
from notifications.transports.base import Carries, Envelope, Message, PermanentFailure, Receipt, Transport
from notifications.transports.chats.words import Words, fitted, joined, may_answer
from notifications.transports.telegram import bot

CHAT = re.compile(r"-?[0-9]{1,19}|@[A-Za-z][A-Za-z0-9_]{3,31}")
LONGEST = 4096
LONGEST_CALLBACK = 64
LETTERS = {verb: letter for letter, verb in answers.LETTERS.items()}


class TelegramTransport(Transport):
    name = "telegram"
    icon = "send"
    title = _("Telegram")
    address_label = _("Number of the chat")
    address_help = _(
        "The bot learns it when you press Start. In a group, send it /start and it says the number."
    )
    carries = Carries(answers=True, edits=True, wakes=True)
    providers = ("telegram",)
    connect = "notifications:telegram-connect"
    is_room = True

    def clean_address(self, raw: str) -> str:
        address = raw.strip()
        if not CHAT.fullmatch(address):
            raise ValidationError(_("A chat has a number; a group's begins with a minus."))
        return address

    def send(self, envelope: Envelope) -> Receipt:
        """Write to the chat; "chat:message" finds the message again."""
        sent = bot.ask(
            "sendMessage",
            {
                "chat_id": envelope.address,
                "disable_notification": envelope.message.quiet,
                **_content(envelope),
            },
        )
        number = sent.get("message_id")
        return Receipt(
            provider_id=f"{envelope.address}:{number}" if isinstance(number, int) else "", answer="HTTP 200"
        )

    def edit(self, envelope: Envelope, provider_id: str) -> Receipt:
        """Change the text; buttons that the new one does not have are gone."""
        chat, _colon, number = provider_id.rpartition(":")
        if not chat or not number.isdigit():
            raise PermanentFailure("the message is not known")
        bot.ask("editMessageText", {"chat_id": chat, "message_id": int(number), **_content(envelope)})
        return Receipt(provider_id=provider_id, answer="HTTP 200")


TRANSPORT = TelegramTransport()


def _content(envelope: Envelope) -> dict[str, Any]:
    made: dict[str, Any] = {
        "text": text(envelope.message),
        "parse_mode": "HTML",
        "link_preview_options": {"is_disabled": True},
    }
    keyboard = _keyboard(envelope.token) if may_answer(envelope.message) else []
    return {**made, "reply_markup": {"inline_keyboard": keyboard}} if keyboard else made


def text(message: Message) -> str:
    """The message in Telegram's HTML; nothing that somebody wrote is markup."""
    return fitted(message, LONGEST, _rendered, lambda made: len(made.encode("utf-16-le")) // 2)


def _rendered(said: Words) -> str:
    more = joined([_safe(said.others_line), *(f"· {_safe(each)}" for each in said.more)], "\n")
    facts = "\n".join(f"{_safe(label)}: <b>{_safe(value)}</b>" for label, value in said.facts)
    link = f'<a href="{escape(said.url)}">{_safe(said.link_text)}</a>' if said.url else ""
    return joined(
        [f"<b>{_safe(said.title)}</b>", _safe(said.intro), _safe(said.code_line), link, more, facts]
    )


def _safe(words: str) -> str:
    return escape(words, quote=False)


def _keyboard(token: str) -> list[list[dict[str, str]]]:
    """A button a row, as wide as the phone."""
    labels = {Verb.ACKNOWLEDGE: say("Acknowledge"), Verb.ESCALATE: say("Escalate")}
    rows = [[{"text": label, "callback_data": f"{LETTERS[verb]}:{token}"}] for verb, label in labels.items()]
    fits = all(len(row[0]["callback_data"].encode()) <= LONGEST_CALLBACK for row in rows)
    return rows if token and fits else []
