"""Any JSON."""

from django.utils.translation import gettext_lazy as _

from alerts.sources.base import ALERT
from alerts.sources.generic import parser
from alerts.sources.generic.sample import sample
from alerts.sources.kinds import Kind
from alerts.sources.plain import json_gate, json_reader

KIND = Kind(
    "generic",
    _("JSON"),
    _("For anything that can post JSON: scripts, cron jobs, other monitoring."),
    "/in/json/{key}",
    (json_gate(parser, "/in/json/"),),
    {ALERT: json_reader(parser)},
    sample,
)
