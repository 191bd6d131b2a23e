"""Secret addresses under which shifts can be subscribed to."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from accounts.models import Team, User
from lib.secrets import digest, new_token
from oncall.drafts import Refused
from oncall.models import CalendarLink, Schedule

MOST_LINKS = 50


def create_link(
    *,
    actor: User,
    now: datetime,
    schedule: Schedule | None = None,
    team: Team | None = None,
) -> tuple[CalendarLink, str]:
    """A link to the shifts of a schedule or of a team's schedules, else to the actor's own; and its secret, which is
    shown this once. Raises Refused."""
    if not actor.is_active:
        raise Refused("", _("Only people who are active may do this."))
    if CalendarLink.objects.usable().filter(made_by=actor).count() >= MOST_LINKS:
        raise Refused(
            "", _("You have %(n)s calendar links. Revoke one that you do not use.") % {"n": MOST_LINKS}
        )
    secret = new_token("cal")
    link = CalendarLink.objects.create(
        made_by=actor,
        user=None if schedule or team else actor,
        schedule=schedule,
        team=team,
        digest=digest(secret),
        hint=secret[-4:],
        created_at=now,
    )
    return link, secret


def revoke_link(*, actor: User, now: datetime, link: CalendarLink) -> None:
    """The address answers no more. Whoever made it may, and admins; a second revocation changes nothing.

    Raises Refused.
    """
    if link.made_by_id != actor.pk and not actor.is_admin:
        raise Refused("", _("Only whoever made a calendar link may revoke it."))
    CalendarLink.objects.filter(pk=link.pk, revoked_at=None).update(revoked_at=now)
