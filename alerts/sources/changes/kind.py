"""Deploys, flags and configuration, told by whatever can post JSON."""

from django.utils.translation import gettext_lazy as _

from alerts.sources.base import ALERT, CHANGE
from alerts.sources.changes import parser
from alerts.sources.generic import parser as alerts
from alerts.sources.generic.sample import sample
from alerts.sources.kinds import Kind
from alerts.sources.plain import json_gate, json_reader

KIND = Kind(
    "changes",
    _("Changes"),
    _("For pipelines: deploys, feature flags and configuration, shown on incidents that begin soon after."),
    "/in/change/{key}",
    (json_gate(parser, "/in/change/", endpoint=CHANGE),),
    # Tests from the integration's page are alerts, as everywhere.
    {CHANGE: json_reader(parser), ALERT: json_reader(alerts)},
    sample,
)
