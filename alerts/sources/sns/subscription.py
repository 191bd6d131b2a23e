"""Whose topic may speak to an integration, and the visit that confirms its subscription."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

from alerts.actions.topics import pin_topic
from alerts.sources.base import Door, Rejected
from alerts.sources.sns.certificates import is_at_sns
from alerts.sources.sns.envelope import Envelope
from lib import http

OPTION = "topic_arn"
TIMEOUT = 3.0

_ARN = re.compile(r"arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_.-]{1,256}")


def check_topic(topic: str, door: Door) -> None:
    """Raise Rejected for what is no topic, and for another topic than the one that the integration is pinned to."""
    if not _ARN.fullmatch(topic):
        raise Rejected("The topic's ARN is missing or malformed.", status=400)
    if door.options.get(OPTION) not in (None, "", topic):
        raise _another()


def pin(topic: str, door: Door) -> None:
    """Let only this topic in from now on; raises Rejected where another one came first."""
    if door.options.get(OPTION) != topic and pin_topic(integration_id=door.id, topic=topic) != topic:
        raise _another()


def confirm(envelope: Envelope) -> None:
    """Visit the address that begins the subscription; the envelope's signature is known to be right.

    Raises Rejected: 403 for an address elsewhere or for another topic, 503 where SNS did not confirm.
    """
    url = envelope.fields.get("SubscribeURL", "")
    if not _confirms(url, envelope.topic):
        raise Rejected("The subscription's address is not one of SNS for this topic.", status=403)
    try:
        status = http.request("GET", url, timeout=TIMEOUT).status
    except (http.OutboundFailed, http.OutboundRefused) as error:
        raise Rejected("SNS could not be reached to confirm the subscription.", status=503) from error
    if status != 200:
        raise Rejected(f"SNS answered {status} to the confirmation of the subscription.", status=503)


def _confirms(url: str, topic: str) -> bool:
    if not is_at_sns(url):
        return False
    try:
        query = parse_qs(urlsplit(url).query, max_num_fields=20)
    except ValueError:
        return False
    return query.get("Action") == ["ConfirmSubscription"] and query.get("TopicArn") == [topic]


def _another() -> Rejected:
    return Rejected("This integration belongs to another topic; make one for each.", status=403)
