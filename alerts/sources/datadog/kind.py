"""Datadog's Webhooks integration: it waits 15 seconds and sends again after 5xx only."""

from django.utils.translation import gettext_lazy as _

from alerts.sources.base import ALERT
from alerts.sources.datadog import parser
from alerts.sources.datadog.sample import sample
from alerts.sources.forms import form_or_json_gate, form_or_json_reader
from alerts.sources.kinds import Kind

KIND = Kind(
    "datadog",
    _("Datadog"),
    _("The Webhooks integration, with the payload that we give you."),
    "/in/datadog/{key}",
    (form_or_json_gate(parser, "/in/datadog/"),),
    {ALERT: form_or_json_reader(parser)},
    sample,
)
