"""What iCalendar files say: zones, recurrences, whole days, and what is wrong in them."""

from __future__ import annotations

import subprocess
import time
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from lib.intervals import Interval
from oncall.calendars.apart import read_apart
from oncall.calendars.events import Problem, Reading, Trouble, Unreadable
from oncall.calendars.reading import MOST_COMPONENTS, MOST_EVENTS, read
from tests.oncall.calendar_samples import APPLE, GOOGLE, OUTLOOK, calendar, event

WINDOW = Interval(datetime(2026, 2, 8, tzinfo=UTC), datetime(2027, 4, 14, tzinfo=UTC))
BERLIN = ZoneInfo("Europe/Berlin")
AUCKLAND = ZoneInfo("Pacific/Auckland")
Row = tuple[str, str, str]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def reading(body: bytes | str, zone: ZoneInfo = BERLIN) -> Reading:
    return read(body if isinstance(body, bytes) else body.replace("\n", "\r\n").encode(), WINDOW, zone)


def rows(found: Reading) -> list[Row]:
    """Start and end as UTC wall times, and the title."""
    return [(f"{each.start:%m-%d %H:%M}", f"{each.end:%m-%d %H:%M}", each.title) for each in found.events]


def trouble(body: bytes) -> Trouble:
    with pytest.raises(Unreadable) as refused:
        reading(body)
    return refused.value.trouble


# --- As real programs write them


def test_a_google_calendar_keeps_its_wall_times_over_the_change_of_clocks() -> None:
    found = reading(GOOGLE, AUCKLAND)
    assert rows(found) == [
        ("03-02 08:00", "03-09 08:00", "Milan Member"),
        ("03-16 08:00", "03-23 08:00", "Milan Member"),
        ("03-27 23:00", "03-29 22:00", "[L1] olga.owner@example.test, Milan Member"),
        ("03-31 10:00", "04-06 07:00", "[L2] Olga Owner"),
        ("04-27 07:00", "05-04 07:00", "Milan Member"),
    ]
    assert (found.name, found.problems) == ("Payments rota", ())


def test_an_outlook_calendar_names_zones_as_windows_does() -> None:
    found = reading(OUTLOOK, AUCKLAND)
    assert rows(found) == [
        ("03-23 08:00", "03-30 07:00", "Member, Milan"),
        ("03-28 01:00", "03-28 13:00", "Olga Owner"),
        ("03-30 07:00", "04-06 07:00", "Member, Milan"),
    ]
    assert [each.busy for each in found.events] == [True, False, True]
    assert found.problems == ()


@pytest.mark.parametrize("name", ["W. Europe Standard Time", "Europe/Berlin"])
def test_a_windows_zone_may_be_the_calendars_own(name: str) -> None:
    whole_day = event(
        DTSTART="", DTEND="", **{"DTSTART;VALUE=DATE": "20260316", "DTEND;VALUE=DATE": "20260317"}
    )
    found = reading(calendar(whole_day, head=f"X-WR-TIMEZONE:{name}\n"), AUCKLAND)
    assert rows(found) == [("03-15 23:00", "03-16 23:00", "Milan Member")]


def test_floating_times_and_whole_days_are_in_the_zone_that_is_given() -> None:
    assert rows(reading(APPLE)) == [
        (
            "03-29 00:30",
            "03-29 02:30",
            "On call: Payments — Olga Owner",
        ),  # 01:30 to 04:30, an hour of it missing
        ("04-01 07:00", "04-01 15:00", "Milan Member"),
        ("04-03 07:00", "04-03 15:00", "Milan Member"),
        ("04-05 22:00", "04-10 22:00", "Milan Member"),
    ]
    assert rows(reading(APPLE, AUCKLAND))[-1] == ("04-05 12:00", "04-10 12:00", "Milan Member")


def test_a_definition_in_one_calendar_is_not_taken_for_anothers() -> None:
    zone = """\
BEGIN:VTIMEZONE
TZID:Customized Time Zone
BEGIN:STANDARD
DTSTART:16010101T000000
TZOFFSETFROM:{0}
TZOFFSETTO:{0}
END:STANDARD
END:VTIMEZONE
"""
    named = {
        "DTSTART": "",
        "DTEND": "",
        "DTSTART;TZID=Customized Time Zone": "20260316T120000",
        "DURATION": "PT1H",
    }
    first = reading(calendar(event(**named), head=zone.format("+0500")))
    second = reading(calendar(event(**named), head=zone.format("-0300")))
    assert (rows(first)[0][0], rows(second)[0][0]) == ("03-16 07:00", "03-16 15:00")


