"""New Relic's webhook destination: it sends again after 5xx."""

from django.utils.translation import gettext_lazy as _

from alerts.sources.base import ALERT
from alerts.sources.kinds import Kind
from alerts.sources.newrelic import parser
from alerts.sources.newrelic.sample import sample
from alerts.sources.plain import json_gate, json_reader

KIND = Kind(
    "newrelic",
    _("New Relic"),
    _("The webhook of a workflow."),
    "/in/newrelic/{key}",
    (json_gate(parser, "/in/newrelic/"),),
    {ALERT: json_reader(parser)},
    sample,
)
