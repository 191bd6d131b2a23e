"""Who takes part in the scenario of the whole loop."""

from __future__ import annotations

from datetime import datetime, timedelta

from accounts.models import Role
from alerts.actions.integrations import create_integration
from oncall.models import PolicyStep
from statuspage.actions import add_component, create_page
from tests import making

# The second step comes soon; the fallback after it late enough that a slow machine answers before.
DELAYS = (timedelta(seconds=4), timedelta(seconds=15))


def payments(now: datetime) -> dict[str, str]:
    """Milan is on call, Olga is the second step, Ada the admin and fallback; one service, one public page."""
    ada = making.make_user("Ada Admin", role=Role.ADMIN, email="ada@example.test", time_zone="Europe/Berlin")
    olga = making.make_user("Olga Owner", email="olga@example.test")
    milan = making.make_user("Milan Member", email="milan@example.test", time_zone="America/Chicago")
    team = making.make_team("Payments", managers=(olga,), members=(milan,))
    schedule = making.make_schedule(team, (milan,), name="Payments primary")
    policy = making.make_policy(team, (schedule,), (olga,), fallback=(ada,))
    for position, delay in enumerate(DELAYS):
        PolicyStep.objects.filter(policy=policy, position=position).update(delay=delay)
    service = making.make_service(
        team, policy, "Payments API", tier=1, runbook_url="https://runbooks.example.test/payments"
    )
    _row, key = create_integration(
        actor=None, kind="alertmanager", name="Prometheus", service=service, now=now
    )
    page = create_page(actor=ada, name="Example", slug="example", now=now)
    add_component(actor=ada, page=page, name="Card payments", services=[service], now=now)
    return {"alertmanager": key}
