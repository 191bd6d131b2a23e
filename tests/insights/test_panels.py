"""What reports and hand-off notes add to a schedule's page."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.template.loader import render_to_string
from django.utils import timezone

from accounts.models import User
from insights.handoffs import write_notes
from lib import panels
from oncall.models import Schedule, Slot

HANDED = datetime(2026, 3, 16, 9, tzinfo=UTC)


def shown(schedule: Schedule, reader: User) -> dict[str, str]:
    found = panels.filled("schedule", schedule, reader)
    return {
        each.panel.name: " ".join(render_to_string(each.panel.template, {"panel": each.context}).split())
        for each in found
        if each.panel.name in {"handoff", "load"}
    }


def test_a_schedule_shows_its_last_hand_off_and_the_load(
    schedule: Schedule, viewer: User, owner: User, member: User
) -> None:
    Slot.objects.create(layer=schedule.layers.get(), position=1, user=owner)
    write_notes(now=HANDED, since=HANDED - timedelta(hours=1))
    found = shown(schedule, viewer)
    assert found["handoff"].index("Olga Owner") < found["handoff"].index("Milan Member")
    assert "Nothing was open" in found["handoff"]
    assert "Milan Member" in found["load"]
    assert f"/oncall/reports/load/?schedule={schedule.pk}" in found["load"]


def test_a_schedule_where_nobody_stands_shows_neither(schedule: Schedule, viewer: User) -> None:
    schedule.layers.update(starts_at=timezone.now() + timedelta(days=9))
    Slot.objects.all().delete()
    assert shown(schedule, viewer) == {}
