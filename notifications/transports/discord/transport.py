"""Discord by a webhook of a channel (https://discord.com/developers/docs/resources/webhook).

Plain webhooks have no buttons, so the way to acknowledge is a link. An embed has at most 4,096 characters of text and
6,000 in all, the line above it 2,000. Nobody is pinged, whatever an alert says.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.utils.translation import gettext as say
from django.utils.translation import gettext_lazy as _

from lib.http import Response
from notifications.transports.base import Carries, Envelope, Message, PermanentFailure, Receipt, Transport
from notifications.transports.chats import posting
from notifications.transports.chats.addresses import host_of, not_an_address, start_of, web_address
from notifications.transports.chats.markup import colour, markdown
from notifications.transports.chats.words import Words, fitted, joined

PATH = re.compile(r"/api(?:/v[0-9]{1,2})?/webhooks/([0-9]{5,25})/([A-Za-z0-9_-]{10,120})")
LONGEST_EMBED = 4000
MOST_FIELDS = 25
WITHOUT_SOUND = 1 << 12
GONE = {401, 404, 410}


class DiscordTransport(Transport):
    name = "discord"
    icon = "message-circle"
    title = _("Discord")
    address_label = _("Address of the webhook (https://discord.com/api/webhooks/…)")
    address_help = _(
        "In Discord: settings of the channel, Integrations, Webhooks. The address is a secret: whoever has it "
        "can post there."
    )
    carries = Carries(answers=True, edits=True)
    is_room = True

    def clean_address(self, raw: str) -> str:
        parts = web_address(raw)
        thread = parse_qs(parts.query).get("thread_id", [""])[0]
        if not PATH.fullmatch(parts.path.rstrip("/")) or (thread and not thread.isdecimal()):
            raise not_an_address("https://discord.com/api/webhooks/1234567890/…")
        query = f"thread_id={thread}" if thread else ""
        return parts._replace(path=parts.path.rstrip("/"), query=query).geturl()

    def circuit(self, address: str) -> str:
        return f"{self.name}:{host_of(address)}"[:120]

    def shown(self, address: str) -> str:
        """The host and the webhook's number; the token behind it is what lets one post."""
        found = PATH.fullmatch(urlsplit(address).path)
        return f"{host_of(address)}/…/{found[1] if found else start_of('')}"

    def send(self, envelope: Envelope) -> Receipt:
        """Post and wait for the message's id, by which it can be changed."""
        made = payload(envelope.message)
        if envelope.message.quiet:
            made["flags"] = WITHOUT_SOUND
        response = _judge(posting.call(_address(envelope.address, wait=True), made), gone=GONE)
        return Receipt(
            provider_id=str(posting.said(response).get("id", ""))[:200], answer=f"HTTP {response.status}"
        )

    def edit(self, envelope: Envelope, provider_id: str) -> Receipt:
        """Replace what a message says; one that was deleted is no reason to give up the channel."""
        if not provider_id.isdecimal():
            raise PermanentFailure("the message is not known")
        address = _address(envelope.address, after=f"/messages/{provider_id}")
        response = _judge(posting.call(address, payload(envelope.message), method="PATCH"), gone=())
        return Receipt(provider_id=provider_id, answer=f"HTTP {response.status}")


TRANSPORT = DiscordTransport()


def _address(address: str, *, after: str = "", wait: bool = False) -> str:
    parts = urlsplit(address)
    query = "&".join(part for part in ("wait=true" if wait else "", parts.query) if part)
    return parts._replace(path=parts.path + after, query=query).geturl()


def _judge(response: Response, gone: set[int] | tuple[()]) -> Response:
    """A 429 says in its body how long, and whether all of Discord is meant or this webhook."""
    answer = posting.said(response)
    wait = answer.get("retry_after")
    return posting.judge(
        response,
        gone=gone,
        all_throttled=answer.get("global") is True,
        patience=float(wait) if isinstance(wait, int | float) else None,
    )


def payload(message: Message) -> dict[str, Any]:
    """What the channel shows: the headline as text, since that is what a phone's notification says."""
    return fitted(
        message,
        LONGEST_EMBED,
        lambda said: _payload(said, colour(message)),
        lambda made: _length(made["embeds"][0]),
    )


def _payload(said: Words, edge: int) -> dict[str, Any]:
    fields = [
        {"name": markdown(label) or "–", "value": markdown(value) or "–", "inline": True}
        for label, value in said.facts[:MOST_FIELDS]
    ]
    return {
        "content": f"**{markdown(said.title)}**",
        "embeds": [{"description": _description(said), "color": edge, "fields": fields}],
        "allowed_mentions": {"parse": []},
    }


def _description(said: Words) -> str:
    ways = [(say("Acknowledge"), said.ack_url), (markdown(said.link_text), said.url)]
    links = " · ".join(f"[{label}]({url})" for label, url in ways if url)
    more = joined([said.others_line, *(f"· {markdown(each)}" for each in said.more)], "\n")
    return joined([markdown(said.intro), said.code_line, links, more])


def _length(embed: dict[str, Any]) -> int:
    return len(embed["description"]) + sum(len(each["name"]) + len(each["value"]) for each in embed["fields"])
