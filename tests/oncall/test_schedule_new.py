"""A schedule from people and a template, by buttons alone as a browser without script sends them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.http import QueryDict
from django.test import Client

from accounts.models import Team, User
from oncall.models import Schedule
from oncall.queries import final_schedule, who_is_on_call
from oncall.templates_of_rotas import TEMPLATES
from tests.making import NOW, make_team, make_user
from tests.oncall import forms as sent
from tests.oncall.forms import Form

Browser = Callable[[User], Client]
NEW = "/oncall/schedules/new/"


@pytest.fixture(autouse=True)
def _standing_clock() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def press(browser: Client, data: QueryDict) -> Any:
    return sent.press(browser, data, NEW)


def opened(browser: Client) -> Form:
    return Form(browser.get(NEW).content.decode())


@pytest.fixture
def crew(team: Team, owner: User, member: User) -> list[User]:
    """Five people of the team, in three far zones."""
    zones = ("Europe/Oslo", "America/New_York", "Asia/Tokyo")
    others = [make_user(f"Person {place}", time_zone=zone) for place, zone in enumerate(zones)]
    for each in others:
        team.memberships.create(user=each)
    owner.time_zone = member.time_zone = "Europe/Berlin"
    owner.save(update_fields=["time_zone"])
    member.save(update_fields=["time_zone"])
    return [owner, member, *others]


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.key)
def test_two_presses_and_save_make_a_schedule_without_gaps(
    browser_of: Browser, owner: User, crew: list[User], template: Any
) -> None:
    browser = browser_of(owner)
    answer = press(browser, opened(browser).pressed("pick:team"))
    answer = press(browser, Form(answer.content.decode()).pressed(f"template:{template.key}"))
    assert "field-error" not in answer.content.decode()
    assert answer.context["outlook"].gaps == ()
    assert {share.person for share in answer.context["outlook"].shares} == set(crew)
    saved = press(browser, Form(answer.content.decode()).pressed("save"))
    schedule = Schedule.objects.get()
    assert saved.headers["Location"] == f"/oncall/schedules/{schedule.pk}/"
    assert (schedule.name, schedule.wants_secondary) == ("Payments on call", template.wants_secondary)
    segments = final_schedule(schedule, NOW, NOW + timedelta(weeks=8))
    assert sum((each.end - each.start for each in segments), timedelta(0)) == timedelta(weeks=8)


def test_the_first_person_is_on_call_at_once_and_the_others_follow_in_order(
    browser_of: Browser, owner: User, member: User, team: Team
) -> None:
    browser = browser_of(owner)
    answer = press(browser, opened(browser).pressed("template:weekly", pick=[member.pk, owner.pk]))
    press(browser, Form(answer.content.decode()).pressed("save"))
    schedule = Schedule.objects.get()
    assert who_is_on_call([schedule.pk], NOW) == {schedule.pk: (member.pk,)}
    assert who_is_on_call([schedule.pk], NOW + timedelta(weeks=1)) == {schedule.pk: (owner.pk,)}


def test_weeks_change_hands_on_the_chosen_day_and_hour(
    browser_of: Browser, owner: User, member: User, team: Team
) -> None:
    browser = browser_of(owner)
    data = opened(browser).pressed(
        "template:weekly",
        pick=[member.pk, owner.pk],
        handoff_day=4,
        handoff_time="14:30",
        time_zone="Europe/Berlin",
    )
    layer = Form(press(browser, data).content.decode()).data
    assert (layer["layer-0-first_date"], layer["layer-0-first_time"]) == ("2026-03-06", "14:30")


def test_people_are_put_in_order_by_buttons(
    browser_of: Browser, owner: User, member: User, team: Team
) -> None:
    browser = browser_of(owner)
    form = opened(browser)
    text = press(browser, form.pressed("pick:team")).content.decode()
    first, second = Form(text).data.getlist("pick")
    text = press(browser, Form(text).pressed(f"pick:{second}:up")).content.decode()
    assert Form(text).data.getlist("pick") == [second, first]
    for nonsense in (
        f"pick:{second}:up",
        "pick:999:up",
        "pick:x",
        "pick",
        "pick:1:2:3",
        "template:",
        "template:none",
    ):
        again = press(browser, Form(text).pressed(nonsense))
        assert again.status_code == 200
        assert Form(again.content.decode()).data.getlist("pick") == [second, first]
    text = press(browser, Form(text).pressed("pick:none")).content.decode()
    assert Form(text).data.getlist("pick") == []


def test_what_a_template_made_follows_the_picks_until_it_is_changed_by_hand(
    browser_of: Browser, owner: User, member: User, team: Team
) -> None:
    browser = browser_of(owner)
    data = opened(browser).pressed("template:weekly", pick=[member.pk, owner.pk])
    form = Form(press(browser, data).content.decode())
    form = Form(press(browser, form.pressed("refill", pick=[owner.pk])).content.decode())
    assert form.data.getlist("layer-0-people") == [str(owner.pk), ""]
    form = Form(
        press(browser, form.pressed("refill", layer__0__name="Mine", pick=[member.pk])).content.decode()
    )
    assert form.data.getlist("layer-0-people") == [str(owner.pk), ""]
    form = Form(press(browser, form.pressed("template:daily")).content.decode())
    assert form.data.getlist("layer-0-people") == [str(member.pk), ""]
    assert form.data["layer-0-turn_unit"] == "days"


def test_a_template_says_whom_it_lacks_and_leaves_the_layers_alone(
    browser_of: Browser, owner: User, member: User, team: Team
) -> None:
    browser = browser_of(owner)
    text = press(browser, opened(browser).pressed("template:weekly")).content.decode()
    assert "Choose the people first" in text
    data = Form(text).pressed("template:two_at_a_time", pick=[member.pk])
    assert "at least 2 people" in press(browser, data).content.decode()
    data = Form(text).pressed("template:follow_the_sun", pick=[member.pk, owner.pk])
    answer = press(browser, data)
    assert "by hand" in answer.content.decode()
    assert answer.context["editor"].layers == []


def test_groups_that_follow_the_sun_can_be_put_together_by_hand(
    browser_of: Browser, owner: User, crew: list[User]
) -> None:
    browser = browser_of(owner)
    picked = {"pick": [each.pk for each in crew]}
    form = Form(press(browser, opened(browser).pressed("template:follow_the_sun", **picked)).content.decode())
    assert form.data["layer-count"] == "3"
    groups = {f"group-{each.pk}": 1 + place % 2 for place, each in enumerate(crew)}
    form = Form(press(browser, form.pressed("refill", **groups)).content.decode())
    assert form.data["layer-count"] == "2"
    people = [form.data.getlist(f"layer-{place}-people")[:-1] for place in (0, 1)]
    assert sorted(map(len, people)) == [2, 3]


def test_the_chosen_teams_people_come_first(
    browser_of: Browser, admin: User, stranger: User, team: Team
) -> None:
    other = make_team("Search", members=(stranger,))
    browser = browser_of(admin)
    picks = press(browser, opened(browser).pressed("refill", team=other.pk)).context["picks"]
    assert [row.person for row in picks.near] == [stranger]
    assert picks.team == other


@pytest.mark.parametrize(
    "values",
    [
        {"pick": ["999999", "x", "", "1; drop table"]},
        {"team": "999999999999999999999"},
        {"team": "x"},
        {"handoff_day": "9"},
        {"handoff_time": "25:99"},
        {"handoff_time": "soon"},
        {"time_zone": "Mars/Phobos"},
        {"time_zone": "../../etc/passwd"},
        {"template": "none"},
        {"filled": "x" * 10_000},
        {"layer-count": "-1"},
        {"group-1": "7"},
        {"name": "\x00"},
    ],
)
def test_nonsense_in_the_first_questions_breaks_nothing(
    browser_of: Browser, owner: User, member: User, team: Team, values: dict[str, Any]
) -> None:
    browser = browser_of(owner)
    for button in ("template:weekly", "refill", "pick:team", "save"):
        data = opened(browser).pressed(button, **{"pick": [member.pk], **values})
        assert press(browser, data).status_code in {200, 302}


def test_somebody_who_only_views_cannot_be_picked(
    browser_of: Browser, owner: User, viewer: User, team: Team
) -> None:
    team.memberships.create(user=viewer)
    browser = browser_of(owner)
    assert str(viewer.pk) not in {str(row.person.pk) for row in browser.get(NEW).context["picks"].rows}
    answer = press(browser, opened(browser).pressed("template:weekly", pick=[viewer.pk]))
    assert answer.context["picks"].error


def test_a_name_that_was_typed_is_kept(browser_of: Browser, owner: User, member: User, team: Team) -> None:
    browser = browser_of(owner)
    data = opened(browser).pressed("template:weekly", pick=[member.pk], name="Night watch")
    assert Form(press(browser, data).content.decode()).data["name"] == "Night watch"
