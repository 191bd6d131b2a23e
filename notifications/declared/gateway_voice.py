"""Any gateway for calls that has an HTTP API and reads a text out."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from notifications import providers
from notifications.declared.gateway_sms import Gateway, sending

DECLARED = Gateway(
    name="gateway-voice",
    title=_("Calls by another gateway"),
    help=_(
        "Any service with an HTTP API that calls a number and reads a text. A digit that was pressed, and how the "
        "call ended, it reports to {callback}. Used when Twilio is not set up."
    ),
    fields=(
        *sending('{"to": "{to}", "from": "{from}", "text": "{text}", "callback": "{callback}"}'),
        providers.Field("digit_field", _("Field of the digit in a report"), required=False, default="digits"),
    ),
)
