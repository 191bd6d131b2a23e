"""Uptime Kuma."""

from django.utils.translation import gettext_lazy as _

from alerts.sources.base import ALERT
from alerts.sources.kinds import Kind
from alerts.sources.plain import json_reader
from alerts.sources.uptimekuma import parser
from alerts.sources.uptimekuma.gate import GATE
from alerts.sources.uptimekuma.sample import sample

KIND = Kind(
    "uptimekuma",
    _("Uptime Kuma"),
    _("Its webhook notification, in each of the forms it can send."),
    "/in/uptimekuma/{key}",
    (GATE,),
    {ALERT: json_reader(parser)},
    sample,
)
