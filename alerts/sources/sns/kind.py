"""SNS over HTTPS. It waits about 15 seconds, sends again after 5xx and 429, and takes another 4xx for the last word.

The signature is checked at the door, since nobody may make us visit an address otherwise; the certificate for it is
fetched once per process. A subscription is confirmed at the door too: it happens once in a topic's life, no
transaction is open meanwhile, it has three seconds, and where it fails the answer is one after which SNS asks again. So
SNS keeps the matter, and we need no row and no worker for it.
"""

from __future__ import annotations

import json

from django.utils.translation import gettext_lazy as _

from alerts.sources.answers import answer as said
from alerts.sources.answers import refusal, refused
from alerts.sources.base import ALERT, Accepted, Answer, Arrived, Door, Gate, Rejected
from alerts.sources.kinds import Kind
from alerts.sources.plain import AWAY, NO_KEY, too_much
from alerts.sources.sns import parser
from alerts.sources.sns.certificates import verify
from alerts.sources.sns.envelope import CONFIRMATION, Envelope, envelope_of
from alerts.sources.sns.repeats import is_repeat
from alerts.sources.sns.sample import sample
from alerts.sources.sns.subscription import check_topic, confirm, pin
from lib.jsonbody import BadBody

_OK = Answer(200, said(""))
_RAW = "Switch raw message delivery off: this integration takes signed messages only."


def _take(arrived: Arrived, door: Door) -> Accepted | Answer:
    envelope = _envelope(arrived)
    return _wrapped(envelope, door) if envelope else _raw(arrived, door)


def _envelope(arrived: Arrived) -> Envelope | None:
    """None for a message that came alone; what is no JSON may be one only where SNS says so."""
    try:
        return envelope_of(arrived.json)
    except BadBody:
        if arrived.headers.get("x-amz-sns-rawdelivery", "").lower() != "true" or not arrived.text.strip():
            raise
        return None


def _wrapped(envelope: Envelope, door: Door) -> Accepted | Answer:
    check_topic(envelope.topic, door)
    verify(envelope)
    if envelope.type == CONFIRMATION:
        confirm(envelope)
    # After the confirmation: where that failed, the topic must not hold the integration.
    pin(envelope.topic, door)
    if is_repeat(door.id, envelope.message_id):
        return _OK
    text = json.dumps(envelope.kept(), ensure_ascii=False)
    return Accepted(answer=lambda _: _OK, text=text, context={"message_id": envelope.message_id})


def _raw(arrived: Arrived, door: Door) -> Accepted | Answer:
    """Raw delivery: the message without a signature. The address proves the sender, as with other kinds."""
    if door.options.get("signed_only"):
        raise Rejected(_RAW, status=403)
    topic, message_id = (arrived.headers.get(f"x-amz-sns-{name}", "") for name in ("topic-arn", "message-id"))
    if topic:
        check_topic(topic, door)
    if message_id and is_repeat(door.id, message_id):
        return _OK
    context = {"message_id": message_id, "topic": topic, "raw": True}
    return Accepted(answer=lambda _: _OK, text=arrived.text, context=context)


KIND = Kind(
    "sns",
    _("AWS SNS and CloudWatch"),
    _("CloudWatch alarms, and what else is published to a topic."),
    "/in/sns/{key}",
    (
        Gate(
            "/in/sns/",
            _take,
            refused=refused,
            stranger=Answer(404, refusal(Rejected(NO_KEY))),
            away=AWAY,
            busy=too_much(503),
        ),
    ),
    {ALERT: parser.read},
    sample,
)
