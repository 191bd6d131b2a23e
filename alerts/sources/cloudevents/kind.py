"""CloudEvents."""

from django.utils.translation import gettext_lazy as _

from alerts.sources.base import ALERT
from alerts.sources.cloudevents.gate import GATE, read
from alerts.sources.cloudevents.sample import sample
from alerts.sources.kinds import Kind

KIND = Kind(
    "cloudevents",
    _("CloudEvents"),
    _("1.0 over HTTP: structured, binary or in batches. CDEvents of a pipeline become changes."),
    "/in/cloudevents/{key}",
    (GATE,),
    {ALERT: read},
    sample,
)
