"""PagerDuty's Events API, versions 2 and 1: the key stands in the body, which is read before its sender is known."""

from dataclasses import replace
from functools import partial

from django.utils.translation import gettext_lazy as _

from alerts.sources.base import ALERT, CHANGE, Answer, Arrived, Gate, Rejected, Source
from alerts.sources.kinds import Kind
from alerts.sources.pagerduty import changes, parser, version1
from alerts.sources.pagerduty.sample import sample
from alerts.sources.plain import json_gate, json_reader, too_much

UNKNOWN = Answer(
    400,
    parser.refusal(
        Rejected("Event object is invalid", ["'routing_key' is not the key of an integration here"])
    ),
)


V1 = "version 1"


def _key_in(source: Source, arrived: Arrived) -> str:
    """The checks come first: a body without a key is told so in PagerDuty's words."""
    source.check(arrived.json)
    return version1.routing_key(arrived.json) if source is version1 else parser.routing_key(arrived.json)


def _gate(source: Source, path: str, endpoint: str) -> Gate:
    gate = json_gate(source, path, endpoint=endpoint, key_of=partial(_key_in, source), busy=too_much(429))
    return replace(gate, stranger=UNKNOWN)


def _old_gate() -> Gate:
    """Version 1 says 403 where version 2 says 429, and 200 where that says 202."""
    key_of = partial(_key_in, version1)
    gate = json_gate(version1, version1.PATH, endpoint=V1, key_of=key_of, busy=too_much(403), status=200)
    return replace(gate, stranger=UNKNOWN)


KIND = Kind(
    "pagerduty",
    _("PagerDuty Events v2"),
    _("For every tool that can page PagerDuty: change its URL and key."),
    "/v2/enqueue",
    (_gate(parser, "/v2/enqueue", ALERT), _gate(changes, "/v2/change/enqueue", CHANGE), _old_gate()),
    {ALERT: json_reader(parser), CHANGE: json_reader(changes), V1: json_reader(version1)},
    sample,
)
