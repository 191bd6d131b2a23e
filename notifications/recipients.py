"""From a person and an urgency to the methods that are due, and when: pure, over rows that were read in bulk."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Prefetch

from accounts.models import User
from notifications import providers
from notifications.models import ContactMethod, NotificationRule, QuietHours, Urgency
from notifications.quieting import Quiet, released

NOW = timedelta(0)


@dataclass(frozen=True, slots=True)
class Way:
    """One method, `delay` after the page is due."""

    method: ContactMethod
    delay: timedelta


def people(ids: Collection[int]) -> dict[int, User]:
    """The people with their usable methods and rules, in three queries however many they are."""
    rows = (
        User.objects.active()
        .filter(pk__in=ids)
        .select_related("quiet_hours")
        .prefetch_related(
            Prefetch("contact_methods", ContactMethod.objects.usable(), to_attr="usable_methods"),
            Prefetch("notification_rules", NotificationRule.objects.all(), to_attr="rules"),
        )
    )
    return {user.pk: user for user in rows}


def ways(user: User, urgency: str) -> list[Way]:
    """In order of time: the rules for this urgency, else those for the other, else every usable method at once.

    `user` comes from `people`. Empty only when the person has no usable method at all.
    """
    usable: dict[int, ContactMethod] = {method.pk: method for method in getattr(user, "usable_methods", [])}
    rules: list[NotificationRule] = [rule for rule in getattr(user, "rules", []) if rule.method_id in usable]
    chosen = [rule for rule in rules if rule.urgency == urgency] or rules
    found = [
        Way(usable[rule.method_id], rule.delay)
        for rule in sorted(chosen, key=lambda rule: (rule.delay, rule.pk))
    ]
    return found or [Way(method, NOW) for method in usable.values()]


def due_at(user: User, urgency: str, now: datetime, delay: timedelta) -> datetime:
    """When a page of that urgency goes out by a way of this delay: low urgency waits for the end of quiet hours.

    `user` comes from `people`.
    """
    at = now + delay
    return at if urgency == Urgency.HIGH else released(at, quiet_of(user), user.time_zone)


def last_resort() -> dict[str, str] | None:
    """Transport and address for somebody without a usable method, None where the installation names none."""
    found = providers.values("fallback")
    return {"transport": found["transport"], "address": found["address"]} if found else None


def last_resort_secret() -> str:
    """What the fallback signs with, empty where its channel signs nothing."""
    return (providers.values("fallback") or {}).get("secret", "")


def quiet_of(user: User) -> Quiet | None:
    """The person's quiet hours, None when they want none."""
    hours: QuietHours | None = getattr(user, "quiet_hours", None)
    return Quiet(hours.starts, hours.ends, hours.weekends) if hours else None


def reachable(users: Iterable[User]) -> list[User]:
    """Those with at least one usable method."""
    return [user for user in users if getattr(user, "usable_methods", [])]
