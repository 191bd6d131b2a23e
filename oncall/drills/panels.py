"""What drills add to the page of a policy."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.models import User
from lib.panels import Panel, register
from oncall.drills import access, queries
from oncall.models import EscalationPolicy


def register_all() -> None:
    """The last drill, and a way to start one."""
    register(
        "policy", Panel("drills", str(_("Drills")), "oncall/_drill_panel.html", last_of, "side", order=60)
    )


def last_of(policy: EscalationPolicy, user: User) -> dict[str, Any] | None:
    """For those who may read it; nothing where there is none and none can be started."""
    last = access.readable_drills(user).filter(policy=policy).first()
    may_start = access.may_drill(user, policy, None)
    if last is None and not may_start:
        return None
    return {"tally": queries.tallies([last])[0] if last else None, "policy": policy, "may_start": may_start}
