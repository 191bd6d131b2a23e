"""What fails, on the pages of the schedules and policies that it is about."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.models import User
from insights.actions import concerned_by
from lib.panels import Panel, register
from oncall.models import EscalationPolicy, Schedule

SHOWN = 10
_TEMPLATE = "insights/_assertion_panel.html"


def register_all() -> None:
    """Nothing is shown while everything is as expected."""
    title = str(_("Not as expected"))
    register("schedule", Panel("assertions", title, _TEMPLATE, of_schedule, order=5))
    register("policy", Panel("assertions", title, _TEMPLATE, of_policy, order=5))


def of_schedule(schedule: Schedule, user: User) -> dict[str, Any] | None:
    """Of the services whose policy pages by this schedule."""
    return _failing("schedule", schedule.pk)


def of_policy(policy: EscalationPolicy, user: User) -> dict[str, Any] | None:
    """Of the services that page by this policy."""
    return _failing("policy", policy.pk)


def _failing(kind: str, number: int) -> dict[str, Any] | None:
    found = concerned_by(kind, number).filter(holds=False).select_related("service").order_by("name", "id")
    failing = list(found[:SHOWN])
    return {"failing": failing} if failing else None
