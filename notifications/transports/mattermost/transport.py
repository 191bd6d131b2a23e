"""Mattermost by an incoming webhook (https://developers.mattermost.com/integrate/webhooks/incoming/).

`?channel=@name` behind the address makes it a direct message, and says whose presses on its buttons count. A server
keeps the buttons' addresses to itself, and calls them when somebody presses.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from django.conf import settings
from django.utils.translation import gettext as say
from django.utils.translation import gettext_lazy as _

from notifications.subjects import Verb
from notifications.transports.base import Carries, Envelope, Message, Receipt, Transport
from notifications.transports.chats import posting
from notifications.transports.chats.addresses import host_of, not_an_address, start_of, web_address
from notifications.transports.chats.markup import colour, markdown
from notifications.transports.chats.words import Words, fitted, joined, may_answer

PATH = re.compile(r"(?:/[A-Za-z0-9._-]{1,60}){0,3}/hooks/([A-Za-z0-9]{8,64})")
CHANNEL = re.compile(r"@?[a-z0-9][a-z0-9._-]{0,63}")
LARGEST = 14_000


class MattermostTransport(Transport):
    name = "mattermost"
    icon = "messages"
    title = _("Mattermost")
    address_label = _("Address of the incoming webhook (https://…/hooks/…)")
    address_help = _(
        "For yourself put ?channel=@your-name behind it: then it writes to you alone, and your presses on its "
        "buttons count. The address is a secret: whoever has it can post there."
    )
    carries = Carries(answers=True)
    is_room = True

    def clean_address(self, raw: str) -> str:
        parts = web_address(raw)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        channel = query.get("channel", "").lower()
        is_right = PATH.fullmatch(parts.path.rstrip("/")) and not set(query) - {"channel"}
        if not is_right or (channel and not CHANNEL.fullmatch(channel)):
            raise not_an_address("https://mattermost.example.org/hooks/xxxxxxxx?channel=@name")
        found = parts._replace(path=parts.path.rstrip("/"), query=f"channel={channel}" if channel else "")
        return found.geturl()

    def circuit(self, address: str) -> str:
        return f"{self.name}:{host_of(address)}"[:120]

    def shown(self, address: str) -> str:
        """The host, the start of the hook's key, and whom it writes to."""
        key = urlsplit(address).path.rpartition("/")[2]
        return " ".join(
            part for part in (f"{host_of(address)}/hooks/{start_of(key)}", channel_of(address)) if part
        )

    def send(self, envelope: Envelope) -> Receipt:
        """Post; a webhook answers "ok" and no id."""
        address = urlsplit(envelope.address)._replace(query="").geturl()
        response = posting.judge(posting.call(address, payload(envelope)))
        return Receipt(answer=f"HTTP {response.status}")


TRANSPORT = MattermostTransport()


def channel_of(address: str) -> str:
    """ "@name" for a direct message, the channel's name, or nothing for the hook's own channel."""
    return dict(parse_qsl(urlsplit(address).query)).get("channel", "")


def payload(envelope: Envelope) -> dict[str, Any]:
    """What is posted, within a post's limits."""
    made: dict[str, Any] = {"attachments": [attachment(envelope.message, buttons(envelope))]}
    channel = channel_of(envelope.address)
    return {**made, "channel": channel} if channel else made


def attachment(message: Message, actions: list[dict[str, Any]]) -> dict[str, Any]:
    """The message as Mattermost draws it, with its buttons if it has some."""
    return fitted(
        message,
        LARGEST,
        lambda said: _attachment(said, f"#{colour(message):06x}", actions),
        lambda made: len(posting.encoded(made)),
    )


def _attachment(said: Words, edge: str, actions: list[dict[str, Any]]) -> dict[str, Any]:
    made: dict[str, Any] = {
        "fallback": markdown(said.title),
        "color": edge,
        "title": markdown(said.title),
        "text": _text(said),
        "fields": [
            {"title": markdown(label), "value": markdown(value), "short": True} for label, value in said.facts
        ],
    }
    if said.url:
        made["title_link"] = said.url
    return {**made, "actions": actions} if actions else made


def _text(said: Words) -> str:
    link = f"[{markdown(said.link_text)}]({said.url})" if said.url else ""
    more = joined([said.others_line, *(f"· {markdown(each)}" for each in said.more)], "\n")
    return joined([markdown(said.intro), said.code_line, link, more])


def buttons(envelope: Envelope) -> list[dict[str, Any]]:
    """Acknowledge and escalate; ids may have letters and digits only."""
    if not envelope.token or not may_answer(envelope.message):
        return []
    labels = {Verb.ACKNOWLEDGE: (say("Acknowledge"), "primary"), Verb.ESCALATE: (say("Escalate"), "default")}
    return [
        {
            "id": verb.value,
            "type": "button",
            "name": label,
            "style": style,
            "integration": {
                "url": f"{settings.SITE_URL}/hooks/mattermost/{envelope.token}/{verb.value}",
                "context": {"verb": verb.value},
            },
        }
        for verb, (label, style) in labels.items()
    ]
