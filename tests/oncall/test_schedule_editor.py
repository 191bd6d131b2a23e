"""The editor of a schedule in the browser: making, changing, looking ahead, deleting; by owner, member, stranger."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from accounts.models import Team, User
from oncall.models import EscalationPolicy, Override, Schedule
from oncall.queries import who_is_on_call
from tests.making import NOW

Browser = Callable[[User], Client]
HTML = "<script>alert(1)</script>"


@pytest.fixture(autouse=True)
def _standing_clock() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def typed(team: Team, *people: User, **values: Any) -> dict[str, Any]:
    """What the browser sends for a schedule with one weekly layer."""
    return {
        "do": "save",
        "team": team.pk,
        "name": "Night",
        "description": "",
        "time_zone": "Europe/Berlin",
        "layer-count": "1",
        "layer-0-id": "",
        "layer-0-name": "",
        "layer-0-people": [*(str(each.pk) for each in people), ""],
        "layer-0-turn_length": "1",
        "layer-0-turn_unit": "weeks",
        "layer-0-first_date": "2026-03-09",
        "layer-0-first_time": "09:00",
        "layer-0-starts_at": "",
        "layer-0-ends_at": "",
        **values,
    }


def test_a_manager_makes_a_schedule(browser_of: Browser, owner: User, member: User, team: Team) -> None:
    answer = browser_of(owner).post("/oncall/schedules/new/", typed(team, member, owner))
    schedule = Schedule.objects.get()
    assert answer.headers["Location"] == f"/oncall/schedules/{schedule.pk}/"
    assert who_is_on_call([schedule.pk], NOW) == {schedule.pk: (member.pk,)}


def test_making_and_changing_is_for_managers_and_admins(
    browser_of: Browser,
    schedule: Schedule,
    team: Team,
    member: User,
    stranger: User,
    viewer: User,
    admin: User,
) -> None:
    path = f"/oncall/schedules/{schedule.pk}/"
    for person in (member, stranger, viewer):
        for page in ("edit/", "preview/", "delete/"):
            assert browser_of(person).post(path + page, typed(team, member)).status_code == 404
    for person in (member, viewer):
        assert browser_of(person).get("/oncall/schedules/new/").status_code == 404
        assert browser_of(person).post("/oncall/schedules/new/", typed(team, member)).status_code == 404
    assert browser_of(admin).get(f"{path}edit/").status_code == 200


def test_a_manager_makes_no_schedule_for_a_team_that_is_not_theirs(
    browser_of: Browser, stranger: User, other_team: Team, team: Team
) -> None:
    answer = browser_of(stranger).post("/oncall/schedules/new/", typed(team, stranger))
    assert "team" in answer.context["editor"].form.errors
    assert not Schedule.objects.exists()


def test_windows_are_stored_and_shown_as_they_were_typed(
    browser_of: Browser, owner: User, team: Team
) -> None:
    windows = {
        "layer-0-windows-day": ["weekdays", "5", "daily", "daily"],
        "layer-0-windows-start": ["22:00", "18:00", "00:00", ""],
        "layer-0-windows-until_day": ["", "0", "", ""],
        "layer-0-windows-until": ["06:00", "08:00", "00:00", ""],
    }
    browser = browser_of(owner)
    browser.post("/oncall/schedules/new/", typed(team, owner, **windows))
    layer = Schedule.objects.get().layers.get()
    stored = {(each.weekday, each.start, each.duration) for each in layer.restrictions.all()}
    assert stored == {
        *((day, time(22), timedelta(hours=8)) for day in range(5)),
        (5, time(18), timedelta(hours=38)),
        (None, time(0), timedelta(days=1)),
    }
    form = browser.get(f"/oncall/schedules/{layer.schedule_id}/edit/").context["editor"].layers[0]
    assert {tuple(row) for row in form.window_rows} == {
        ("weekdays", "22:00", "", "06:00"),
        ("5", "18:00", "0", "08:00"),
        ("daily", "00:00", "", "00:00"),
    }


def test_saving_what_the_editor_shows_changes_nothing(browser_of: Browser, owner: User, team: Team) -> None:
    browser = browser_of(owner)
    browser.post("/oncall/schedules/new/", typed(team, owner, **{"layer-0-ends_at": "2026-06-01T08:30"}))
    schedule = Schedule.objects.get()
    (layer,) = browser.get(f"/oncall/schedules/{schedule.pk}/edit/").context["editor"].layers
    before = schedule.layers.values().get()
    again = typed(team, owner, **{
        "layer-0-id": layer["id"].value(),
        "layer-0-starts_at": f"{layer['starts_at'].value():%Y-%m-%dT%H:%M}",
        "layer-0-ends_at": f"{layer['ends_at'].value():%Y-%m-%dT%H:%M}",
    })  # fmt: skip
    assert browser.post(f"/oncall/schedules/{schedule.pk}/edit/", again).status_code == 302
    assert schedule.layers.values().get() == before
    assert before["ends_at"] == datetime(2026, 6, 1, 6, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 10_000}, "name"),
        ({"name": "two\nlines"}, "name"),
        ({"time_zone": "Mars/Phobos"}, "time_zone"),
        ({"layer-0-people": [""]}, "people"),
        ({"layer-0-people": ["999999"]}, "people"),
        ({"layer-0-people": ["1; drop table"]}, "people"),
        ({"layer-0-turn_length": "0"}, "turn_length"),
        ({"layer-0-turn_length": "99999999999999999999"}, "turn_length"),
        ({"layer-0-turn_unit": "fortnights"}, "turn_unit"),
        ({"layer-0-first_date": "2026-02-30"}, "first_date"),
        ({"layer-0-first_date": "0001-01-01"}, "first_date"),
        ({"layer-0-first_time": "25:00"}, "first_time"),
        ({"layer-0-starts_at": "2026-05-01T00:00", "layer-0-ends_at": "2026-04-01T00:00"}, "ends_at"),
        ({"layer-0-ends_at": "soon"}, "ends_at"),
        ({"layer-0-windows-day": ["daily"], "layer-0-windows-start": ["09:00"]}, "windows"),
        (
            {
                "layer-0-windows-day": ["daily"],
                "layer-0-windows-start": ["09:00"],
                "layer-0-windows-until": ["09:00"],
            },
            "windows",
        ),
        (
            {
                "layer-0-windows-day": ["weekdays"],
                "layer-0-windows-start": ["09:00"],
                "layer-0-windows-until_day": ["4"],
                "layer-0-windows-until": ["10:00"],
            },
            "windows",
        ),
        (
            {
                "layer-0-windows-day": ["6"],
                "layer-0-windows-start": ["09:00"],
                "layer-0-windows-until": ["10:00"],
                "layer-0-ends_at": "2026-03-12T00:00",
            },
            "windows",
        ),
    ],
)
def test_bad_input_keeps_what_was_typed_and_says_what_is_wrong(
    browser_of: Browser, owner: User, team: Team, values: dict[str, Any], field: str
) -> None:
    answer = browser_of(owner).post("/oncall/schedules/new/", typed(team, owner, **values))
    editor = answer.context["editor"]
    assert answer.status_code == 200
    assert field in {**editor.form.errors, **editor.layers[0].errors}
    assert "field-error" in answer.content.decode()
    assert editor.form["time_zone"].value() == values.get("time_zone", "Europe/Berlin")
    assert not Schedule.objects.exists()


def test_html_in_every_field_stays_text(browser_of: Browser, owner: User, team: Team) -> None:
    browser = browser_of(owner)
    owner.name = HTML
    owner.save(update_fields=["name"])
    browser.post(
        "/oncall/schedules/new/",
        typed(team, owner, name=HTML, description=HTML, **{"layer-0-name": HTML}),
    )
    schedule = Schedule.objects.get()
    Override.objects.create(
        schedule=schedule,
        user=owner,
        starts_at=NOW,
        ends_at=NOW + timedelta(days=1),
        reason=HTML,
        created_at=NOW,
    )
    path = f"/oncall/schedules/{schedule.pk}/"
    for page in ("/oncall/", "/oncall/schedules/", path, f"{path}edit/", f"{path}overrides/new/"):
        text = browser.get(page).content.decode()
        assert "<script>alert" not in text
        assert "&lt;script&gt;alert" in text


def test_rows_are_added_moved_and_removed_without_script_and_nothing_is_stored(
    browser_of: Browser, owner: User, member: User, team: Team
) -> None:
    browser = browser_of(owner)

    def press(command: str, data: dict[str, Any]) -> Any:
        answer = browser.post("/oncall/schedules/new/", {**data, "do": command})
        assert answer.status_code == 200
        assert "field-error" not in answer.content.decode()
        return answer.context["editor"]

    data = typed(team, owner, member)
    assert len(press("layer:add", data).layers) == 2
    assert press("layer:0:people:1:up", data).layers[0].people_rows == [str(member.pk), str(owner.pk), ""]
    assert press("layer:0:people:0:remove", data).layers[0].people_rows == [str(member.pk), ""]
    assert len(press("layer:0:windows:add", data).layers[0].window_rows) == 1
    assert press("layer:0:remove", data).layers == []
    for nonsense in ("layer:99:up", "layer:0:people:99:up", "layer", "x:y:z", "layer:0:0:0:0", "layer:²:up"):
        assert len(press(nonsense, data).layers) == 1
    assert not Schedule.objects.exists()


def test_a_moved_layer_takes_all_that_is_in_it_along(browser_of: Browser, owner: User, team: Team) -> None:
    data = typed(team, owner) | {
        "layer-count": "2",
        "layer-1-name": "Upper",
        "layer-1-people": [str(owner.pk)],
        "layer-1-windows-day": ["weekend"],
        "layer-1-windows-start": ["10:00"],
        "layer-1-windows-until": ["11:00"],
        "layer-1-windows-until_day": [""],
        "do": "layer:1:up",
    }
    first, second = browser_of(owner).post("/oncall/schedules/new/", data).context["editor"].layers
    assert first["name"].value() == "Upper"
    assert [tuple(row) for row in first.window_rows] == [("weekend", "10:00", "", "11:00")]
    assert second["first_time"].value() == "09:00"


def test_the_preview_shows_what_is_typed_and_stores_nothing(
    browser_of: Browser, owner: User, member: User, team: Team
) -> None:
    browser = browser_of(owner)
    data = typed(team, owner, member, name="")
    text = browser.post("/oncall/schedules/preview/", data).content.decode()
    assert "Milan Member" in text
    assert "Mon 16 Mar, 09:00" in text or "16 Mar" in text
    whole = browser.post("/oncall/schedules/new/", {**data, "do": "preview"})
    assert [share.person for share in whole.context["outlook"].shares] == [member, owner]
    assert (
        "Fill in the zone"
        in browser.post(
            "/oncall/schedules/preview/", typed(team, **{"layer-0-people": [""]})
        ).content.decode()
    )
    assert not Schedule.objects.exists()


def test_the_preview_says_when_nobody_would_be_paged(browser_of: Browser, owner: User, team: Team) -> None:
    data = typed(team, owner, **{"layer-0-ends_at": "2026-03-20T00:00"})
    text = browser_of(owner).post("/oncall/schedules/preview/", data).content.decode()
    assert "One gap of" in text
    assert "Fri 20 Mar 00:00 – Tue 5 May" in text


def test_somebody_who_left_is_shown_in_the_editor_and_refused_by_name(
    browser_of: Browser, owner: User, member: User, schedule: Schedule, team: Team
) -> None:
    member.is_active = False
    member.save(update_fields=["is_active"])
    browser = browser_of(owner)
    path = f"/oncall/schedules/{schedule.pk}/edit/"
    assert "Cannot be paged any more" in browser.get(path).content.decode()
    answer = browser.post(path, typed(team, member, **{"layer-0-id": schedule.layers.get().pk}))
    assert "Milan Member cannot be paged" in answer.content.decode()


def test_a_schedule_is_deleted_unless_a_policy_pages_it(
    browser_of: Browser, owner: User, schedule: Schedule, policy: EscalationPolicy
) -> None:
    browser, path = browser_of(owner), f"/oncall/schedules/{schedule.pk}/"
    assert policy.name in browser.post(f"{path}delete/", follow=True).content.decode()
    policy.delete()
    assert browser.post(f"{path}delete/").headers["Location"] == "/oncall/schedules/"
    assert browser.get(path).status_code == 404
