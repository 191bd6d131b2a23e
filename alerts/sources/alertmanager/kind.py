"""Alertmanager's webhook. It retries 5xx only: a 429 would lose the notification."""

from django.utils.translation import gettext_lazy as _

from alerts.sources.alertmanager import parser
from alerts.sources.alertmanager.sample import sample
from alerts.sources.base import ALERT
from alerts.sources.kinds import Kind
from alerts.sources.plain import json_gate, json_reader

KIND = Kind(
    "alertmanager",
    _("Prometheus Alertmanager"),
    _("The webhook of Alertmanager."),
    "/in/alertmanager/{key}",
    (json_gate(parser, "/in/alertmanager/"),),
    {ALERT: json_reader(parser)},
    sample,
)