def test_a_zone_may_be_defined_after_it_is_used() -> None:
    parts = OUTLOOK.replace("W. Europe Standard Time", "Somewhere").split("BEGIN:VTIMEZONE\n")
    definition, rest = parts[1].split("END:VTIMEZONE\n")
    moved = parts[0] + rest.replace(
        "END:VCALENDAR", f"BEGIN:VTIMEZONE\n{definition}END:VTIMEZONE\nEND:VCALENDAR"
    )
    assert rows(reading(moved, AUCKLAND)) == rows(reading(OUTLOOK, AUCKLAND))


# --- Odd but readable


def test_an_unknown_zone_is_told_and_the_calendars_own_is_used() -> None:
    named = {"DTSTART": "", "DTEND": "", "DTSTART;TZID=Mars/Olympus": "20260316T090000", "DURATION": "PT1H"}
    found = reading(calendar(event(**named)))
    assert rows(found) == [("03-16 08:00", "03-16 09:00", "Milan Member")]
    assert found.problems == (Problem(Trouble.UNKNOWN_ZONE, "Milan Member", "Mars/Olympus"),)


def test_an_unknown_zone_of_the_whole_calendar_is_told() -> None:
    found = reading(
        calendar(event(DTSTART="20260316T090000", DTEND="20260316T100000"), head="X-WR-TIMEZONE:Mars\n")
    )
    assert rows(found) == [("03-16 08:00", "03-16 09:00", "Milan Member")]
    assert found.problems == (Problem(Trouble.UNKNOWN_ZONE, "", "Mars"),)


def test_all_instances_have_a_uid_of_their_own_that_stays() -> None:
    weekly = calendar(event(RRULE="FREQ=WEEKLY;COUNT=3"))
    uids = [each.uid for each in reading(weekly).events]
    assert len(set(uids)) == 3
    moved = event(
        **{"DTSTART": "20260324T090000Z", "DTEND": "20260324T170000Z", "RECURRENCE-ID": "20260323T090000Z"}
    )
    again = reading(calendar(event(RRULE="FREQ=WEEKLY;COUNT=3"), moved))
    assert [each.uid for each in again.events] == uids
    assert again.events[1].start == at("2026-03-24T09:00")


def test_people_who_declined_are_not_among_the_attendees() -> None:
    lines = (
        "ATTENDEE;PARTSTAT=DECLINED:mailto:no@example.test\nATTENDEE:MAILTO:Yes@example.test\nATTENDEE:tel:+1"
    )
    found = reading(calendar(event() + lines + "\nORGANIZER:mailto:chief@example.test"))
    assert (found.events[0].attendees, found.events[0].organizer) == (
        ("yes@example.test",),
        "chief@example.test",
    )


def test_only_what_touches_the_window_is_read() -> None:
    old = event(uid="old", DTSTART="20200101T090000Z", DTEND="20200101T100000Z")
    edge = event(uid="edge", DTSTART="20260207T230000Z", DTEND="20260208T010000Z")
    before = event(uid="before", DTSTART="20260207T230000Z", DTEND="20260208T000000Z")
    far = event(uid="far", DTSTART="20270414T000000Z", DTEND="20270414T010000Z")
    assert [each.uid.split("/")[0] for each in reading(calendar(old, edge, before, far)).events] == ["edge"]


def test_unseen_characters_are_left_out_of_titles() -> None:
    assert reading(calendar(event("Mi\x00lan \u202eMember"))).events[0].title == "Milan Member"


def test_a_byte_order_mark_and_several_calendars_in_a_file_are_read() -> None:
    body = b"\xef\xbb\xbf" + calendar(event()) + calendar(event("Olga Owner", uid="2"))
    assert {each.title for each in reading(body).events} == {"Milan Member", "Olga Owner"}


# --- One bad event never costs the others


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ({"DTSTART": "", "DTEND": ""}, Trouble.NO_START),
        ({"DTSTART": "2026-03-16 09:00"}, Trouble.NO_START),
        ({"DTEND": ""}, Trouble.NO_LENGTH),
        ({"DTEND": "20260316T090000Z"}, Trouble.NO_LENGTH),
        ({"RRULE": "FREQ=SECONDLY"}, Trouble.TOO_OFTEN),
        ({"RRULE": "FREQ=MINUTELY;INTERVAL=5"}, Trouble.TOO_OFTEN),
        ({"RRULE": "FREQ=HOURLY"}, Trouble.TOO_OFTEN),
        ({"RRULE": "FREQ=DAILY;UNTIL=soon"}, Trouble.BROKEN),
        ({"RRULE": "FREQ=WEEKLY;BYDAY=XX"}, Trouble.BROKEN),
    ],
)
def test_a_bad_event_is_told_and_the_rest_is_read(lines: dict[str, str], expected: Trouble) -> None:
    found = reading(calendar(event("Bad", uid="bad", **lines), event()))
    assert [each.title for each in found.events] == ["Milan Member"]
    assert found.problems == (Problem(expected, "Bad"),)


