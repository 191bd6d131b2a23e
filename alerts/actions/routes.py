"""Every change to routes. The order among an integration's routes, and among those for all, is kept without gaps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, TypedDict, Unpack

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from alerts.actions.integrations import LONGEST_STALE, SHORTEST_STALE
from alerts.condition_words import tidied
from alerts.matching import DETAILS, FIELDS, LABELS, TIME, BadMatcher
from alerts.models import AlertSeverity, Integration, Outcome, Route
from catalog.models import Service
from lib.text import one_line
from oncall.drafts import Refused

__all__ = [
    "LONGEST_PAUSE",
    "Refused",
    "RouteValues",
    "add_route",
    "change_route",
    "drafted",
    "move_route",
    "remove_route",
    "set_route_enabled",
]

MOST_ROUTES = 100
SHORTEST_PAUSE, LONGEST_PAUSE = timedelta(seconds=1), timedelta(hours=6)
Direction = Literal["up", "down"]


class RouteValues(TypedDict, total=False):
    """What a route is made of; what is empty is left as the alert brings it."""

    name: str
    matchers: Sequence[Mapping[str, Any]]
    service: Service | None
    service_from: str
    severity: str
    urgency: str
    outcome: str
    pause: timedelta | None
    stale_after: timedelta | None
    is_enabled: bool


def drafted(
    *,
    integration: Integration | None,
    now: datetime,
    route: Route | None = None,
    **values: Unpack[RouteValues],
) -> Route:
    """A route as it would be, unsaved: a new one, or `route` changed. Raises Refused. For trying it out, too."""
    row = Route(integration=integration, created_at=now, position=MOST_ROUTES)
    if route is not None:
        row = Route(**{each.attname: getattr(route, each.attname) for each in Route._meta.concrete_fields})
    for name, value in values.items():
        setattr(row, name, value)
    row.changed_at, row.name = now, one_line(row.name, 81)
    _check(row)
    return row


@transaction.atomic
def add_route(
    *, actor: User | None, integration: Integration | None, now: datetime, **values: Unpack[RouteValues]
) -> Route:
    """A new last rule of that integration, or of those for all. Raises Refused."""
    row = drafted(integration=integration, now=now, **values)
    there = _in_order(integration)
    if len(there) >= MOST_ROUTES:
        raise Refused("", _("There are %(most)d routes already.") % {"most": MOST_ROUTES})
    row.created_by, row.position = actor, len(there)
    row.save()
    return row


@transaction.atomic
def change_route(*, actor: User, route: Route, now: datetime, **values: Unpack[RouteValues]) -> Route:
    """The route becomes what is given; what is not given stays, and so does its place. Raises Refused."""
    found = Route.objects.select_for_update(of=("self",)).get(pk=route.pk)
    row = drafted(integration=found.integration, now=now, route=found, **values)
    row.save(force_update=True)
    return row


@transaction.atomic
def move_route(*, actor: User, route: Route, direction: Direction, now: datetime) -> None:
    """One place up or down among its neighbours; at the end nothing changes."""
    rows = _in_order(route.integration)
    here = next(place for place, row in enumerate(rows) if row.pk == route.pk)
    there = here + (-1 if direction == "up" else 1)
    if 0 <= there < len(rows):
        rows[here], rows[there] = rows[there], rows[here]
    _number(rows)


@transaction.atomic
def set_route_enabled(*, actor: User, route: Route, enabled: bool, now: datetime) -> None:
    """Asked from now on, or no more; it keeps its place."""
    Route.objects.filter(pk=route.pk).update(is_enabled=enabled, changed_at=now)


@transaction.atomic
def remove_route(*, actor: User, route: Route) -> None:
    """It is gone; alerts that went by it stay where they are. A second time changes nothing."""
    rows = _in_order(route.integration)
    Route.objects.filter(pk=route.pk).delete()
    _number([row for row in rows if row.pk != route.pk])


def _in_order(integration: Integration | None) -> list[Route]:
    """The routes beside each other, locked; of an integration that too, so that no two are added at once."""
    if integration is not None:
        Integration.objects.select_for_update(no_key=True, of=("self",)).get(pk=integration.pk)
    rows = Route.objects.select_for_update(of=("self",)).filter(integration=integration)
    return list(rows.order_by("position", "id"))


def _number(rows: Sequence[Route]) -> None:
    for place, row in enumerate(rows):
        row.position = place
    Route.objects.bulk_update(rows, ["position"])


def _check(row: Route) -> None:
    if not row.name or len(row.name) > 80:
        raise Refused("name", _("A name has from one to 80 characters."))
    try:
        row.matchers = tidied(row.matchers)
    except BadMatcher as bad:
        raise Refused("matchers", str(bad)) from bad
    _check_choices(row)
    _check_field(row.service_from)
    _check_spans(row)


def _check_choices(row: Route) -> None:
    for name, allowed in (
        ("severity", ["", *AlertSeverity.values]),
        ("urgency", ["", "high", "low"]),
        ("outcome", Outcome.values),
    ):
        if getattr(row, name) not in allowed:
            raise Refused(name, _("Choose one from the list."))
    if row.service is not None and row.service.archived_at is not None:
        raise Refused("service", _("This service was archived."))


def _check_field(name: str) -> None:
    is_known = name in FIELDS or (name.startswith((LABELS, DETAILS)) and name.partition(".")[2])
    if name and (not is_known or name == TIME or len(name) > 120):
        raise Refused("service_from", _("A field such as labels.service."))


def _check_spans(row: Route) -> None:
    if row.pause is not None and not SHORTEST_PAUSE <= row.pause <= LONGEST_PAUSE:
        raise Refused("pause", _("From one second to six hours."))
    if row.stale_after is not None and not SHORTEST_STALE <= row.stale_after <= LONGEST_STALE:
        raise Refused("stale_after", _("From one minute to 90 days."))
