"""Whom the titles of events mean."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from oncall.calendars.events import Event, Trouble
from oncall.calendars.people import Directory, Known, shifts

START, END = datetime(2026, 3, 16, 9, tzinfo=UTC), datetime(2026, 3, 23, 9, tzinfo=UTC)
ADA, BOB, CY, DEE, DOE, VERA = 1, 2, 3, 4, 5, 6
PEOPLE = Directory(
    [
        Known(ADA, "Ada Byron", "ada@example.test"),
        Known(BOB, "Bob Noyce", "bob@example.test"),
        Known(CY, "Cy O’Brien-Smith", "c.obrien@example.test"),
        Known(DEE, "Dee Twin", "dee@example.test"),
        Known(DOE, "Dee Twin", "doe@example.test"),
        Known(VERA, "Vera Viewer", "vera@example.test", can_respond=False),
    ]
)


def read(title: str, **fields: object) -> tuple[list[tuple[int, int]], list[tuple[Trouble, str]]]:
    """Person and level of each shift; trouble and detail of each problem."""
    found, problems = shifts([Event("1", START, END, title, **fields)], PEOPLE)  # type: ignore[arg-type]
    return [(each.person, each.level) for each in found], [(each.trouble, each.detail) for each in problems]


@pytest.mark.parametrize(
    ("title", "people"),
    [
        ("Ada Byron", [(ADA, 0)]),
        ("  ada   BYRON ", [(ADA, 0)]),
        ("ada@example.test", [(ADA, 0)]),
        ("ADA", [(ADA, 0)]),
        ("[L2] bob", [(BOB, 2)]),
        ("[l 10] Bob Noyce", [(BOB, 10)]),
        ("Byron, Ada", [(ADA, 0)]),
        ("Ada Byron, bob@example.test", [(ADA, 0), (BOB, 0)]),
        ("Ada Byron & Bob Noyce and c.obrien", [(ADA, 0), (BOB, 0), (CY, 0)]),
        ("On call: Ada Byron", [(ADA, 0)]),
        ("On call: Payments primary — Ada Byron", [(ADA, 0)]),
        ("Ada Byron - on call", [(ADA, 0)]),
        ("Payments | Cy O’Brien-Smith", [(CY, 0)]),
        ("Ada Byron: covered by – Bob Noyce", [(BOB, 0)]),
        ("[L1] Payments: Ada, Bob", [(ADA, 1), (BOB, 1)]),
        ("dee@example.test", [(DEE, 0)]),
    ],
)
def test_titles_name_people_in_many_ways(title: str, people: list[tuple[int, int]]) -> None:
    assert read(title) == (people, [])


def test_a_title_that_names_nobody_is_told() -> None:
    assert read("Team lunch") == ([], [(Trouble.NOBODY, "")])
    assert read("") == ([], [(Trouble.NOBODY, "")])


def test_whoever_is_known_counts_beside_one_who_is_not() -> None:
    assert read("Ada Byron, Zoe") == ([(ADA, 0)], [(Trouble.NOBODY, "Zoe")])


def test_two_of_the_same_name_are_not_guessed_between() -> None:
    assert read("Dee Twin") == ([], [(Trouble.SEVERAL, "Dee Twin")])


def test_viewers_and_people_who_left_are_told_by_name() -> None:
    assert read("On call: Vera Viewer") == ([], [(Trouble.NOT_A_RESPONDER, "Vera Viewer")])


def test_attendees_count_when_the_title_names_nobody() -> None:
    fields = {"attendees": ("room@example.test", "bob@example.test"), "organizer": "ada@example.test"}
    assert read("Payments on call", **fields) == ([(BOB, 0)], [])
    assert read("Ada Byron", **fields) == ([(ADA, 0)], [])


def test_the_organizer_counts_when_no_attendee_is_known() -> None:
    assert read("[L3] Payments", attendees=("x@y.test",), organizer="ada@example.test") == ([(ADA, 3)], [])


@pytest.mark.parametrize("role", ["secondary", "shadow"])
def test_secondaries_of_a_calendar_of_our_own_are_not_read_as_on_call(role: str) -> None:
    assert read("Secondary: Payments — Ada Byron", role=role) == ([], [])
    assert read("On call: Payments — Ada Byron", role="primary") == ([(ADA, 0)], [])
