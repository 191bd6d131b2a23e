"""Any gateway for text messages that has an HTTP API."""

from __future__ import annotations

import re
from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from notifications import providers
from notifications.transports.telephone import gateway

SECRET = re.compile(r"[A-Za-z0-9_-]{16,128}")
WRONG = {
    "headers": _("One header a line, as “Name: value”."),
    "url": _("With GET the text has to stand in the address: {text}."),
    "body": _("It must hold {to} and {text} between quotes, and be right for the content type."),
}


class Gateway(providers.Declared):
    def check(self, values: Mapping[str, str]) -> dict[str, str]:
        """A template that could not be sent, and a secret that could not stand in an address."""
        field = gateway.wrong_template(values)
        wrong = {field: str(WRONG[field])} if field else {}
        secret = values.get("inbound_secret", "").strip()
        if secret and not SECRET.fullmatch(secret):
            wrong["inbound_secret"] = str(_("At least 16 letters, digits, underscores or dashes."))
        return wrong


def sending(body: str) -> tuple[providers.Field, ...]:
    """The fields that say how one message is handed over; `body` is the template to begin with."""
    return (*_request(), _template(body), *_answer())


def _request() -> tuple[providers.Field, ...]:
    return (
        providers.Field("url", _("Address"), _("Where one message is handed over."), kind="url"),
        providers.Field(
            "method",
            _("Method"),
            kind="choice",
            default="POST",
            choices=tuple((name, name) for name in gateway.METHODS),
        ),
        providers.Field(
            "headers",
            _("Headers"),
            _("One a line: “Authorization: Bearer {secret}”."),
            kind="long",
            required=False,
        ),
        providers.Field(
            "content_type",
            _("Content type"),
            kind="choice",
            default="json",
            choices=(("json", "JSON"), ("form", _("Form"))),
        ),
    )


def _template(body: str) -> providers.Field:
    return providers.Field(
        "body",
        _("Body"),
        _(
            "{to} (with the plus), {to_digits} (without), {text}, {from}, {id} (the same for every attempt), "
            "{callback} (where to report), {secret}. Each is escaped."
        ),
        kind="long",
        required=False,
        default=body,
    )


def _answer() -> tuple[providers.Field, ...]:
    """What stands in for the placeholders, and where the gateway's words are in its answers and reports."""
    return (
        providers.Field("secret", _("Secret"), _("Stands in for {secret}."), kind="secret", required=False),
        providers.Field("from", _("Sender"), _("Stands in for {from}."), required=False),
        providers.Field(
            "id_path",
            _("Where the id is in the answer"),
            _("As messages.0.message-id. Empty: the answer has none."),
            required=False,
        ),
        providers.Field(
            "ok_path",
            _("Where the answer says whether it was taken"),
            _("Only for gateways that refuse with status 200: messages.0.status"),
            required=False,
        ),
        providers.Field("ok_value", _("What it says then"), _("For example 0."), required=False),
        providers.Field(
            "status_field", _("Field of the state in a report"), required=False, default="status"
        ),
    )


DECLARED = Gateway(
    name="gateway-sms",
    title=_("Text messages by another gateway"),
    help=_("Any service or modem with an HTTP API. Used when Twilio is not set up."),
    fields=(
        *sending('{"to": "{to}", "from": "{from}", "text": "{text}", "callback": "{callback}"}'),
        providers.Field(
            "inbound_secret",
            _("Secret in the address for replies"),
            _("At least 16 letters and digits, at the end of the address below. Empty: no replies."),
            kind="secret",
            required=False,
        ),
        providers.Field("in_from", _("Field of the sender in a reply"), required=False, default="from"),
        providers.Field("in_text", _("Field of the text in a reply"), required=False, default="text"),
        providers.Field("in_id", _("Field of the id in a reply"), required=False, default="id"),
    ),
    callbacks=((_("A reply comes in"), "/hooks/sms/gateway/…"),),
)
