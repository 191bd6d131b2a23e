"""Jobs that give signs of life."""

from django.utils.translation import gettext_lazy as _

from alerts.sources.base import ALERT, PING
from alerts.sources.generic import parser
from alerts.sources.generic.sample import sample
from alerts.sources.heartbeat import pings
from alerts.sources.kinds import Kind
from alerts.sources.plain import json_reader

KIND = Kind(
    "heartbeat",
    _("Heartbeats"),
    _("For cron jobs, backups and whatever must not fall silent: a ping that stays away is an alert."),
    "/ping/{key}/SLUG",
    (pings.GATE,),
    # Tests from the integration's page are alerts like any other.
    {PING: pings.read, ALERT: json_reader(parser)},
    sample,
)
