"""When a person is told by which method."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from django.db import IntegrityError, transaction

from accounts.models import User
from notifications.models import ContactMethod, NotificationRule, QuietHours

MOST_RULES = 20
LONGEST_DELAY = timedelta(days=1)


class RuleExists(Exception):
    """The same method at the same moment stands in the rules already."""


class TooManyRules(Exception):
    """More steps than anybody needs for one urgency."""


@transaction.atomic
def add_rule(
    *, actor: User, method: ContactMethod, urgency: str, delay: timedelta, now: datetime
) -> NotificationRule:
    """Tell the method's person by it, `delay` after a page of that urgency is due.

    Raises RuleExists, TooManyRules.
    """
    User.objects.select_for_update().get(pk=method.user_id)
    same = NotificationRule.objects.filter(user=method.user_id, urgency=urgency)
    if same.count() >= MOST_RULES:
        raise TooManyRules
    if same.filter(method=method, delay=delay).exists():
        raise RuleExists
    return NotificationRule.objects.create(
        user_id=method.user_id, urgency=urgency, method=method, delay=delay
    )


def move_rule(*, actor: User, rule: NotificationRule, delay: timedelta, now: datetime) -> NotificationRule:
    """Earlier or later; the order of the rules is the order of their delays. Raises RuleExists."""
    rule.delay = delay
    try:
        with transaction.atomic():
            rule.save(update_fields=["delay"])
    except IntegrityError as error:
        raise RuleExists from error
    return rule


def set_quiet_hours(
    *, actor: User, user: User, starts: time, ends: time, weekends: bool, now: datetime
) -> QuietHours:
    """Low urgency waits between these times of the person's own day; they must differ."""
    hours, _made = QuietHours.objects.update_or_create(
        user=user, defaults={"starts": starts, "ends": ends, "weekends": weekends}
    )
    return hours


def clear_quiet_hours(*, actor: User, user: User, now: datetime) -> None:
    """Low urgency waits for nothing any more."""
    QuietHours.objects.filter(user=user).delete()


def remove_rule(*, actor: User, rule: NotificationRule, now: datetime) -> None:
    """Not by this method at this moment any more."""
    NotificationRule.objects.filter(pk=rule.pk).delete()
