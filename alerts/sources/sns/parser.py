"""What a stored message of SNS says: a CloudWatch alarm, any JSON, or plain text."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from alerts.sources import values
from alerts.sources.base import Parsed, Rejected, Signal, Stored
from alerts.sources.generic import parser as generic
from alerts.sources.sns import cloudwatch
from alerts.sources.sns.envelope import CONFIRMATION, TYPES, UNSUBSCRIBED
from lib.jsonbody import BadBody
from lib.jsonbody import parse as parse_body
from lib.times import parse_lenient

_GROWTH = 4  # see plain.GROWTH
ENDED = "tocsin-sns-unsubscribed"


@dataclass(frozen=True, slots=True)
class _Message:
    """A message out of its envelope."""

    text: str
    subject: str
    topic: str
    when: datetime
    received_at: datetime


def read(stored: Stored, /) -> Parsed:
    """What a stored request says, without raising."""
    obj = values.mapping(_json(stored.text))
    if stored.context.get("raw") or obj.get("Type") not in TYPES:
        topic, when = values.name(stored.context.get("topic")), stored.received_at
        return _said(_Message(stored.text, "", topic, when, when))
    topic, when = (
        values.name(obj.get("TopicArn")),
        parse_lenient(obj.get("Timestamp"), default=stored.received_at),
    )
    if obj["Type"] == CONFIRMATION:
        return Parsed(notes=(f"The subscription of {topic} was confirmed.",))
    if obj["Type"] == UNSUBSCRIBED:
        return Parsed((_unsubscribed(topic, when),))
    text, subject = obj.get("Message"), values.name(obj.get("Subject"))
    return _said(_Message(text if isinstance(text, str) else "", subject, topic, when, stored.received_at))


def _json(text: str) -> object:
    raw = text.encode()
    try:
        return parse_body(raw, max_bytes=max(_GROWTH * len(raw), 1))
    except BadBody:
        return None


def _said(message: _Message) -> Parsed:
    obj = _json(message.text)
    if isinstance(obj, dict) and cloudwatch.is_alarm(obj):
        return cloudwatch.parse(obj, message.when)
    return _any_json(obj, message) or Parsed((_text(message),))


def _any_json(obj: object, message: _Message) -> Parsed | None:
    """As a JSON integration reads it, under the subject where it has one; None for what is no object."""
    if not isinstance(obj, dict) or not obj:
        return None
    named = {"summary": message.subject, **obj} if message.subject else obj
    try:
        generic.check(named)
    except Rejected:
        return None
    found = generic.parse(named, received_at=message.received_at)
    return replace(found, signals=tuple(_of_topic(signal, message.topic) for signal in found.signals))


def _of_topic(signal: Signal, topic: str) -> Signal:
    return replace(signal, source=signal.source or _short(topic), labels=_labels(topic) | dict(signal.labels))


def _text(message: _Message) -> Signal:
    details: dict[str, Any] = {"message": message.text} if message.subject else {}
    said = message.subject or message.text
    return Signal(
        action="trigger",
        dedup_key=values.hashed(message.topic, said),
        happened_at=message.when,
        summary=values.summary(said, details) or "An empty message",
        source=_short(message.topic),
        labels=_labels(message.topic),
        details=details,
    )


def _unsubscribed(topic: str, when: datetime) -> Signal:
    """Somebody ended the subscription: alarms will stay away without a word, so people are told."""
    return Signal(
        action="trigger",
        dedup_key=ENDED,
        happened_at=when,
        summary=values.name(f"The subscription of {_short(topic)} was ended: its alarms no longer come here"),
        source=_short(topic),
        severity="warning",
        labels=_labels(topic),
        details={"TopicArn": topic},
    )


def _short(topic: str) -> str:
    return topic.rpartition(":")[2] or "SNS"


def _labels(topic: str) -> dict[str, str]:
    return values.labels({"topic": _short(topic)} if topic else {})
