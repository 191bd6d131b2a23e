"""What the pages of alert intake show: bodies that came as JSON, the route that keeps them from paging, and mutes."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from accounts.models import User
from alerts.actions.intake import accept
from alerts.actions.integrations import create_integration
from alerts.actions.mutes import make_mute
from alerts.actions.routes import add_route
from alerts.models import Alert, Outcome
from alerts.processing import process_waiting
from alerts.sources.base import ALERT
from catalog.models import Service

LONG = "/var/lib/search is 96 % full on index-" + "long-name-" * 8 + "of-a-host.eu-north-1.example.test"


def intake(service: Service, sara: User, now: datetime) -> dict[str, str]:
    """A JSON integration whose alerts page nobody, with two bodies; a mute that holds and one that comes weekly."""
    row, _key = create_integration(actor=sara, kind="generic", name="Scripts", service=service, now=now)
    route = add_route(
        actor=sara,
        integration=row,
        now=now,
        name="Scripts wait for the morning",
        matchers=[{"field": "summary", "op": "=~", "value": ".*"}],
        outcome=Outcome.ALERT,
    )
    for body in ({"title": LONG, "tags": {"env": "prod"}}, {"check": {"name": "disk"}, "n": [1, 2]}):
        event = accept(integration_id=row.pk, endpoint=ALERT, body=json.dumps(body), now=now)
    process_waiting(now=now)
    alert = Alert.objects.filter(integration=row).order_by("pk").first()
    assert alert is not None
    return {
        "json_integration": str(row.pk),
        "route": str(route.pk),
        "event": str(event),
        "alert": str(alert.pk),
        **_mutes(service, sara, now),
    }


def _mutes(service: Service, sara: User, now: datetime) -> dict[str, str]:
    """One for what is staged, which holds; one for the index, every week."""
    staged = make_mute(
        actor=sara,
        now=now,
        name="Staging is rebuilt",
        team=service.team,
        matchers=[{"field": "labels.env", "op": "=", "value": "staging"}],
        starts_at=now,
        ends_at=now + timedelta(hours=8),
        zone="Europe/Lisbon",
    )
    weekly = make_mute(
        actor=sara,
        now=now,
        name="The index is compacted",
        team=service.team,
        services=list(service.depends_on.all()),
        starts_at=now + timedelta(days=2),
        ends_at=now + timedelta(days=2, hours=2),
        recurrence="FREQ=WEEKLY",
        zone="Europe/Lisbon",
        is_maintenance=True,
    )
    return {"mute": str(staged.pk), "weekly_mute": str(weekly.pk)}
