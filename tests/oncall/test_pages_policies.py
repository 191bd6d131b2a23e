"""Escalation policies in the browser: the ladder, the editor, and who may use it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import Team, User
from catalog.models import Service
from oncall.models import EscalationPolicy, OnEmpty, Schedule
from tests.making import NOW, make_policy, make_schedule, make_team

Browser = Callable[[User], Client]
HTML = "<script>alert(1)</script>"


@pytest.fixture(autouse=True)
def _standing_clock() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def typed(team: Team, targets: list[str], fallback: list[str], **values: Any) -> dict[str, Any]:
    """What the browser sends for a policy with one step."""
    return {
        "do": "save",
        "team": team.pk,
        "name": "Default",
        "description": "",
        "repeats": "1",
        "on_empty": "skip",
        "binding": "frozen",
        "step-count": "1",
        "step-0-targets": [*targets, ""],
        "step-0-delay": "5",
        "end-count": "1",
        "end-0-fallback": [*fallback, ""],
        **values,
    }


# --- Reading


def test_the_ladder_has_minutes_and_todays_names(
    browser_of: Browser, viewer: User, policy: EscalationPolicy, service: Service
) -> None:
    text = browser_of(viewer).get(f"/oncall/policies/{policy.pk}/").content.decode()
    assert text.index("0 min") < text.index("Milan Member") < text.index("5 min") < text.index("Olga Owner")
    assert "10 min" in text  # when the fallback is paged
    assert service.name in text


def test_a_rung_with_nobody_says_so(
    browser_of: Browser, viewer: User, policy: EscalationPolicy, member: User
) -> None:
    member.is_active = False
    member.save(update_fields=["is_active"])
    text = browser_of(viewer).get(f"/oncall/policies/{policy.pk}/").content.decode()
    assert "nobody on call now" in text


@pytest.mark.parametrize("number", [1, 20])
def test_the_queries_of_the_list_do_not_grow(
    browser_of: Browser,
    member: User,
    owner: User,
    number: int,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for _ in range(number):
        team = make_team()
        make_policy(team, (make_schedule(team, (member,)),), (owner,), fallback=(owner,))
    browser = browser_of(member)
    with django_assert_max_num_queries(27):
        assert len(browser.get("/oncall/policies/").context["rows"]) == number


def test_only_managers_and_admins_are_offered_and_allowed_to_change(
    browser_of: Browser,
    policy: EscalationPolicy,
    team: Team,
    owner: User,
    member: User,
    stranger: User,
    viewer: User,
    admin: User,
) -> None:
    path = f"/oncall/policies/{policy.pk}/"
    data = typed(team, [f"user:{owner.pk}"], [str(owner.pk)], name="Taken over")
    for person in (member, stranger, viewer):
        assert f"{path}edit/" not in browser_of(person).get(path).content.decode()
        assert browser_of(person).get(f"{path}edit/").status_code == 404
        assert browser_of(person).post(f"{path}edit/", data).status_code == 404
        assert browser_of(person).post(f"{path}delete/").status_code == 404
        assert browser_of(person).get("/oncall/policies/new/").status_code == 404
    policy.refresh_from_db()
    assert policy.name != "Taken over"
    for person in (owner, admin):
        assert f"{path}edit/" in browser_of(person).get(path).content.decode()
        assert browser_of(person).get(f"{path}edit/").status_code == 200


# --- Making and changing


def test_a_manager_makes_a_policy_and_changes_it(
    browser_of: Browser, owner: User, member: User, team: Team, schedule: Schedule
) -> None:
    browser = browser_of(owner)
    targets = [f"schedule:{schedule.pk}", f"user:{owner.pk}"]
    answer = browser.post("/oncall/policies/new/", typed(team, targets, [str(owner.pk)]))
    policy = EscalationPolicy.objects.get()
    assert answer.headers["Location"] == f"/oncall/policies/{policy.pk}/"
    editor = browser.get(f"/oncall/policies/{policy.pk}/edit/").context["editor"]
    assert editor.steps[0].target_rows == [*targets, ""]
    data = typed(team, [f"user:{member.pk}"], [str(member.pk)], repeats="0", on_empty="fallback")
    browser.post(f"/oncall/policies/{policy.pk}/edit/", {**data, "step-0-delay": "2.5"})
    policy.refresh_from_db()
    step = policy.steps.get()
    assert (policy.repeats, policy.on_empty, step.delay.total_seconds()) == (0, OnEmpty.FALLBACK, 150)
    assert list(policy.fallback_people.all()) == [member]
    assert (
        browser.get(f"/oncall/policies/{policy.pk}/edit/").context["editor"].steps[0]["delay"].value()
        == "2.5"
    )


def test_a_policy_without_a_fallback_is_not_saved_and_says_why(
    browser_of: Browser, owner: User, team: Team
) -> None:
    answer = browser_of(owner).post("/oncall/policies/new/", typed(team, [f"user:{owner.pk}"], []))
    assert "Name at least one person who is paged when nobody else answers" in answer.content.decode()
    assert not EscalationPolicy.objects.exists()


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": "x" * 10_000}, "name"),
        ({"name": ""}, "name"),
        ({"repeats": "-1"}, "repeats"),
        ({"repeats": "10"}, "repeats"),
        ({"on_empty": "shrug"}, "on_empty"),
        ({"step-0-targets": [""]}, "targets"),
        ({"step-0-targets": ["user:999999"]}, "targets"),
        ({"step-0-targets": ["schedule:x"]}, "targets"),
        ({"step-0-delay": "0"}, "delay"),
        ({"step-0-delay": "-1"}, "delay"),
        ({"step-0-delay": "NaN"}, "delay"),
        ({"step-0-delay": "1e400"}, "delay"),
        ({"end-0-fallback": ["999999"]}, "fallback"),
        ({"step-count": "0"}, "__all__"),
    ],
)
def test_bad_input_says_what_is_wrong_and_stores_nothing(
    browser_of: Browser, owner: User, team: Team, values: dict[str, Any], field: str
) -> None:
    data = typed(team, [f"user:{owner.pk}"], [str(owner.pk)]) | values
    answer = browser_of(owner).post("/oncall/policies/new/", data)
    editor = answer.context["editor"]
    assert answer.status_code == 200
    assert field in {name for form in editor.forms for name in form.errors}
    assert not EscalationPolicy.objects.exists()


def test_steps_are_added_moved_and_removed_without_script(
    browser_of: Browser, owner: User, member: User, team: Team
) -> None:
    browser = browser_of(owner)
    data = typed(team, [f"user:{owner.pk}"], [str(owner.pk)]) | {
        "step-count": "2",
        "step-1-targets": [f"user:{member.pk}"],
        "step-1-delay": "30",
    }

    def press(command: str) -> Any:
        answer = browser.post("/oncall/policies/new/", {**data, "do": command})
        assert "field-error" not in answer.content.decode()
        return answer.context["editor"]

    assert len(press("step:add").steps) == 3
    moved = press("step:1:up").steps
    assert [step["delay"].value() for step in moved] == ["30", "5"]
    assert moved[0].target_rows == [f"user:{member.pk}", ""]
    assert len(press("step:0:remove").steps) == 1
    assert press("step:0:targets:add").steps[0].target_rows == [f"user:{owner.pk}", "", ""]
    assert press("end:0:fallback:0:remove").fallback.rows == [""]
    assert not EscalationPolicy.objects.exists()


def test_a_row_pressed_by_htmx_gives_the_rows_back(browser_of: Browser, owner: User, team: Team) -> None:
    data = typed(team, [f"user:{owner.pk}"], [str(owner.pk)], do="step:add")
    answer = browser_of(owner).post("/oncall/policies/new/", data, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert 'id="rows"' in answer.content.decode()


def test_html_in_every_field_stays_text(browser_of: Browser, owner: User, team: Team) -> None:
    owner.name = HTML
    owner.save(update_fields=["name"])
    browser = browser_of(owner)
    browser.post(
        "/oncall/policies/new/",
        typed(team, [f"user:{owner.pk}"], [str(owner.pk)], name=HTML, description=HTML),
    )
    policy = EscalationPolicy.objects.get()
    for page in ("", f"{policy.pk}/", f"{policy.pk}/edit/"):
        text = browser.get(f"/oncall/policies/{page}").content.decode()
        assert "<script>alert" not in text
        assert "&lt;script&gt;alert" in text


def test_somebody_who_left_is_shown_in_the_editor_and_refused_by_name(
    browser_of: Browser, owner: User, member: User, team: Team
) -> None:
    policy = make_policy(team, (member,), fallback=(owner,))
    member.is_active = False
    member.save(update_fields=["is_active"])
    browser, path = browser_of(owner), f"/oncall/policies/{policy.pk}/edit/"
    assert "Milan Member" in browser.get(path).content.decode()
    answer = browser.post(path, typed(team, [f"user:{member.pk}"], [str(owner.pk)]))
    assert "Milan Member cannot be paged" in answer.content.decode()


def test_a_policy_is_deleted_unless_a_service_uses_it(
    browser_of: Browser, owner: User, policy: EscalationPolicy, service: Service
) -> None:
    browser, path = browser_of(owner), f"/oncall/policies/{policy.pk}/"
    assert "still used by Payments API" in browser.post(f"{path}delete/", follow=True).content.decode()
    service.delete()
    assert browser.post(f"{path}delete/").headers["Location"] == "/oncall/policies/"
    assert not EscalationPolicy.objects.exists()


def test_a_fallback_person_who_left_is_refused_by_name_on_its_field(
    browser_of: Browser, owner: User, member: User, team: Team
) -> None:
    policy = make_policy(team, (owner,), fallback=(member,))
    member.is_active = False
    member.save(update_fields=["is_active"])
    data = typed(team, [f"user:{owner.pk}"], [str(member.pk)])
    answer = browser_of(owner).post(f"/oncall/policies/{policy.pk}/edit/", data)
    assert "Milan Member cannot be paged" in answer.context["editor"].fallback.errors["fallback"][0]
