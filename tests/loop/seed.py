"""A small organisation in the stack's own database; prints the keys as JSON. Run as a program with the stack's
environment."""

from __future__ import annotations

import json
import os
import sys
from datetime import timedelta

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.utils import timezone  # noqa: E402 - Django must be set up before models are imported

from accounts.models import Role  # noqa: E402
from alerts.actions.integrations import create_integration  # noqa: E402
from oncall.models import PolicyStep  # noqa: E402
from statuspage.actions import add_component, create_page  # noqa: E402
from tests import making  # noqa: E402

SECOND_STEP_AFTER = timedelta(seconds=4)


def main() -> None:
    """Milan is on call, Olga is the second step, Ada the admin; one service, one public page."""
    now = timezone.now()
    ada = making.make_user("Ada Admin", role=Role.ADMIN, email="ada@example.test", time_zone="Europe/Berlin")
    olga = making.make_user("Olga Owner", email="olga@example.test")
    milan = making.make_user("Milan Member", email="milan@example.test", time_zone="America/Chicago")
    team = making.make_team("Payments", managers=(olga,), members=(milan,))
    schedule = making.make_schedule(team, (milan,), name="Payments primary")
    policy = making.make_policy(team, (schedule,), (olga,), fallback=(ada,))
    PolicyStep.objects.filter(policy=policy).update(delay=SECOND_STEP_AFTER)
    service = making.make_service(
        team, policy, "Payments API", tier=1, runbook_url="https://runbooks.example.test/payments"
    )
    _row, key = create_integration(actor=None, kind="alertmanager", name="Prometheus", service=service, now=now)
    _row, pagerduty = create_integration(actor=None, kind="pagerduty", name="PagerDuty", service=service, now=now)
    page = create_page(actor=ada, name="Example", slug="example", now=now)
    add_component(actor=ada, page=page, name="Card payments", services=[service], now=now)
    sys.stdout.write(json.dumps({"alertmanager": key, "pagerduty": pagerduty, "password": making.PASSWORD}))


if __name__ == "__main__":
    main()
