"""Readiness in one line on the Operations page."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from insights.readiness.findings import report
from lib.panels import Panel, register


def register_all() -> None:
    """What would cost a page, and the way to the whole report."""
    register(
        "operations",
        Panel("readiness", str(_("Readiness")), "insights/_readiness_panel.html", short, order=30),
    )


def short(subject: object, user: User) -> dict[str, Any] | None:
    """For whoever reads Operations."""
    return {"report": report(timezone.now())}  # a page shows what is so when it is read
