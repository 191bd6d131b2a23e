"""Microsoft Teams by a workflow ("Post to a channel when a webhook request is received"): an Adaptive Card.

A card has at most 28 kB. Its buttons open pages: a workflow cannot tell us who pressed. All text stands in TextRuns,
which know no Markdown. A workflow answers 202.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as say
from django.utils.translation import gettext_lazy as _

from notifications.transports.base import Carries, Envelope, Receipt, Transport
from notifications.transports.chats import posting
from notifications.transports.chats.addresses import host_of, not_an_address, start_of, web_address
from notifications.transports.chats.words import Words, fitted

LARGEST = 26_000
LOUD = {"page", "alarm", "drill"}


class TeamsTransport(Transport):
    name = "teams"
    icon = "users-group"
    title = _("Microsoft Teams")
    address_label = _("Address of the workflow (https://…)")
    address_help = _(
        "In Teams: Workflows, “Post to a chat (or a channel) when a webhook request is received”. The address is "
        "a secret: whoever has it can post there."
    )
    carries = Carries(answers=True)
    is_room = True

    def clean_address(self, raw: str) -> str:
        parts = web_address(raw)
        if (parts.hostname or "").endswith("webhook.office.com"):
            raise ValidationError(
                _("Microsoft retires connectors. Make a workflow instead, and use its address.")
            )
        if "/workflows/" not in parts.path or not parse_qs(parts.query).get("sig"):
            raise not_an_address("https://….azure.com/workflows/…/triggers/manual/paths/invoke?…&sig=…")
        return parts.geturl()

    def circuit(self, address: str) -> str:
        return f"{self.name}:{host_of(address)}"[:120]

    def shown(self, address: str) -> str:
        """The host and the start of the workflow's id; the signature is what lets one post."""
        workflow = urlsplit(address).path.partition("/workflows/")[2].partition("/")[0]
        return f"{host_of(address)}/workflows/{start_of(workflow)}"

    def send(self, envelope: Envelope) -> Receipt:
        """Post the card; the id of the workflow's run finds it in its history."""
        response = posting.judge(posting.call(envelope.address, payload(envelope)), all_throttled=False)
        return Receipt(
            provider_id=response.headers.get("x-ms-workflow-run-id", "")[:200],
            answer=f"HTTP {response.status}",
        )


TRANSPORT = TeamsTransport()


def payload(envelope: Envelope) -> dict[str, Any]:
    """The message that holds the card."""
    return fitted(
        envelope.message,
        LARGEST,
        lambda said: _message(said, is_loud=envelope.message.kind in LOUD and not envelope.message.quiet),
        lambda made: len(posting.encoded(made)),
    )


def _message(said: Words, *, is_loud: bool) -> dict[str, Any]:
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "msteams": {"width": "full"},
        "body": _body(said, is_loud),
        "actions": _actions(said),
    }
    attachment = {
        "contentType": "application/vnd.microsoft.card.adaptive",
        "contentUrl": None,
        "content": card,
    }
    return {"type": "message", "summary": said.title, "attachments": [attachment]}


def _body(said: Words, is_loud: bool) -> list[dict[str, Any]]:
    title = _run(said.title, weight="Bolder", size="Medium", color="Attention" if is_loud else "Default")
    lines = [[title]]
    lines += [[_run(text)] for text in (said.intro, said.code_line) if text]
    lines += [[_run(text, isSubtle=True)] for text in (said.others_line, *said.more) if text]
    lines += [[_run(f"{label}: ", isSubtle=True), _run(value)] for label, value in said.facts]
    return [{"type": "RichTextBlock", "inlines": runs} for runs in lines]


def _run(text: str, **look: Any) -> dict[str, Any]:
    """Text as it is; `{{DATE(…)}}`, which cards replace, is broken up."""
    return {"type": "TextRun", "text": text.replace("{{", "{\u200b{"), **look}


def _actions(said: Words) -> list[dict[str, Any]]:
    ways = [(say("Acknowledge"), said.ack_url), (said.link_text, said.url)]
    return [{"type": "Action.OpenUrl", "title": label, "url": url} for label, url in ways if url]
