"""When a mute holds: half open, on the wall clock of its zone, refused where it may never come true."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from alerts.recurring import BadRecurrence, Spec, checked, next_spans, state_at


def at(*moment: int) -> datetime:
    return datetime(*moment, tzinfo=UTC)  # type: ignore[misc,arg-type] # year, month, day, …


NIGHTLY = Spec(at(2026, 3, 27, 1), at(2026, 3, 27, 3), "FREQ=DAILY", "Europe/Berlin")


def test_it_begins_with_its_first_moment_and_ends_before_its_last() -> None:
    once = Spec(at(2026, 1, 1, 10), at(2026, 1, 1, 11))
    assert state_at(once, at(2026, 1, 1, 9)) == (False, at(2026, 1, 1, 10))
    assert state_at(once, at(2026, 1, 1, 10)) == (True, at(2026, 1, 1, 11))
    assert state_at(once, at(2026, 1, 1, 11)) == (False, None)


def test_it_repeats_at_the_same_local_time_whatever_the_clocks_do() -> None:
    """02:00 to 04:00 in Berlin; on 29 March clocks jump from 02:00 to 03:00."""
    spans = [(each.start, each.end) for each in next_spans(NIGHTLY, at(2026, 3, 28, 12), 2)]
    assert spans == [
        (at(2026, 3, 29, 1), at(2026, 3, 29, 2)),
        (at(2026, 3, 30, 0), at(2026, 3, 30, 2)),
    ]


def test_an_end_that_clocks_skip_leaves_it_as_long_as_the_first() -> None:
    short = Spec(at(2026, 3, 27, 1, 30), at(2026, 3, 27, 2), "FREQ=DAILY", "Europe/Berlin")
    [span] = next_spans(short, at(2026, 3, 29), 1)
    assert (span.start, span.end) == (at(2026, 3, 29, 1, 30), at(2026, 3, 29, 2))


def test_between_two_occurrences_it_is_closed_until_the_next() -> None:
    assert state_at(NIGHTLY, at(2026, 3, 27, 3)) == (False, at(2026, 3, 28, 1))
    assert state_at(NIGHTLY, at(2026, 3, 28, 2)) == (True, at(2026, 3, 28, 3))


def test_the_last_one_is_over_when_it_is_said_to_be() -> None:
    spec = Spec(
        NIGHTLY.starts_at, NIGHTLY.ends_at, NIGHTLY.recurrence, NIGHTLY.zone, until=at(2026, 3, 28, 2)
    )
    assert state_at(spec, at(2026, 3, 28, 1)) == (True, at(2026, 3, 28, 2))
    assert state_at(spec, at(2026, 3, 28, 2)) == (False, None)


def test_the_first_counts_though_the_rule_names_another_day() -> None:
    """1 January 2026 is a Thursday."""
    spec = Spec(at(2026, 1, 1, 8), at(2026, 1, 1, 9), "FREQ=WEEKLY;BYDAY=MO,WE;COUNT=3")
    assert [each.start for each in next_spans(spec, at(2026, 1, 1), 5)] == [
        at(2026, 1, 1, 8),
        at(2026, 1, 5, 8),
        at(2026, 1, 7, 8),
    ]


def test_until_is_a_day_and_all_of_it() -> None:
    spec = Spec(at(2026, 1, 1, 8), at(2026, 1, 1, 9), "FREQ=DAILY;UNTIL=20260103")
    assert len(next_spans(spec, at(2026, 1, 1), 9)) == 3


def test_the_second_tuesday_and_the_last_working_day_of_a_month() -> None:
    second = Spec(at(2026, 1, 13, 8), at(2026, 1, 13, 9), "FREQ=MONTHLY;BYDAY=2TU")
    assert [each.start.day for each in next_spans(second, at(2026, 1, 1), 3)] == [13, 10, 10]
    last = Spec(at(2026, 1, 30, 8), at(2026, 1, 30, 9), "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1")
    assert [each.start.day for each in next_spans(last, at(2026, 1, 1), 3)] == [30, 27, 31]


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=SECONDLY",
        "FREQ=MINUTELY;INTERVAL=30",
        "MONTHLY",
        "FREQ=DAILY;BYHOUR=3",
        "FREQ=DAILY;BYDAY=XX",
        "FREQ=DAILY;COUNT=0",
        "FREQ=DAILY;COUNT=²",
        "FREQ=DAILY;COUNT=2;UNTIL=20300101",
        "FREQ=DAILY;UNTIL=99991231T235959Z",
        "FREQ=DAILY;FREQ=WEEKLY",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;INTERVAL=7;BYDAY=MO",
        "FREQ=MONTHLY;BYDAY=1MO;BYMONTHDAY=31",
        "FREQ=WEEKLY;BYDAY=1MO",
        "FREQ=DAILY;" + "A" * 400,
    ],
)
def test_what_is_no_rule_or_may_never_come_true_is_refused(rule: str) -> None:
    with pytest.raises(BadRecurrence) as refused:
        checked(Spec(NIGHTLY.starts_at, NIGHTLY.ends_at, rule, NIGHTLY.zone))
    assert refused.value.field == "recurrence"


def test_a_rule_is_kept_in_one_spelling() -> None:
    spec = checked(Spec(NIGHTLY.starts_at, NIGHTLY.ends_at, " rrule:freq=weekly;byday=mo, tu; ", "UTC"))
    assert spec.recurrence == "FREQ=WEEKLY;BYDAY=MO,TU"


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        (Spec(at(2026, 1, 2), at(2026, 1, 2)), "ends_at"),
        (Spec(at(2026, 1, 2), at(2028, 1, 2)), "ends_at"),
        (Spec(at(2026, 1, 2), at(2026, 1, 4), "FREQ=DAILY"), "ends_at"),
        (Spec(at(2026, 1, 2), at(2026, 1, 3), "FREQ=DAILY", "Mars/Base"), "zone"),
        (Spec(at(2026, 1, 2), at(2026, 1, 3), "FREQ=DAILY", "UTC", at(2026, 1, 1)), "until"),
    ],
)
def test_times_that_make_no_sense_are_refused(spec: Spec, field: str) -> None:
    with pytest.raises(BadRecurrence) as refused:
        checked(spec)
    assert refused.value.field == field
