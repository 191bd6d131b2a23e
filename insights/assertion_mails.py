"""The mail about an assertion that fails."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import TeamRole, User
from insights.models import Assertion
from lib.text import one_line
from notifications.actions.mails import mail_notice
from notifications.transports.base import Message


def mail_failure(assertion: Assertion, now: datetime) -> None:
    """To each manager of its team, once for this failure: `now` is when it was first seen."""
    message = failing(assertion)
    managers = User.objects.responders().filter(
        memberships__team=assertion.team_id, memberships__role=TeamRole.MANAGER
    )
    for person in managers.order_by("pk"):
        mail_notice(
            person=person,
            key=f"assertion:{assertion.pk}:{now:%Y%m%dT%H%M%S.%f}:{person.pk}",
            subject=f"assertion:{assertion.pk}",
            message=message,
            now=now,
        )


def failing(assertion: Assertion) -> Message:
    """The subject says which; then what is the case in its place."""
    return Message(
        kind="notice",
        headline=_("No longer as expected: %(name)s") % {"name": one_line(assertion.name, 120)},
        intro=_("A change, or the time, made an answer about paging differ from what your team expects."),
        facts=(
            (_("Team"), str(assertion.team)),
            (_("Service"), one_line(str(assertion.service), 120)),
            (_("Now"), one_line(assertion.answer, 400)),
        ),
        url=f"{settings.SITE_URL}{reverse('insights:assertion', args=[assertion.pk])}",
        link_text=_("See the assertion"),
    )
