"""How late steps and pages are is counted in memory and written with the counters."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from django.conf import settings
from django.db import OperationalError
from django.utils import timezone

from notifications import lateness, measures, tasks
from notifications.models import Late, LatenessKind, LatenessSlot

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_gathered() -> Iterator[None]:
    lateness.forget()
    yield
    lateness.forget()


def late(now: datetime, seconds: float, kind: LatenessKind = LatenessKind.SEND, cause: str = "") -> None:
    due = now - timedelta(seconds=seconds)
    lateness.observe(kind, due=due, done=now, subject="incident:7", what="Page by e-mail", cause=cause)


def values(kind: str = "send") -> dict[str, float]:
    return dict(LatenessSlot.objects.filter(kind=kind).values_list("bucket", "value"))


def test_what_was_observed_is_written_with_the_counters(now: datetime) -> None:
    late(now, 0.2)
    late(now, 3)
    assert not LatenessSlot.objects.exists()
    measures.flush()
    found = values()
    assert (found["0.25"], found["2.5"], found["5.0"], found["+Inf"]) == (1, 1, 2, 2)
    assert found["sum"] == pytest.approx(3.2)
    assert found["max"] == 3
    assert "0.1" not in found


def test_two_processes_add_up_and_the_worst_one_stays(now: datetime) -> None:
    for seconds in (8.0, 2.0):
        late(now, seconds)
        measures.flush()
    assert (values()["+Inf"], values()["max"], values()["sum"]) == (2, 8, 10)


def test_each_five_minutes_and_each_kind_has_its_own_counts(now: datetime) -> None:
    late(now, 0.1)
    late(now + lateness.SLOT, 0.1)
    late(now, 0.1, LatenessKind.STEP)
    measures.flush()
    assert LatenessSlot.objects.filter(bucket="+Inf").count() == 3
    assert lateness.slot_of(now + timedelta(minutes=4, seconds=59)) == now


def test_what_is_done_before_its_time_counts_as_on_time(now: datetime) -> None:
    late(now, -300)
    measures.flush()
    assert (values()["0.05"], values()["max"]) == (1, 0)


def test_only_what_was_more_than_a_second_late_is_named_with_its_cause(now: datetime) -> None:
    late(now, 0.9)
    late(now, 4, cause="mail server refused: 451")
    measures.flush()
    row = Late.objects.get()
    assert (row.seconds, row.cause, row.subject) == (4, "mail server refused: 451", "incident:7")


def test_a_flush_names_the_fifty_worst_and_counts_all(now: datetime) -> None:
    for seconds in range(2, 82):
        late(now, seconds)
    measures.flush()
    assert Late.objects.count() == lateness.FEW
    assert min(Late.objects.values_list("seconds", flat=True)) == 32
    assert values()["+Inf"] == 80


def test_what_the_database_refused_is_written_the_next_time(
    now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(taken: object) -> None:
        raise OperationalError("away")

    late(now, 3)
    with monkeypatch.context() as patched:
        patched.setattr(lateness, "_write", away)
        with pytest.raises(OperationalError):
            measures.flush()
    late(now, 2)
    measures.flush()
    assert (values()["+Inf"], values()["max"], Late.objects.count()) == (2, 3, 2)


def test_it_is_pruned_each_hour(now: datetime) -> None:
    late(timezone.now() - timedelta(days=9), 2)
    measures.flush()
    tasks.prune_lateness()
    assert not LatenessSlot.objects.exists()
    assert tasks.prune_lateness.name in {each["task"] for each in settings.CELERY_BEAT_SCHEDULE.values()}


def test_what_is_older_than_eight_days_is_dropped(now: datetime) -> None:
    late(now - timedelta(days=9), 2)
    late(now, 2)
    measures.flush()
    assert lateness.prune(now=now) > 0
    assert Late.objects.get().done_at == now
    assert set(LatenessSlot.objects.values_list("slot", flat=True)) == {now}
