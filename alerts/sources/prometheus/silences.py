"""Silences are our mutes. One made with an integration's key covers that integration's alerts only."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from alerts.actions.mutes import Refused, change_mute, end_mute, make_mute
from alerts.matching import MOST_MATCHERS, BadMatcher, Subject, compiled
from alerts.models import Integration, Mute
from alerts.sources import values
from alerts.sources.base import Rejected
from alerts.sources.prometheus.matchers import BadFilter, Condition, from_json
from lib.times import parse_lenient

_FAR = timedelta(days=36_500)
# Shown for so long after their end, as Alertmanager keeps them (--data.retention).
KEPT = timedelta(days=5)


def of(integration: Integration) -> QuerySet[Mute]:
    """The silences that were made with this integration's key, and none that a person made."""
    return Mute.objects.filter(matchers__contains=[own(integration)], created_by=None)


def own(integration: Integration) -> Condition:
    """The condition that keeps a silence to its integration."""
    return {"field": "integration_id", "op": "=", "value": str(integration.pk)}


def shown(integration: Integration, now: datetime) -> QuerySet[Mute]:
    """Those that hold, will hold, or have ended lately."""
    return of(integration).filter(ends_at__gt=now - KEPT).order_by("ends_at", "id")


def find(integration: Integration, uid: str) -> Mute:
    """One of this integration's silences; Rejected (404, as Alertmanager) for others."""
    try:
        found = of(integration).filter(uid=UUID(uid)).first()
    except ValueError as error:
        raise Rejected(f"silence {uid[:60]} is no id", status=404) from error
    if found is None:
        raise Rejected("silence not found", status=404)
    return found


def post(integration: Integration, given: object, now: datetime) -> Mute:
    """Make a silence, or change one that is named by its id. What covers something else is a new one, and the old one
    ends, as in Alertmanager (silence.go, canUpdate)."""
    body = values.mapping(given)
    wanted = _Wanted(integration, body, now)
    if not body.get("id"):
        return wanted.made(now)
    old = find(integration, values.name(body["id"]))
    if old.ended_at is None and old.ends_at > now and wanted.only_changes(old, now):
        return wanted.changed(old, now)
    expire(old, now)
    return wanted.made(now)


def expire(mute: Mute, now: datetime) -> None:
    """End it now; one that is over stays as it is."""
    if mute.ended_at is None and mute.ends_at > now:
        end_mute(actor=None, mute=mute, now=now)


class _Wanted:
    """A postableSilence, read; raises Rejected (400) as Alertmanager refuses it."""

    def __init__(self, integration: Integration, body: dict[str, Any], now: datetime) -> None:
        far = now + _FAR
        self.integration = integration
        self.name = values.name(body.get("comment"), 300) or "Silence"
        self.by = values.name(body.get("createdBy"), 120)
        self.starts_at = max(parse_lenient(body.get("startsAt"), default=now), now)
        self.ends_at = parse_lenient(body.get("endsAt"), default=far)
        self.conditions = _conditions(values.items(body.get("matchers")))
        if self.ends_at == far:
            raise Rejected("silence invalid: invalid zero end timestamp")
        if self.ends_at <= self.starts_at:
            raise Rejected("silence invalid: end time must not be in the past or before the start time")

    @property
    def matchers(self) -> list[Condition]:
        return [own(self.integration), *self.conditions]

    def made(self, now: datetime) -> Mute:
        """A new mute of the integration's team."""
        try:
            return make_mute(
                actor=None,
                team=self.integration.service.team,
                name=self.name,
                matchers=self.matchers,
                services=(),
                starts_at=self.starts_at,
                ends_at=self.ends_at,
                created_by_name=self.by,
                now=now,
            )
        except Refused as error:
            raise Rejected(f"silence invalid: {error}") from error

    def changed(self, old: Mute, now: datetime) -> Mute:
        """The same mute with other words or times; one that holds has begun when it began."""
        starts_at = old.starts_at if old.starts_at <= now else self.starts_at
        try:
            change_mute(
                actor=None, mute=old, name=self.name, starts_at=starts_at, ends_at=self.ends_at, now=now
            )
        except Refused as error:
            raise Rejected(f"silence invalid: {error}") from error
        return old

    def only_changes(self, old: Mute, now: datetime) -> bool:
        """Whether it covers the same alerts from the same moment."""
        if _sorted(old.matchers) != _sorted(self.matchers):
            return False
        return old.starts_at > now or self.starts_at <= now


def _conditions(matchers: Sequence[object]) -> list[Condition]:
    try:
        found = from_json(values.mapping(each) for each in matchers)
        tests = [compiled([each]) for each in found]
    except (BadFilter, BadMatcher) as error:
        raise Rejected(f"silence invalid: {error}") from error
    if not found:
        raise Rejected("silence invalid: at least one matcher required")
    if len(found) >= MOST_MATCHERS:
        raise Rejected("silence invalid: too many matchers")
    nothing = Subject(at=datetime.min)  # noqa: DTZ901 - no condition on labels asks the time
    if all(test(nothing) for test in tests):
        raise Rejected("silence invalid: at least one matcher must not match the empty string")
    return found


def _sorted(conditions: Sequence[Condition]) -> list[list[tuple[str, str]]]:
    return sorted(sorted((name, str(value)) for name, value in each.items()) for each in conditions)