def test_a_cancelled_series_is_left_out_with_its_instances() -> None:
    found = reading(calendar(event(RRULE="FREQ=DAILY;COUNT=9", STATUS="CANCELLED")))
    assert (found.events, found.problems) == ((), ())


# --- What is no calendar


def test_a_web_page_is_told_from_a_calendar() -> None:
    assert trouble(b"<!DOCTYPE html><html>Sign in</html>") is Trouble.WEB_PAGE


@pytest.mark.parametrize("body", [b"", b"hello", b'{"a": 1}', b"\x00\xff\xfe" * 9])
def test_other_things_are_not_calendars(body: bytes) -> None:
    assert trouble(body) is Trouble.NOT_A_CALENDAR


@pytest.mark.parametrize("cut", [0.3, 0.7, 0.98])
def test_half_a_calendar_is_not_taken_for_a_whole_one(cut: float) -> None:
    body = GOOGLE.encode()
    assert trouble(body[: int(len(body) * cut)]) is Trouble.BROKEN


def test_too_many_entries_are_refused_before_they_are_parsed() -> None:
    body = (
        b"BEGIN:VCALENDAR\r\n"
        + b"BEGIN:VEVENT\r\nEND:VEVENT\r\n" * (MOST_COMPONENTS + 1)
        + b"END:VCALENDAR\r\n"
    )
    assert trouble(body) is Trouble.TOO_MANY


def test_too_many_instances_are_refused() -> None:
    lines = {
        "DTSTART": "20260301T000000Z",
        "DTEND": "20260301T010000Z",
        "RRULE": "FREQ=DAILY;BYHOUR=0,6,12,18",
    }
    many = [event(uid=str(number), **lines) for number in range(4)]
    assert MOST_EVENTS < 4 * 4 * 400
    assert trouble(calendar(*many)) is Trouble.TOO_MANY


def test_fifty_thousand_events_are_refused_at_once() -> None:
    body = calendar(*(f"UID:{n}\nDTSTART:20260316T090000Z\nDURATION:PT1H\nSUMMARY:A" for n in range(50_000)))
    started = time.monotonic()
    with pytest.raises(Unreadable) as refused:
        read_apart(body, WINDOW, BERLIN)
    assert refused.value.trouble is Trouble.TOO_MANY
    assert time.monotonic() - started < 10


# --- In a process of its own


def test_the_other_process_says_the_same() -> None:
    for sample in (GOOGLE, OUTLOOK, APPLE):
        assert read_apart(sample.encode(), WINDOW, AUCKLAND) == reading(sample, AUCKLAND)


def test_the_other_process_says_what_is_no_calendar() -> None:
    with pytest.raises(Unreadable) as refused:
        read_apart(b"<html>", WINDOW, BERLIN)
    assert refused.value.trouble is Trouble.WEB_PAGE


@pytest.mark.parametrize("rule", ["FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "FREQ=DAILY;INTERVAL=0"])
def test_a_rule_that_never_ends_costs_only_its_own_event(rule: str) -> None:
    found = read_apart(calendar(event("Never", uid="never", RRULE=rule), event()), WINDOW, BERLIN)
    assert [each.title for each in found.events] == ["Milan Member"]
    assert found.problems == (Problem(Trouble.TOO_SLOW, "Never"),)


def test_a_few_such_rules_end_the_reading() -> None:
    body = calendar(*(event(uid=str(n), RRULE="FREQ=DAILY;INTERVAL=0") for n in range(50)))
    started = time.monotonic()
    with pytest.raises(Unreadable) as refused:
        read_apart(body, WINDOW, BERLIN)
    assert refused.value.trouble is Trouble.TOO_SLOW
    assert time.monotonic() - started < 10


def test_reading_ends_when_its_time_is_over() -> None:
    body = calendar(event(RRULE="FREQ=DAILY;INTERVAL=0"))
    with pytest.raises(Unreadable) as refused:
        read_apart(body, WINDOW, BERLIN, seconds=0.6)
    assert refused.value.trouble is Trouble.TOO_SLOW


def test_the_other_process_knows_no_secrets_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    given: dict[str, object] = {}
    run = subprocess.run

    def watched(*args: object, **kwargs: object) -> object:
        given.update(kwargs)
        return run(*args, **kwargs)  # type: ignore[call-overload]

    monkeypatch.setattr("oncall.calendars.apart.subprocess.run", watched)
    read_apart(calendar(event()), WINDOW, BERLIN)
    assert given["env"] == {"LC_ALL": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"}
