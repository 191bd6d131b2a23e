"""Any JSON."""

from django.utils.translation import gettext_lazy as _

from alerts.sources.base import ALERT
from alerts.sources.generic.gate import GATE, read
from alerts.sources.generic.sample import sample
from alerts.sources.kinds import Kind

KIND = Kind(
    "generic",
    _("JSON"),
    _("For anything that can post JSON: scripts, cron jobs, other monitoring."),
    "/in/json/{key}",
    (GATE,),
    {ALERT: read},
    sample,
)
