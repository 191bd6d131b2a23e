"""Mail through our own listener (alerts/mail_in)."""

from collections.abc import Mapping

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from alerts.sources.base import ALERT
from alerts.sources.email import parser
from alerts.sources.email.sample import sample
from alerts.sources.kinds import Kind
from alerts.sources.plain import json_reader


class MailKind(Kind):
    """Addressed by mail, not by URL."""

    __slots__ = ()

    def address(self, base_url: str, key: str) -> str:
        """Return the mail address that a tool writes to."""
        return f"{key}@{settings.INTAKE_MAIL_DOMAIN}"


def _more(address: str, key: str) -> Mapping[str, object]:
    return {"tagged": f"nightly+{address}", "host": settings.INTAKE_MAIL_LISTEN}


KIND = MailKind(
    "email",
    _("E-mail"),
    _("For whatever can only write a mail: storage, backup, printers, old monitoring."),
    "",
    (),
    {ALERT: json_reader(parser)},
    sample,
    more=_more,
)
