"""Mail through a provider's inbound webhook."""

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from alerts.sources.base import ALERT
from alerts.sources.esp.gate import PREFIX, gate, read
from alerts.sources.esp.sample import sample
from alerts.sources.esp.views import LABELS, MAKE
from alerts.sources.kinds import Kind


def _more(url: str, key: str) -> Mapping[str, object]:
    base = url.partition(PREFIX)[0]
    return {"addresses": [(LABELS[provider], f"{base}{PREFIX}{provider}/{key}") for provider in MAKE]}


KIND = Kind(
    "esp",
    _("E-mail through a provider"),
    _("Mailgun, Mailjet, Mandrill, Postal, Postmark, SendGrid, SparkPost: their inbound webhooks."),
    f"{PREFIX}postmark/{{key}}",
    tuple(gate(provider) for provider in MAKE),
    {ALERT: read},
    sample,
    _("Signing key of the provider, or user:password that it sends"),
    more=_more,
)
