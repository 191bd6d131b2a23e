"""Changing a schedule in the browser: what changes is shown before it is saved, and can be undone after."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from accounts.models import Team, User
from oncall.models import Override, Schedule
from oncall.queries import who_is_on_call
from tests.making import NOW, make_schedule, make_user
from tests.oncall.forms import Form, press

Browser = Callable[[User], Client]
HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(weeks=1)


@pytest.fixture(autouse=True)
def _standing_clock() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def rota(team: Team, owner: User, member: User) -> Schedule:
    """Weekly in Berlin, `owner` in even weeks; in the week of NOW it is `member`."""
    return make_schedule(team, (owner, member), name="Payments primary", zone="Europe/Berlin")


def path(schedule: Schedule, page: str = "edit/") -> str:
    return f"/oncall/schedules/{schedule.pk}/{page}"


def opened(browser: Client, schedule: Schedule) -> Form:
    return Form(browser.get(path(schedule)).content.decode())


def asked(browser: Client, schedule: Schedule, button: str = "review", **values: Any) -> Any:
    return press(browser, opened(browser, schedule).pressed(button, **values), path(schedule))


def swapped(owner: User, member: User) -> dict[str, Any]:
    return {"layer-0-people": [member.pk, owner.pk, ""]}


def test_the_page_of_an_edit_shows_the_eight_weeks_at_once(
    browser_of: Browser, owner: User, rota: Schedule
) -> None:
    answer = browser_of(owner).get(path(rota))
    assert answer.context["outlook"].handoffs == 8
    text = answer.content.decode()
    assert "Review and save" in text
    assert 'value="save"' not in text


def test_a_review_says_whose_time_becomes_whose_and_stores_nothing(
    browser_of: Browser, owner: User, member: User, rota: Schedule
) -> None:
    before = who_is_on_call([rota.pk], NOW)
    answer = asked(browser_of(owner), rota, **swapped(owner, member))
    review, text = answer.context["review"], answer.content.decode()
    assert "Mon 16 Mar 09:00 – Mon 23 Mar 09:00" in text
    first = review.told[0]
    assert [(each.old, each.new) for each in review.told[:2]] == [
        (first.old, first.new),
        (first.new, first.old),
    ]
    assert {first.old, first.new} == {(owner,), (member,)}
    assert (first.start, first.end) == (NOW, NOW.replace(day=16, hour=8))
    assert review.gaps == ()
    assert who_is_on_call([rota.pk], NOW) == before
    assert rota.layers.count() == 1
    assert not rota.revisions.exists()


def test_a_reviewed_change_is_saved_as_it_was_reviewed(
    browser_of: Browser, owner: User, member: User, rota: Schedule
) -> None:
    browser = browser_of(owner)
    (now,) = who_is_on_call([rota.pk], NOW)[rota.pk]
    answer = asked(browser, rota, **swapped(owner, member))
    form = Form(answer.content.decode(), id="review-form")
    assert form.buttons == ["save", "edit"]
    saved = press(browser, form.pressed("save"), path(rota))
    assert saved.headers["Location"] == path(rota, "")
    (after,) = who_is_on_call([rota.pk], NOW)[rota.pk]
    assert {now, after} == {owner.pk, member.pk}
    (earlier,) = who_is_on_call([rota.pk], NOW - HOUR)[rota.pk]
    assert earlier == now


def test_who_goes_on_editing_finds_what_was_typed(
    browser_of: Browser, owner: User, member: User, rota: Schedule
) -> None:
    browser = browser_of(owner)
    answer = asked(browser, rota, name="Renamed", **swapped(owner, member))
    form = Form(answer.content.decode(), id="review-form")
    back = press(browser, form.pressed("edit"), path(rota)).content.decode()
    data = Form(back).data
    assert data["name"] == "Renamed"
    assert data.getlist("layer-0-people") == [str(member.pk), str(owner.pk), ""]
    assert "field-error" not in back


def test_a_review_of_nothing_says_so_and_offers_no_save(
    browser_of: Browser, owner: User, rota: Schedule
) -> None:
    answer = asked(browser_of(owner), rota)
    assert "Nothing changes" in answer.content.decode()
    assert Form(answer.content.decode(), id="review-form").buttons == ["edit"]


def test_a_review_of_a_name_says_that_nobody_is_touched(
    browser_of: Browser, owner: User, rota: Schedule
) -> None:
    text = asked(browser_of(owner), rota, name="Renamed", warns_of_gaps="").content.decode()
    assert "nothing changes for anybody" in text
    assert "Payments primary" in text
    assert "Renamed" in text


def test_new_gaps_and_hours_are_told(browser_of: Browser, owner: User, member: User, rota: Schedule) -> None:
    answer = asked(browser_of(owner), rota, **{"layer-0-ends_at": "2026-03-23T09:00"})
    review, text = answer.context["review"], answer.content.decode()
    assert "A new gap of" in text
    assert {gain.person for gain in review.gains} == {owner, member}
    assert all(not gain.is_more for gain in review.gains)
    assert review.told[-1].is_gap


def test_an_override_counts_before_and_after(
    browser_of: Browser, owner: User, member: User, rota: Schedule
) -> None:
    stand_in = make_user("Stand In")
    Override.objects.create(
        schedule=rota, user=stand_in, starts_at=NOW, ends_at=NOW + 4 * WEEK, created_at=NOW
    )
    review = asked(browser_of(owner), rota, **swapped(owner, member)).context["review"]
    assert review.told[0].start == NOW + 4 * WEEK


def test_a_change_of_roles_is_told_of_the_secondary(
    browser_of: Browser, owner: User, member: User, rota: Schedule
) -> None:
    more: dict[str, Any] = {
        "layer-count": 2,
        "layer-1-id": "",
        "layer-1-people": [owner.pk],
        "layer-1-role": "secondary",
        "layer-1-turn_length": 1,
        "layer-1-turn_unit": "weeks",
        "layer-1-first_date": "2026-03-09",
        "layer-1-first_time": "09:00",
    }
    answer = asked(browser_of(owner), rota, **more)
    assert all(each.is_secondary for each in answer.context["review"].told)
    assert "as secondary" in answer.content.decode()


@pytest.mark.parametrize("button", ["review", "save"])
@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"layer-0-people": ""}, "people"),
        ({"layer-0-turn_length": "0"}, "turn_length"),
        ({"layer-0-role": "boss"}, "role"),
        ({"layer-0-skip_weekdays": [0, 1, 2, 3, 4, 5, 6]}, "skip_weekdays"),
        ({"layer-0-skip_weekdays": ["7"]}, "skip_weekdays"),
        ({"layer-0-skip_weekdays": ["5"], "layer-0-turn_unit": "hours"}, "skip_weekdays"),
        ({"layer-0-skip_holidays": "ZZ"}, "skip_holidays"),
        ({"layer-0-skip_holidays": "DE-ZZ"}, "skip_holidays"),
        ({"layer-0-skip_holidays": "<script>"}, "skip_holidays"),
        ({"layer-0-skip_dates": "2026-02-30"}, "skip_dates"),
        ({"layer-0-skip_dates": "tomorrow"}, "skip_dates"),
        ({"layer-0-skip_dates": "0001-01-01"}, "skip_dates"),
        ({"layer-0-skip_dates": "2026-01-01 " * 1000}, "skip_dates"),
        ({"layer-0-ends_at": "2026-03-01T00:00"}, "ends_at"),
        ({"layer-0-ends_at": "2025-03-01T00:00"}, "ends_at"),
        ({"time_zone": "Mars/Phobos"}, "time_zone"),
        ({"name": ""}, "name"),
        ({"seen": "x"}, "seen"),
    ],
)
def test_what_is_wrong_stands_on_its_field_and_nothing_is_saved_half(
    browser_of: Browser, owner: User, rota: Schedule, button: str, values: dict[str, Any], field: str
) -> None:
    rows = list(rota.layers.values())
    answer = asked(browser_of(owner), rota, button, **{"description": "typed", **values})
    editor = answer.context["editor"]
    assert field in {**editor.form.errors, **editor.layers[0].errors}
    assert editor.form["description"].value() == "typed"
    rota.refresh_from_db()
    assert rota.description == ""
    assert list(rota.layers.values()) == rows
    assert not rota.revisions.exists()


def test_days_without_duty_are_stored_shown_and_named_ahead(
    browser_of: Browser, owner: User, rota: Schedule
) -> None:
    browser = browser_of(owner)
    values = {
        "layer-0-skip_weekdays": [5, 6],
        "layer-0-skip_holidays": "de-by",
        "layer-0-skip_dates": "2026-03-20, 2026-03-19; 2026-03-19",
    }
    asked(browser, rota, "save", **values)
    layer = rota.layers.current().get()
    assert (layer.skip_weekdays, layer.skip_holidays) == ([5, 6], "DE-BY")
    assert layer.skip_dates == ["2026-03-19", "2026-03-20"]
    answer = browser.get(path(rota))
    assert "Good Friday" in answer.content.decode()
    data = Form(answer.content.decode()).data
    assert data["layer-0-skip_dates"] == "2026-03-19, 2026-03-20"
    assert not asked(browser, rota).context["is_change"]


def test_an_unchanged_save_keeps_the_rows_whatever_the_seconds(
    browser_of: Browser, owner: User, rota: Schedule
) -> None:
    odd = NOW - WEEK + timedelta(seconds=17, microseconds=5)
    rota.layers.update(starts_at=odd, ends_at=NOW + WEEK + timedelta(seconds=3))
    rows = list(rota.layers.values())
    asked(browser_of(owner), rota, "save")
    assert list(rota.layers.values()) == rows


def test_who_saves_what_somebody_else_has_changed_is_told(
    browser_of: Browser, owner: User, admin: User, rota: Schedule
) -> None:
    browser = browser_of(owner)
    form = opened(browser, rota)
    asked(browser_of(admin), rota, "save", name="Theirs")
    text = press(browser, form.pressed("save", name="Mine"), path(rota)).content.decode()
    assert "Ada Admin has changed this schedule" in text
    rota.refresh_from_db()
    assert rota.name == "Theirs"


# --- Undo


def test_the_last_change_is_undone_by_its_button_and_done_again(
    browser_of: Browser, owner: User, rota: Schedule
) -> None:
    browser = browser_of(owner)
    asked(browser, rota, "save", name="Renamed")
    for name, words in (("Payments primary", "Undo"), ("Renamed", "Do it again")):
        text = browser.get(path(rota)).content.decode()
        assert words in text
        form = Form(text, id="undo-form")
        answer = browser.post(path(rota, "undo/"), form.data.dict(), follow=True)
        assert "Undone" in answer.content.decode()
        rota.refresh_from_db()
        assert rota.name == name


def test_undoing_another_change_than_the_shown_one_is_refused(
    browser_of: Browser, owner: User, admin: User, rota: Schedule
) -> None:
    asked(browser_of(owner), rota, "save", name="Mine")
    asked(browser_of(admin), rota, "save", name="Theirs")
    text = browser_of(owner).post(path(rota, "undo/"), {"number": "1"}, follow=True).content.decode()
    assert "Ada Admin has changed" in text
    for number in ("x", "", "9" * 40, "-1", "²"):
        assert browser_of(owner).post(path(rota, "undo/"), {"number": number}).status_code == 302


def test_review_and_undo_are_for_managers_and_admins(
    browser_of: Browser, rota: Schedule, member: User, stranger: User, viewer: User, admin: User
) -> None:
    for person in (member, stranger, viewer):
        browser = browser_of(person)
        assert browser.post(path(rota, "undo/")).status_code == 404
        assert browser.post(path(rota), {"do": "review"}).status_code == 404
    assert browser_of(admin).get(path(rota, "undo/")).status_code == 405
    assert browser_of(admin).post(path(rota, "undo/"), follow=True).status_code == 200
