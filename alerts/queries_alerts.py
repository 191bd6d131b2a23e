"""Alerts for their own page: those that have no incident stand nowhere else."""

from __future__ import annotations

from typing import Any

from django.db.models import Case, IntegerField, Q, QuerySet, Value, When
from django.utils.translation import gettext_lazy as _

from alerts.models import Alert, AlertSeverity, AlertState, Outcome

# More than a person looks at, and as many as are counted.
MOST = 1000
OPEN, OVER = "open", "over"
STATES = ((OPEN, _("Open")), (OVER, _("Resolved")))
PLACES = {
    "incident": (_("On an incident"), Q(incident__isnull=False)),
    "held": (_("Waiting before paging"), Q(held_until__isnull=False)),
    "muted": (_("Muted"), Q(mute__isnull=False, incident=None)),
    "only": (_("Only an alert"), Q(outcome=Outcome.ALERT, incident=None)),
}


def listed(chosen: dict[str, Any]) -> QuerySet[Alert]:
    """The open ones, the worst first, or with `state` "over" the others, the newest first; at most MOST. `chosen` may
    name a `place` (see PLACES), a `severity`, a `service` and a `team` by slug, and words `q` of the summary."""
    is_over = chosen.get("state") == OVER
    rows = Alert.objects.filter(state=AlertState.RESOLVED) if is_over else Alert.objects.open()
    found = rows.filter(_asked(chosen)).select_related(
        "integration", "service__team", "incident", "route", "mute"
    )
    if is_over:
        return found.order_by("-id")[:MOST]
    whens = [When(severity=value, then=Value(place)) for place, value in enumerate(AlertSeverity.values)]
    return found.order_by(Case(*whens, output_field=IntegerField()), "-last_seen_at", "-id")[:MOST]


def _asked(chosen: dict[str, Any]) -> Q:
    asked = Q()
    for name, lookup in (
        *(("severity", "severity"), ("service", "service__slug"), ("team", "service__team__slug")),
        ("q", "summary__icontains"),
    ):
        if chosen.get(name):
            asked &= Q(**{lookup: chosen[name]})
    place = chosen.get("place")
    return asked & PLACES[place][1] if place in PLACES else asked
