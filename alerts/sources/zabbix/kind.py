"""Zabbix."""

from django.utils.translation import gettext_lazy as _

from alerts.sources.base import ALERT
from alerts.sources.kinds import Kind
from alerts.sources.plain import json_gate, json_reader
from alerts.sources.zabbix import parser
from alerts.sources.zabbix.sample import sample

KIND = Kind(
    "zabbix",
    _("Zabbix"),
    _("6.0 and later, with a media type to import: problems, acknowledgements and recoveries."),
    "/in/zabbix/{key}",
    (json_gate(parser, "/in/zabbix/"),),  # the script throws on anything but 2xx, and Zabbix tries again
    {ALERT: json_reader(parser)},
    sample,
    file="tocsin.yaml",
)
