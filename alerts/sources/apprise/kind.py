"""Apprise."""

from django.utils.translation import gettext_lazy as _

from alerts.sources.apprise import parser
from alerts.sources.apprise.gate import GATE
from alerts.sources.apprise.sample import sample
from alerts.sources.base import ALERT
from alerts.sources.kinds import Kind
from alerts.sources.plain import json_reader

KIND = Kind(
    "apprise",
    _("Apprise"),
    _("For whatever notifies through Apprise: backup tools, home servers, scripts."),
    "/in/apprise/{key}",
    (GATE,),
    {ALERT: json_reader(parser)},
    sample,
    more=lambda url, _key: {"apprise_url": "json" + url.removeprefix("http")},
)
