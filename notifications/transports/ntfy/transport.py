"""ntfy: a topic on ntfy.sh or on one's own server, by its JSON publishing (https://docs.ntfy.sh/publish/).

The buttons are ntfy's "http" actions: the phone itself posts to us, without anybody being signed in. A server cuts or
turns into a file what is longer than 4,096 bytes and refuses a JSON body of more than twice that.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as say
from django.utils.translation import gettext_lazy as _

from notifications.subjects import Verb
from notifications.transports.base import Carries, Envelope, Message, Receipt, Transport
from notifications.transports.chats import posting
from notifications.transports.chats.addresses import host_of, not_an_address, start_of, web_address
from notifications.transports.chats.words import Words, fitted, may_answer, plain

TOPIC = re.compile(r"[A-Za-z0-9_-]{1,64}")
TOKEN = re.compile(r"[A-Za-z0-9_]{3,128}")
LONGEST_MESSAGE, LONGEST_BODY = 4000, 8000
URGENT, NORMAL, SILENT = 5, 3, 2
LOUD = {"page", "drill", "alarm"}
TAGS = {"page": ["rotating_light"], "alarm": ["warning"], "drill": ["drill"]}


class NtfyTransport(Transport):
    name = "ntfy"
    icon = "bell-ringing"
    title = _("ntfy")
    address_label = _("Address of the topic (https://ntfy.sh/…)")
    address_help = _(
        "A topic on ntfy.sh or on your own server. Whoever knows its name can read it, so choose one that "
        "nobody guesses. If it is protected, put ?auth= and an access token (tk_…) behind it."
    )
    carries = Carries(answers=True, wakes=True)

    def clean_address(self, raw: str) -> str:
        parts = web_address(raw)
        path = parts.path.rstrip("/")
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        if not TOPIC.fullmatch(path.rpartition("/")[2]) or set(query) - {"auth"}:
            raise not_an_address("https://ntfy.sh/our-pages-7Kd2")
        token = query.get("auth", "")
        if token and not TOKEN.fullmatch(token):
            raise ValidationError(_("An access token looks like tk_ and letters and digits."))
        return f"{parts.scheme}://{parts.netloc}{path}" + (f"?auth={token}" if token else "")

    def circuit(self, address: str) -> str:
        return f"{self.name}:{host_of(address)}"[:120]

    def shown(self, address: str) -> str:
        """The server and the start of the topic: who knows a topic can read it, and press its buttons."""
        parts = urlsplit(address)
        return f"{parts.netloc}/{start_of(parts.path.rpartition('/')[2])}"

    def send(self, envelope: Envelope) -> Receipt:
        """Publish; the id of the message at the server is its own."""
        parts = urlsplit(envelope.address)
        folder, _slash, topic = parts.path.rpartition("/")
        token = dict(parse_qsl(parts.query)).get("auth", "")
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        body = posting.encoded(payload(envelope, topic))
        server = f"{parts.scheme}://{parts.netloc}{folder}/"
        response = posting.judge(posting.call_raw(server, body, headers=headers), gone={410})
        return Receipt(
            provider_id=str(posting.said(response).get("id", ""))[:200], answer=f"HTTP {response.status}"
        )


TRANSPORT = NtfyTransport()


def payload(envelope: Envelope, topic: str) -> dict[str, Any]:
    """The message as ntfy's JSON, within the server's limits."""
    return fitted(
        envelope.message,
        LONGEST_BODY,
        lambda said: _payload(envelope, topic, said),
        lambda made: max(len(posting.encoded(made)), len(made["message"].encode()) * 2),
    )


def _payload(envelope: Envelope, topic: str, said: Words) -> dict[str, Any]:
    message = envelope.message
    made: dict[str, Any] = {
        "topic": topic,
        "title": said.title,
        "message": plain(said, links=False) or said.title,
        "priority": priority(message),
        "actions": [*_answers(envelope), *_open(said)],
    }
    if said.url:
        made["click"] = said.url
    if message.kind in TAGS:
        made["tags"] = TAGS[message.kind]
    return made


def priority(message: Message) -> int:
    """5 rings through "do not disturb", 2 makes no sound. A page of low urgency is a normal message."""
    if message.quiet:
        return SILENT
    is_low = (message.data or {}).get("urgency") == "low"
    return URGENT if message.kind in LOUD and not is_low else NORMAL


def _answers(envelope: Envelope) -> list[dict[str, Any]]:
    if not envelope.token or not may_answer(envelope.message):
        return []
    labels = {Verb.ACKNOWLEDGE: say("Acknowledge"), Verb.ESCALATE: say("Escalate")}
    return [
        {
            "action": "http",
            "label": label,
            "url": f"{settings.SITE_URL}/hooks/ntfy/{envelope.token}/{verb.value}",
            "method": "POST",
            "clear": True,
        }
        for verb, label in labels.items()
    ]


def _open(said: Words) -> list[dict[str, Any]]:
    return [{"action": "view", "label": say("Open"), "url": said.url, "clear": False}] if said.url else []
