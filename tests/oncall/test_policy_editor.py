"""Conditions and new targets in the editor of policies, the review before a save, and the way back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from accounts.models import Team, User
from oncall.conditions import Condition, OnHolidays, Otherwise, stored
from oncall.models import EscalationPolicy, PolicyStep, Schedule
from oncall.rotation import Restriction
from tests.making import NOW, make_schedule, make_team

Browser = Callable[[User], Client]
pytestmark = pytest.mark.django_db
OFFICE = tuple(Restriction(time(9), timedelta(hours=8), day) for day in range(5))


@pytest.fixture(autouse=True)
def _a_saturday() -> Iterator[None]:
    with time_machine.travel(datetime(2026, 3, 14, 12, 0, tzinfo=UTC), tick=False):
        yield


@pytest.fixture
def data(team: Team, schedule: Schedule, owner: User) -> dict[str, Any]:
    """A step for what is minor that waits for office hours, and one for the rest."""
    return {
        "team": team.pk, "name": "By the hour", "description": "", "repeats": "0", "on_empty": "skip",
        "binding": "live", "step-count": "2", "end-count": "1", "end-0-fallback": [str(owner.pk)],
        "step-0-targets": [f"schedule:{schedule.pk}", f"secondary:{schedule.pk}"], "step-0-delay": "10",
        "step-0-severities": ["4", "0"], "step-0-tiers": ["3"], "step-0-urgencies": ["low"],
        "step-0-windows-day": ["weekdays"], "step-0-windows-start": ["09:00"],
        "step-0-windows-until_day": [""], "step-0-windows-until": ["17:00"],
        "step-0-zone": "Europe/Berlin", "step-0-holidays": "de-by", "step-0-on_holidays": "never",
        "step-0-otherwise": "wait",
        "step-1-targets": [f"team:{team.pk}", "owner", f"round_robin:{schedule.pk}"], "step-1-delay": "5",
        "do": "save",
    }  # fmt: skip


@pytest.fixture
def made(
    browser_of: Browser, owner: User, data: dict[str, Any], policy: EscalationPolicy
) -> EscalationPolicy:
    assert browser_of(owner).post("/oncall/policies/new/", data).status_code == 302
    return EscalationPolicy.objects.get(name="By the hour")


def test_conditions_and_targets_are_stored_and_come_back_in_the_form(
    made: EscalationPolicy, browser_of: Browser, owner: User
) -> None:
    first, second = made.steps.all()
    assert stored(first.condition) == Condition(
        frozenset({4, 0}), frozenset({3}), frozenset({"low"}), OFFICE, "Europe/Berlin", "DE-BY",
        OnHolidays.NEVER, Otherwise.WAIT,
    )  # fmt: skip
    assert list(first.targets.values_list("which", flat=True)) == ["primary", "secondary"]
    assert [(t.team_id, t.owner, t.which) for t in second.targets.all()] == [
        (made.team_id, False, "primary"), (None, True, "primary"), (None, False, "round_robin"),
    ]  # fmt: skip
    assert made.binding == "live"
    page = browser_of(owner).get(f"/oncall/policies/{made.pk}/edit/").content.decode()
    assert f'name="step-0-uid" value="{first.uid}"' in page
    assert 'name="step-0-zone" value="Europe/Berlin"' in page
    assert '<option value="DE-BY">' in page.split('<datalist id="holidays">')[1]
    shown = browser_of(owner).get(f"/oncall/policies/{made.pk}/").content.decode()
    assert "Mon–Fri 09:00–17:00, not on holidays of DE-BY, Europe/Berlin; outside of that it waits" in shown
    assert "Only for SEV4 or not declared yet, services of tier 3, low urgency" in shown
    assert "all of the team that owns the service" in shown


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"step-0-zone": "Mars/Olympus"}, "time zone"),
        ({"step-0-holidays": "Atlantis"}, "no holidays under"),
        ({"step-0-severities": ["9"]}, "not one of the available choices"),
        ({"step-0-windows-start": ["late"]}, "start and an end"),
        ({"step-1-targets": ["policy:1"]}, "cannot be chosen any more"),
        ({"step-1-targets": [""]}, "Name somebody to page"),
        ({"binding": "loose"}, "not one of the available choices"),
    ],
)
def test_what_makes_no_sense_is_said_on_its_field_and_nothing_is_stored(
    browser_of: Browser, owner: User, data: dict[str, Any], change: dict[str, Any], message: str
) -> None:
    before = EscalationPolicy.objects.count()
    answer = browser_of(owner).post("/oncall/policies/new/", {**data, **change})
    assert message in answer.content.decode()
    assert EscalationPolicy.objects.count() == before
    assert PolicyStep.objects.filter(policy__name="By the hour").count() == 0


def _edited(made: EscalationPolicy, data: dict[str, Any], **changes: Any) -> dict[str, Any]:
    uids = {f"step-{n}-uid": str(step.uid) for n, step in enumerate(made.steps.all())}
    return {**data, **uids, "seen": "1", **changes}


def test_a_change_is_reviewed_before_it_is_saved(
    made: EscalationPolicy, data: dict[str, Any], browser_of: Browser, owner: User, member: User
) -> None:
    edited = _edited(made, data, **{"step-0-otherwise": "skip", "step-0-tiers": [], "do": "review"})
    page = browser_of(owner).post(f"/oncall/policies/{made.pk}/edit/", edited).content.decode()
    assert "SEV4, neither urgent nor declared in tier 3" in page
    assert EscalationPolicy.objects.get(pk=made.pk).steps.first().condition["otherwise"] == "wait"  # type: ignore[union-attr]
    assert 'name="do" value="save"' in page
    saved = browser_of(owner).post(f"/oncall/policies/{made.pk}/edit/", {**edited, "do": "save"})
    assert saved.status_code == 302
    assert "otherwise" not in EscalationPolicy.objects.get(pk=made.pk).steps.first().condition  # type: ignore[union-attr]
    kept = [str(uid) for uid in made.steps.values_list("uid", flat=True)]
    assert kept == [edited["step-0-uid"], edited["step-1-uid"]]


def test_the_review_says_what_happens_now_and_after(
    made: EscalationPolicy, data: dict[str, Any], browser_of: Browser, owner: User
) -> None:
    plain: dict[str, Any] = {"step-0-severities": [], "step-0-tiers": [], "step-0-urgencies": []}
    browser_of(owner).post(f"/oncall/policies/{made.pk}/edit/", _edited(made, data, **plain))
    made.refresh_from_db()
    at_once = _edited(made, data, **plain, **{"seen": "2", "step-0-otherwise": "skip", "do": "review"})
    page = browser_of(owner).post(f"/oncall/policies/{made.pk}/edit/", at_once).content.decode()
    before, after = page.split("<h3>As it is</h3>")[1].split("<h3>After the change</h3>")[:2]
    assert "waits until Mon 16 Mar, 08:00" in before
    assert "waits" not in after.split("</section>")[0]


def test_what_would_be_refused_is_refused_before_the_review(
    made: EscalationPolicy, data: dict[str, Any], browser_of: Browser, owner: User, policy: EscalationPolicy
) -> None:
    taken = _edited(made, data, name=policy.name, do="review")
    answer = browser_of(owner).post(f"/oncall/policies/{made.pk}/edit/", taken)
    assert "a policy of this name already" in answer.context["editor"].form.errors["name"][0]
    short = _edited(made, data, do="review", **{"step-1-delay": "0"})
    answer = browser_of(owner).post(f"/oncall/policies/{made.pk}/edit/", short)
    assert "at least a second" in answer.context["editor"].steps[1].errors["delay"][0]


def test_an_edit_that_changes_nothing_cannot_be_saved_and_settings_are_told(
    made: EscalationPolicy, data: dict[str, Any], browser_of: Browser, owner: User
) -> None:
    browser, path = browser_of(owner), f"/oncall/policies/{made.pk}/edit/"
    page = browser.post(path, _edited(made, data, do="review")).content.decode()
    assert "Nothing changes" in page
    assert 'value="save"' not in page
    renamed = _edited(made, data, do="review", name="Anew", on_empty="hold", binding="frozen")
    answer = browser.post(path, renamed)
    words = {str(label): (before, after) for label, before, after in answer.context["editor"].changed_words}
    assert words["Name"] == ("By the hour", "Anew")
    assert words["When nobody is on call for a step"][1] == "Wait until somebody is on call"
    assert "Nobody is paged differently by this change." in answer.content.decode()
    assert 'value="save"' in answer.content.decode()


def test_going_on_from_the_review_keeps_what_was_typed(
    made: EscalationPolicy, data: dict[str, Any], browser_of: Browser, owner: User
) -> None:
    edited = _edited(made, data, do="edit", name="Half done")
    answer = browser_of(owner).post(f"/oncall/policies/{made.pk}/edit/", edited)
    assert answer.context["editor"].form["name"].value() == "Half done"
    assert EscalationPolicy.objects.filter(name="By the hour").exists()


def test_somebody_elses_change_is_not_overwritten_unseen(
    made: EscalationPolicy, data: dict[str, Any], browser_of: Browser, owner: User
) -> None:
    answer = browser_of(owner).post(
        f"/oncall/policies/{made.pk}/edit/", _edited(made, data, seen="0", name="Mine")
    )
    assert "Somebody else changed this policy" in answer.content.decode()
    assert not EscalationPolicy.objects.filter(name="Mine").exists()


def test_the_last_change_is_undone_by_those_who_may(
    made: EscalationPolicy,
    data: dict[str, Any],
    browser_of: Browser,
    owner: User,
    member: User,
    stranger: User,
) -> None:
    browser_of(owner).post(f"/oncall/policies/{made.pk}/edit/", _edited(made, data, name="Renamed"))
    path = f"/oncall/policies/{made.pk}/undo/"
    for person in (member, stranger):
        assert browser_of(person).post(path, {"number": "2"}).status_code == 404
        assert "Undo" not in browser_of(person).get(f"/oncall/policies/{made.pk}/").content.decode()
    assert "Undo" in browser_of(owner).get(f"/oncall/policies/{made.pk}/").content.decode()
    browser_of(owner).post(path, {"number": "2"})
    assert EscalationPolicy.objects.get(pk=made.pk).name == "By the hour"
    page = browser_of(owner).post(path, {"number": "2"}, follow=True).content.decode()
    assert "Somebody else changed this policy" in page


@pytest.mark.parametrize("key", ["on_call_then_manager", "second_in_line", "minor_waits"])
def test_a_usual_policy_fills_the_steps_and_can_be_saved(
    browser_of: Browser, owner: User, team: Team, schedule: Schedule, key: str
) -> None:
    data = {
        "team": team.pk,
        "name": "Usual",
        "repeats": "1",
        "on_empty": "skip",
        "step-count": "0",
        "binding": "frozen",
    }
    page = browser_of(owner).post("/oncall/policies/new/", {**data, "do": f"usual:{key}"})
    steps = page.context["editor"].steps
    typed = {
        name: value
        for step in steps
        for name, value in step.data.lists()
        if name.startswith(f"{step.prefix}-")
    }
    filled = {**data, **typed, "step-count": len(steps), "end-count": "1", "end-0-fallback": [owner.pk]}
    assert browser_of(owner).post("/oncall/policies/new/", {**filled, "do": "save"}).status_code == 302
    assert EscalationPolicy.objects.get(name="Usual").steps.count() == len(steps) >= 2


def _usual(browser: Client, key: str, chosen: Team, **values: Any) -> Any:
    data = {"team": chosen.pk, "name": "", "step-count": "0", "do": f"usual:{key}", **values}
    return browser.post("/oncall/policies/new/", data).context["editor"]


def test_a_usual_policy_pages_the_second_in_line_and_keeps_a_chosen_fallback(
    browser_of: Browser, owner: User, member: User, team: Team, schedule: Schedule
) -> None:
    browser = browser_of(owner)

    def rows(**values: Any) -> list[list[str]]:
        return [step.target_rows[:-1] for step in _usual(browser, "second_in_line", team, **values).steps]

    assert rows() == [[f"schedule:{schedule.pk}"], [f"team:{team.pk}"]]
    other = make_schedule(team, (member,), name="Zulu")
    assert rows()[1] == [f"schedule:{other.pk}"]
    schedule.layers.create(
        position=5, role="secondary", starts_at=NOW, first_handoff_date=NOW.date(), handoff_time=time(9)
    )
    assert rows()[1] == [f"secondary:{schedule.pk}"]
    assert _usual(browser, "second_in_line", team).fallback.rows == [str(owner.pk), ""]
    kept = _usual(browser, "second_in_line", team, **{"end-0-fallback": [str(member.pk), ""]})
    assert kept.fallback.rows == [str(member.pk), ""]


def test_a_usual_policy_of_a_team_without_a_schedule_leaves_the_choice(
    browser_of: Browser, owner: User, team: Team
) -> None:
    editor = _usual(browser_of(owner), "minor_waits", team)
    assert [step.target_rows for step in editor.steps] == [[""], [""], [f"team:{team.pk}", ""]]
    assert editor.steps[0]["zone"].value() == owner.time_zone
    for strange in ({"team": "999999"}, {"team": "x"}, {"team": ""}):
        assert not _usual(browser_of(owner), "minor_waits", team, **strange).steps
    assert not _usual(browser_of(owner), "nonsense", team).steps


def test_a_uid_that_is_not_of_this_policy_makes_a_new_step(
    made: EscalationPolicy, data: dict[str, Any], browser_of: Browser, owner: User, policy: EscalationPolicy
) -> None:
    kept = made.steps.first()
    assert kept
    foreign = policy.steps.values_list("uid", flat=True)[0]
    edited = _edited(made, data, **{"step-1-uid": str(foreign), "do": "save"})
    assert browser_of(owner).post(f"/oncall/policies/{made.pk}/edit/", edited).status_code == 302
    first, second = made.steps.values_list("uid", flat=True)
    assert first == kept.uid
    assert second not in (foreign, None)
    edited = _edited(made, data, **{"step-0-uid": "nonsense", "seen": "2", "do": "save", "name": "Other"})
    assert browser_of(owner).post(f"/oncall/policies/{made.pk}/edit/", edited).status_code == 302


def test_a_zone_is_taken_however_it_is_written(
    browser_of: Browser, owner: User, data: dict[str, Any]
) -> None:
    browser_of(owner).post("/oncall/policies/new/", {**data, "step-0-zone": "america/new york"})
    step = EscalationPolicy.objects.get(name="By the hour").steps.first()
    assert step
    assert step.condition["zone"] == "America/New_York"


def test_secondaries_are_offered_where_there_is_one_and_own_schedules_first(
    browser_of: Browser, owner: User, team: Team, schedule: Schedule
) -> None:
    far = make_schedule(make_team("Aardvarks"), (owner,), name="Far")
    groups = dict(browser_of(owner).get("/oncall/policies/new/").context["editor"].target_choices)
    assert [value for value, _words in groups["Whoever is on call in"]] == [
        f"schedule:{schedule.pk}", f"schedule:{far.pk}",
    ]  # fmt: skip
    assert "The secondary of" not in groups
    far.wants_secondary = True
    far.save(update_fields=["wants_secondary"])
    groups = dict(browser_of(owner).get("/oncall/policies/new/").context["editor"].target_choices)
    assert [value for value, _words in groups["The secondary of"]] == [f"secondary:{far.pk}"]


def test_hours_are_added_and_taken_from_one_step_without_script(
    browser_of: Browser, owner: User, data: dict[str, Any]
) -> None:
    browser = browser_of(owner)

    def pressed(command: str) -> Any:
        return browser.post("/oncall/policies/new/", {**data, "do": command}).context["editor"].steps

    first, second = pressed("step:1:windows:add")
    assert (len(first.window_rows), len(second.window_rows)) == (1, 1)
    assert second.window_rows[0].start == ""
    assert not pressed("step:0:windows:0:remove")[0].window_rows
    moved = pressed("step:1:up")
    assert [step["zone"].value() or "" for step in moved] == ["", "Europe/Berlin"]
    assert moved[1]["severities"].value() == ["4", "0"]
    assert not EscalationPolicy.objects.exists()


def test_the_select_of_a_target_shows_what_is_picked_and_says_which(
    made: EscalationPolicy, browser_of: Browser, owner: User, schedule: Schedule
) -> None:
    page = browser_of(owner).get(f"/oncall/policies/{made.pk}/edit/").content.decode()
    first, second = page.split('name="step-0-targets"')[1:3]
    assert first.split("</select>")[0].count(" selected>") == 1
    assert f'value="schedule:{schedule.pk}" selected>' in first
    words = f'value="secondary:{schedule.pk}" selected>Secondary of {schedule.name} '
    assert words in second.split("</select>")[0]


def test_a_target_of_nonsense_breaks_no_select(
    browser_of: Browser, owner: User, data: dict[str, Any]
) -> None:
    strange = {**data, "step-0-targets": ['"><script>alert(1)</script>', "team"], "do": "step:add"}
    page = browser_of(owner).post("/oncall/policies/new/", strange).content.decode()
    assert "<script>alert" not in page
    assert page.split('name="step-0-targets"')[1].split("</select>")[0].count(" selected") == 0
