"""What the templates make: all hours covered in any zone, by the people in their order."""

from datetime import date, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import User
from lib.intervals import Interval, load_zone, to_instant
from oncall import coverage
from oncall.drafts import Refused, computed
from oncall.rotation import Segment
from oncall.suns import groups_by_zone, windows_of
from oncall.templates_of_rotas import BY_KEY, TEMPLATES

ZONES = (
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "Pacific/Chatham",
    "Africa/Casablanca",
    "Antarctica/Troll",
)
MANY_ZONES = (*ZONES, "Asia/Tokyo", "Pacific/Apia", "America/Anchorage")
# Weeks in which clocks change somewhere, and one without.
MONDAYS = tuple(
    datetime.combine(date(2026, month, day), time(9)) for month, day in ((3, 2), (3, 23), (10, 19), (6, 1))
)
EIGHT_WEEKS = timedelta(weeks=8)


def crew(*zones: str) -> list[User]:
    """People who are stored nowhere; a template asks only for their zone and id."""
    return [User(pk=number, name=f"P{number}", time_zone=zone) for number, zone in enumerate(zones, 1)]


FAR = crew("Europe/Oslo", "America/New_York", "Asia/Tokyo", "Europe/Paris", "Asia/Seoul")


def final(key: str, people: list[User], zone: str, first: datetime) -> list[Segment]:
    start = to_instant(first, load_zone(zone))
    layers = computed(BY_KEY[key].drafts(people, zone, first), zone, start)
    return coverage.final(coverage.Schedule(layers), Interval(start, start + EIGHT_WEEKS))


@pytest.mark.parametrize("first", MONDAYS)
@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("key", [template.key for template in TEMPLATES])
def test_every_template_covers_every_hour_of_eight_weeks(key: str, zone: str, first: datetime) -> None:
    segments = final(key, FAR, zone, first)
    start = to_instant(first, load_zone(zone))
    assert (segments[0].start, segments[-1].end) == (start, start + EIGHT_WEEKS)
    assert all(before.end == after.start for before, after in pairwise(segments))
    assert {person for each in segments for person in each.people} == {person.pk for person in FAR}


def test_weeks_go_to_the_people_in_their_order() -> None:
    segments = final("weekly", FAR, "Europe/Berlin", MONDAYS[0])
    assert [each.people for each in segments[:6]] == [(1,), (2,), (3,), (4,), (5,), (1,)]


def test_a_day_each_changes_at_the_same_wall_time_when_clocks_change() -> None:
    segments = final("daily", FAR[:2], "Europe/Berlin", datetime(2026, 3, 28, 9))  # noqa: DTZ001 - local time
    zone = load_zone("Europe/Berlin")
    assert {each.start.astimezone(zone).time() for each in segments} == {time(9)}
    assert segments[0].end - segments[0].start == timedelta(hours=23)


def test_the_secondary_of_a_week_is_the_primary_of_the_next() -> None:
    segments = final("two_at_a_time", FAR, "UTC", MONDAYS[0])
    assert all(before.secondary == after.people for before, after in pairwise(segments))
    assert all(each.secondary for each in segments)


@pytest.mark.parametrize("key", ["weeks_and_weekends", "days_and_weekends"])
def test_a_weekend_is_one_turn_of_somebody_else(key: str) -> None:
    zone = load_zone("Europe/Berlin")
    segments = final(key, FAR, "Europe/Berlin", MONDAYS[1])
    weekends = [each for each in segments if each.start.astimezone(zone).weekday() == 5]
    assert {each.start.astimezone(zone).time() for each in weekends} == {time(9)}
    assert {each.end.astimezone(zone).weekday() for each in weekends} == {0}
    assert [each.people[0] for each in weekends] == [3, 4, 5, 1, 2, 3, 4, 5]


def test_weekends_cost_nobody_a_weekday() -> None:
    segments = final("days_and_weekends", FAR, "UTC", MONDAYS[3])
    weekdays = [each.people[0] for each in segments if each.start.weekday() < 5]
    assert weekdays[:12] == [1, 2, 3, 4, 5, 1, 2, 3, 4, 5, 1, 2]


def test_the_sun_is_followed_from_nine_to_the_next_groups_nine() -> None:
    people = crew("Europe/Oslo", "America/New_York", "Asia/Tokyo", "Europe/Paris")
    groups = groups_by_zone(people, {}, MONDAYS[3])
    assert {tuple(person.pk for person in group) for group in groups} == {(1, 4), (2,), (3,)}
    hours = [(each.name, each.start, each.length) for each in windows_of(groups, "UTC", MONDAYS[3])]
    assert hours == [
        ("Tokyo", time(0), timedelta(hours=7)),
        ("Oslo, Paris", time(7), timedelta(hours=6)),
        ("New York", time(13), timedelta(hours=11)),
    ]


def test_two_groups_share_the_night_fairly_enough() -> None:
    groups = groups_by_zone(crew("Europe/Oslo", "America/New_York"), {}, MONDAYS[3])
    hours = {each.name: (each.start, each.length) for each in windows_of(groups, "Europe/Oslo", MONDAYS[3])}
    assert hours == {
        "Oslo": (time(7), timedelta(hours=8)),
        "New York": (time(15), timedelta(hours=16)),
    }


def test_groups_by_hand_go_before_zones_and_share_the_day_where_they_would_begin_at_once() -> None:
    people = crew("Europe/Oslo", "Europe/Oslo", "Europe/Oslo")
    groups = groups_by_zone(people, {1: 1, 2: 2, 3: 3}, MONDAYS[3])
    hours = [(each.start, each.length) for each in windows_of(groups, "Europe/Oslo", MONDAYS[3])]
    assert hours == [
        (time(1), timedelta(hours=8)),
        (time(9), timedelta(hours=8)),
        (time(17), timedelta(hours=8)),
    ]


@given(st.lists(st.sampled_from(MANY_ZONES), min_size=2, max_size=9))
def test_whoever_they_are_the_hours_of_all_groups_are_one_day(zones: list[str]) -> None:
    try:
        groups = groups_by_zone(crew(*zones), {}, MONDAYS[3])
    except Refused:
        return  # they are too near to each other, which another test is about
    hours = windows_of(groups, "Asia/Kathmandu", MONDAYS[3])
    assert sum((each.length for each in hours), timedelta(0)) == timedelta(days=1)
    assert all(timedelta(0) < each.length <= timedelta(hours=24) for each in hours)
    assert sum(len(each.people) for each in hours) == len(zones)


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.key)
def test_too_few_people_are_told_so(template: object) -> None:
    assert isinstance(template, type(TEMPLATES[0]))
    with pytest.raises(Refused) as caught:
        template.drafts(FAR[: template.least - 1], "UTC", MONDAYS[0])
    assert caught.value.field == "people"


def test_people_of_one_zone_cannot_follow_the_sun_by_themselves() -> None:
    with pytest.raises(Refused, match="by hand"):
        BY_KEY["follow_the_sun"].drafts(crew("Europe/Oslo", "Europe/London"), "UTC", MONDAYS[0])
