"""An action group's webhook. Azure sends again after 408, 429, 503 and 504, so 503 says busy."""

from django.utils.translation import gettext_lazy as _

from alerts.sources.azure import parser
from alerts.sources.azure.sample import sample
from alerts.sources.base import ALERT
from alerts.sources.kinds import Kind
from alerts.sources.plain import json_gate, json_reader

KIND = Kind(
    "azure",
    _("Azure Monitor"),
    _("The webhook of an action group, with the common alert schema."),
    "/in/azure/{key}",
    (json_gate(parser, "/in/azure/"),),
    {ALERT: json_reader(parser)},
    sample,
)
