"""PagerDuty's Events API v2: the key stands in the body, so the body is read before its sender is known."""

from dataclasses import replace
from functools import partial

from django.utils.translation import gettext_lazy as _

from alerts.sources.base import ALERT, CHANGE, Answer, Arrived, Gate, Rejected, Source
from alerts.sources.kinds import Kind
from alerts.sources.pagerduty import changes, parser
from alerts.sources.pagerduty.sample import sample
from alerts.sources.plain import json_gate, json_reader, too_much

UNKNOWN = Answer(
    400,
    parser.refusal(
        Rejected("Event object is invalid", ["'routing_key' is not the key of an integration here"])
    ),
)


def _key_in(source: Source, arrived: Arrived) -> str:
    """The checks come first: a body without a key is told so in PagerDuty's words."""
    source.check(arrived.json)
    return parser.routing_key(arrived.json)


def _gate(source: Source, path: str, endpoint: str) -> Gate:
    gate = json_gate(source, path, endpoint=endpoint, key_of=partial(_key_in, source), busy=too_much(429))
    return replace(gate, stranger=UNKNOWN)


KIND = Kind(
    "pagerduty",
    _("PagerDuty Events v2"),
    _("For every tool that can page PagerDuty: change its URL and key."),
    "/v2/enqueue",
    (_gate(parser, "/v2/enqueue", ALERT), _gate(changes, "/v2/change/enqueue", CHANGE)),
    {ALERT: json_reader(parser), CHANGE: json_reader(changes)},
    sample,
)
