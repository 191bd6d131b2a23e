"""Web Push needs nothing set up; who wants can say whom push services may write to."""

from __future__ import annotations

from collections.abc import Mapping

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext_lazy as _

from notifications import providers


class Push(providers.Declared):
    def check(self, values: Mapping[str, str]) -> dict[str, str]:
        """An address that looks like none is refused by push services, and with it every push."""
        given = values.get("contact", "").strip()
        try:
            if given:
                validate_email(given)
        except ValidationError:
            return {"contact": str(_("This is no e-mail address."))}
        return {}


DECLARED = Push(
    name="push",
    title=_("Web Push"),
    help=_("Works without being set up: its keys came with the installation."),
    fields=(
        providers.Field(
            "contact",
            _("Contact for push services"),
            _("Makers of browsers write here when something is wrong. Empty: the sender of our mails."),
            required=False,
        ),
    ),
)
