"""The timeline cannot be changed, and changing it all the same is noticed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction

from accounts.models import User
from catalog.models import Service
from incidents.actions.opening import declare_new
from incidents.actions.writing import FutureTime, add_note
from incidents.models import Incident, TimelineEntry
from incidents.queries.chain import broken_links

pytestmark = pytest.mark.django_db


@pytest.fixture
def incident(service: Service, owner: User, now: datetime) -> Incident:
    incident = declare_new(actor=owner, service=service, title="Checkout is down", severity=1, now=now)
    for text in ("First look", "Pool is *exhausted* – naïve retry", "Rolled back"):
        add_note(incident_id=incident.pk, actor=owner, text=text, now=now)
    return incident


def tamper(sql: str, *values: int) -> None:
    """What somebody with the database's superuser could do."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(sql, values)
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")


def test_an_untouched_chain_is_whole(incident: Incident) -> None:
    assert dict(broken_links()) == {incident.pk: ""}
    out = StringIO()
    call_command("verify_chain", stdout=out)
    assert "1 timelines are whole" in out.getvalue()


@pytest.mark.parametrize("verb", ["update", "delete"])
def test_the_database_refuses_to_change_or_delete_an_entry(incident: Incident, verb: str) -> None:
    entries = TimelineEntry.objects.filter(incident=incident, number=2)
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        entries.update(text="nothing happened") if verb == "update" else entries.delete()


def test_a_changed_entry_breaks_the_chain(incident: Incident) -> None:
    tamper("UPDATE incidents_timelineentry SET text = 'nothing happened' WHERE number = 3")
    assert dict(broken_links()) == {incident.pk: "entry 3 was changed"}
    with pytest.raises(CommandError, match="1 of 1 timelines are broken"):
        call_command("verify_chain", stderr=StringIO())


def test_a_moved_time_breaks_the_chain(incident: Incident) -> None:
    tamper(
        "UPDATE incidents_timelineentry SET happened_at = happened_at - interval '1 microsecond' WHERE number = 4"
    )
    assert dict(broken_links()) == {incident.pk: "entry 4 was changed"}


def test_a_removed_entry_breaks_the_chain(incident: Incident) -> None:
    tamper("DELETE FROM incidents_timelineentry WHERE number = 2")
    assert dict(broken_links()) == {incident.pk: "entry 2 is missing"}


def test_a_cut_off_end_shows(incident: Incident) -> None:
    incident.refresh_from_db()
    tamper("DELETE FROM incidents_timelineentry WHERE number = %s", incident.timeline_length)
    assert "missing at the end" in dict(broken_links())[incident.pk]


def test_what_happened_earlier_keeps_both_times(
    incident: Incident, owner: User, later: Callable[..., datetime]
) -> None:
    entry = add_note(
        incident_id=incident.pk,
        actor=owner,
        text="Restarted db1",
        now=later(minutes=30),
        happened_at=later(minutes=3),
    )
    assert (entry.happened_at, entry.recorded_at) == (later(minutes=3), later(minutes=30))


def test_nothing_can_have_happened_in_the_future(
    incident: Incident, owner: User, now: datetime, later: Callable[..., datetime]
) -> None:
    with pytest.raises(FutureTime):
        add_note(incident_id=incident.pk, actor=owner, text="Soon", now=now, happened_at=later(seconds=1))
