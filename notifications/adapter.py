"""Mails of django-allauth go through the outbox like every message: retried, and in the ledger."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.adapter import AccountAdapter as Base
from accounts.models import User
from notifications.actions.mails import send_account_mail
from notifications.transports.base import Message


class AccountAdapter(Base):
    """With the mail server down, a request for a password still answers at once; the mail comes later."""

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Mails about an account go to people who have one; a stranger's address gets none."""
        person = context.get("user")
        if not isinstance(person, User):
            return
        message = (
            _new_password(context)
            if "password_reset_url" in context
            else self._rendered(template_prefix, email, context)
        )
        send_account_mail(person=person, email=email, message=message, now=timezone.now())

    def _rendered(self, template_prefix: str, email: str, context: dict[str, Any]) -> Message:
        mail = self.render_mail(template_prefix, email, context)
        return Message(kind="notice", headline=str(mail.subject), intro=str(mail.body))


def _new_password(context: dict[str, Any]) -> Message:
    return Message(
        kind="notice",
        headline=_("Choose a new password for Tocsin"),
        intro=_(
            "You, or somebody else, asked for it. If it was not you, nothing has changed; ignore this mail."
        ),
        url=str(context["password_reset_url"]),
        link_text=_("Choose a new password:"),
    )
