"""What the bench pages about, made in the stack's database; prints the integrations' keys as JSON."""

from __future__ import annotations

import json
import os
import sys
from datetime import timedelta

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.utils import timezone  # noqa: E402 - Django must be set up before models are imported

from accounts.models import Team, User  # noqa: E402
from alerts.actions.integrations import create_integration  # noqa: E402
from catalog.models import Grouping, Service  # noqa: E402
from incidents.actions.opening import Opening, open_for_alerts  # noqa: E402
from incidents.models import Escalation  # noqa: E402
from notifications.models import ContactMethod, Urgency  # noqa: E402
from oncall.models import EscalationPolicy, PolicyStep, StepTarget  # noqa: E402


def base() -> dict[str, str]:
    """A service that pages for every alert, and one on which alerts gather."""
    now = timezone.now()
    user = User.objects.create_user("bench@example.test", "not used", name="Bench")
    ContactMethod.objects.create(
        user=user, transport="email", address=user.email, created_at=now, verified_at=now
    )
    team = Team.objects.create(name="Bench", slug="bench")
    policy = EscalationPolicy.objects.create(team=team, name="Bench", repeats=0)
    policy.fallback_people.set([user])
    step = PolicyStep.objects.create(policy=policy, position=0, delay=timedelta(hours=6))
    StepTarget.objects.create(step=step, user=user)
    keys = {}
    for name, grouping in (
        ("each", Grouping.ALERT),
        ("gather", Grouping.SERVICE),
        ("storm", Grouping.SERVICE),
    ):
        service = Service.objects.create(name=name, slug=name, team=team, policy=policy, grouping=grouping)
        _row, keys[name] = create_integration(
            actor=None, kind="pagerduty", name=name, service=service, now=now
        )
    return keys


def timers(total: int, spread: float) -> None:
    """`total` waiting escalations; those of the first quarter fall due evenly over `spread` seconds from now + 3 s."""
    now, service = timezone.now(), Service.objects.get(slug="each")
    openings = [
        Opening(
            service=service,
            title=f"bench-timer-{number}",
            summary="",
            urgency=Urgency.HIGH,
            source="bench",
            started_at=now,
            entry="Opened by the bench",
        )
        for number in range(total)
    ]
    # Opened in the future's name: their first step is not due before the moments set below.
    incidents = open_for_alerts(openings=openings, now=now + timedelta(hours=1))
    due = total // 4
    for place, incident in enumerate(incidents[:due]):
        moment = now + timedelta(seconds=3 + spread * place / due)
        Escalation.objects.filter(incident=incident).update(next_step_at=moment)
        sys.stdout.write(f"timer-{incident.title.rpartition('-')[2]} {moment.timestamp():.6f}\n")


if __name__ == "__main__":
    if sys.argv[1] == "base":
        sys.stdout.write(json.dumps(base()))
    else:
        timers(int(sys.argv[2]), float(sys.argv[3]))
