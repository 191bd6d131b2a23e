"""What SNS wraps a message in, and the text that it signs.

Source: AWS's page "Verifying the signatures of Amazon SNS messages": the fields below that are there, in this order,
each as its name, a newline, its value, a newline.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from alerts.sources.base import Rejected

NOTIFICATION, CONFIRMATION, UNSUBSCRIBED = (
    "Notification",
    "SubscriptionConfirmation",
    "UnsubscribeConfirmation",
)
TYPES = (NOTIFICATION, CONFIRMATION, UNSUBSCRIBED)

_OF_TOPIC = ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")
_SIGNED: Mapping[str, tuple[str, ...]] = {
    NOTIFICATION: ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    CONFIRMATION: _OF_TOPIC,
    UNSUBSCRIBED: _OF_TOPIC,
}
# Who has one of these can end or begin the subscription; they are not kept.
_POWERS = frozenset(("SubscribeURL", "UnsubscribeURL", "Token", "Signature"))


@dataclass(frozen=True, slots=True)
class Envelope:
    """A wrapped message. `fields` are its texts, by SNS's names."""

    type: str
    fields: Mapping[str, str]

    @property
    def topic(self) -> str:
        """The topic's ARN."""
        return self.fields.get("TopicArn", "")

    @property
    def message_id(self) -> str:
        """The same each time that a message is sent again."""
        return self.fields.get("MessageId", "")[:100]

    def signed_text(self) -> bytes:
        """What the signature is over."""
        names = (name for name in _SIGNED[self.type] if name in self.fields)
        return "".join(f"{name}\n{self.fields[name]}\n" for name in names).encode()

    def kept(self) -> dict[str, str]:
        """The fields without those that give somebody a power over the subscription."""
        return {name: text for name, text in self.fields.items() if name not in _POWERS}


def envelope_of(obj: object) -> Envelope | None:
    """The envelope, or None for what is a message alone; raises Rejected for an envelope that names no message."""
    if not isinstance(obj, dict) or obj.get("Type") not in TYPES:
        return None
    fields = {name: text for name, text in obj.items() if isinstance(text, str)}
    missing = [name for name in ("MessageId", "TopicArn", "Timestamp") if not fields.get(name)]
    if missing:
        raise Rejected("The message of SNS is not whole.", [f"“{name}” is missing." for name in missing])
    return Envelope(fields["Type"], fields)
