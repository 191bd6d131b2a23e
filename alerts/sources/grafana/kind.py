"""Grafana's webhook contact point: POST or PUT, signed where a secret is set.

It does not send again what was refused, but tells of a group anew with its next evaluation interval.
"""

from dataclasses import replace

from django.utils.translation import gettext_lazy as _

from alerts.sources.base import ALERT
from alerts.sources.grafana import parser
from alerts.sources.grafana.sample import sample
from alerts.sources.grafana.signature import verify
from alerts.sources.kinds import Kind
from alerts.sources.plain import json_gate, json_reader
from alerts.sources.signed import signed

_GATE = replace(json_gate(parser, "/in/grafana/"), methods=frozenset({"POST", "PUT"}))

KIND = Kind(
    "grafana",
    _("Grafana alerting"),
    _("The webhook contact point, signed if you like."),
    "/in/grafana/{key}",
    (signed(_GATE, verify),),
    {ALERT: json_reader(parser)},
    sample,
    secret=_("HMAC secret"),
)
