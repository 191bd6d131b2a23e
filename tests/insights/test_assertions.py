"""What is expected of paging: reading it, judging it, asking it again, telling when it fails."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from celery import current_app
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from kombu.exceptions import OperationalError

from accounts.models import Team, User
from catalog.models import Service
from insights import asked_again, assertions, tasks
from insights.actions import check_assertions, concerned_by, delete_assertion, save_assertion
from insights.assertions import Expectation, InvalidExpectation, Missed, Outcome, Page, judged, read, written
from insights.models import Assertion
from notifications.models import Delivery
from oncall import actions, changes
from oncall.drafts import LayerDraft, Refused, StepDraft
from oncall.models import EscalationPolicy, Schedule
from tests import making
from tests.making import NOW

MINUTE, FIVE = timedelta(minutes=1), timedelta(minutes=5)
ADA = Page(frozenset({7, "ada@example.test"}), frozenset({"payments"}), "email", MINUTE)
BOB = Page(frozenset({8, "bob@example.test"}), frozenset({"search"}), "webhook", FIVE)
OUTCOME = Outcome((ADA, BOB), ("Step 2 has nobody: passed over at once",))


@pytest.mark.parametrize(
    ("expect", "missed"),
    [
        ({"paged": {"anyone_of": [7]}}, ()),
        ({"paged": {"anyone_of": ["ADA@example.test", 99]}}, ()),
        ({"paged": {"anyone_of": [9]}}, (Missed("paged"),)),
        ({"paged": {"anyone_of": [7], "within": 60}}, ()),
        ({"paged": {"anyone_of": [7], "within": 59}}, (Missed("paged", MINUTE),)),
        ({"paged": {"anyone_of": [7, 8], "by": "webhook"}}, ()),
        ({"paged": {"anyone_of": [7, 8], "by": "webhook", "within": 60}}, (Missed("paged", FIVE),)),
        ({"paged": {"anyone_of": [7], "by": "webhook"}}, (Missed("paged"),)),
        ({"paged": {"team": "search"}}, ()),
        ({"paged": {"team": "platform"}}, (Missed("paged"),)),
        ({"first_page_within": 60}, ()),
        ({"first_page_within": 0}, (Missed("first_page_within", MINUTE),)),
        ({"not_paged": [9]}, ()),
        ({"not_paged": [9, 8]}, (Missed("not_paged", FIVE),)),
        ({"never_empty": True}, (Missed("never_empty", OUTCOME.empty[0]),)),
        ({"never_empty": False, "not_paged": [9]}, ()),
        (
            {"first_page_within": 0, "not_paged": [7]},
            (Missed("first_page_within", MINUTE), Missed("not_paged", MINUTE)),
        ),
    ],
)
def test_an_expectation_is_judged(expect: dict[str, Any], missed: tuple[Missed, ...]) -> None:
    assert judged(read(expect), OUTCOME) == missed


def test_where_nobody_is_paged_nobody_is_in_time() -> None:
    assert judged(read({"first_page_within": 3600}), Outcome(())) == (Missed("first_page_within"),)
    assert judged(read({"never_empty": True}), Outcome((ADA,))) == ()


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ([], ""),
        ({}, ""),
        ({"never_empty": False}, ""),
        ({"first_page_within": None}, ""),
        ({"nonsense": 1}, "nonsense"),
        ({"never_empty": "yes"}, "never_empty"),
        ({"first_page_within": -1}, "first_page_within"),
        ({"first_page_within": True}, "first_page_within"),
        ({"first_page_within": 1.5}, "first_page_within"),
        ({"not_paged": []}, "not_paged"),
        ({"not_paged": ["nobody"]}, "not_paged"),
        ({"not_paged": [0]}, "not_paged"),
        ({"not_paged": list(range(1, 52))}, "not_paged"),
        ({"paged": []}, "paged"),
        ({"paged": {}}, "paged"),
        ({"paged": {"anyone_of": [1], "team": "x"}}, "paged"),
        ({"paged": {"anyone_of": 1}}, "paged.anyone_of"),
        ({"paged": {"team": ""}}, "paged.team"),
        ({"paged": {"team": "x", "within": "1"}}, "paged.within"),
        ({"paged": {"team": "x", "by": 3}}, "paged.by"),
        ({"paged": {"team": "x", "how": 3}}, "paged.how"),
    ],
)
def test_what_cannot_be_expected_is_refused_at_its_place(data: object, field: str) -> None:
    with pytest.raises(InvalidExpectation) as refused:
        read(data)
    assert refused.value.field == field


def test_what_is_written_is_read_as_the_same() -> None:
    whole = Expectation((7, "ada@example.test"), "", 60, "email", True, 30, (8,))
    assert read(written(whole)) == whole
    team = Expectation(team="payments")
    assert read(written(team)) == team
    assert written(team) == {"paged": {"team": "payments"}}


@pytest.mark.parametrize(
    ("now", "zone", "at", "weekday", "expected"),
    [
        ("2026-03-10T12:00", "UTC", "14:00", None, "2026-03-10T14:00"),
        ("2026-03-10T14:00", "UTC", "14:00", None, "2026-03-10T14:00"),
        ("2026-03-10T14:01", "UTC", "14:00", None, "2026-03-11T14:00"),
        ("2026-03-10T12:00", "UTC", "14:00", 5, "2026-03-14T14:00"),
        ("2026-03-10T15:00", "UTC", "14:00", 1, "2026-03-17T14:00"),
        ("2026-03-10T23:30", "Asia/Tokyo", "09:00", 2, "2026-03-11T00:00"),
        ("2026-03-28T12:00", "Europe/Berlin", "03:00", 6, "2026-03-29T01:00"),
        ("2026-03-28T12:00", "Europe/Berlin", "02:30", 6, "2026-03-29T01:30"),
        ("2011-12-29T12:00", "Pacific/Apia", "09:00", 5, "2011-12-30T19:00"),
    ],
)
def test_the_next_moment_is_on_the_clock_of_its_zone(
    now: str, zone: str, at: str, weekday: int | None, expected: str
) -> None:
    found = assertions.next_moment(
        datetime.fromisoformat(now).replace(tzinfo=UTC), zone, time.fromisoformat(at), weekday
    )
    assert found == datetime.fromisoformat(expected).replace(tzinfo=UTC)


Save = Callable[..., Assertion]


@pytest.fixture
def save(owner: User, team: Team, service: Service) -> Save:
    def saved(expect: object, **fields: Any) -> Assertion:
        given: dict[str, Any] = {
            "actor": owner,
            "now": NOW,
            "assertion": None,
            "team": team,
            "name": "Somebody wakes",
        }
        given |= {"service": service, "severity": 1, "local_time": time(3), "expect": expect}
        return save_assertion(**given | fields)

    return saved


def mails() -> list[tuple[str, str]]:
    rows = Delivery.objects.filter(subject__startswith="assertion:").order_by("id")
    return [(row.address, row.message["headline"]) for row in rows]


def test_it_is_asked_at_once_and_says_the_answer(save: Save, member: User) -> None:
    row = save({"paged": {"anyone_of": [member.email], "within": 0}})
    assert (row.holds, row.checked_at) == (True, NOW)
    assert row.expect == {"paged": {"anyone_of": [member.pk], "within": 0}}
    assert row.answer.startswith("Milan Member at once (step 1); Olga Owner after 5 min (step 2)")


def test_one_that_fails_when_it_is_written_mails_nobody(save: Save, stranger: User) -> None:
    row = save({"paged": {"anyone_of": [stranger.pk]}})
    assert row.holds is False
    assert row.answer.startswith("None of those who should be paged is paged. Milan Member")
    assert check_assertions(now=NOW) == 1
    assert mails() == []


def test_the_managers_hear_once_when_one_newly_fails(
    save: Save, owner: User, member: User, other_team: Team
) -> None:
    save({"never_empty": True})
    second = making.make_user("Second Manager")
    Team.objects.get(slug="payments").memberships.create(user=second, role="manager")
    assert check_assertions(now=NOW) == 0
    member.contact_methods.update(disabled_at=NOW)
    for minutes in (10, 20):
        assert check_assertions(now=NOW + timedelta(minutes=minutes)) == 1
    assert mails() == [(person.email, "No longer as expected: Somebody wakes") for person in (owner, second)]
    member.contact_methods.update(disabled_at=None)
    assert check_assertions(now=NOW + timedelta(minutes=30)) == 0
    member.contact_methods.update(disabled_at=NOW)
    check_assertions(now=NOW + timedelta(minutes=40))
    assert len(mails()) == 4


def test_one_whose_expectation_cannot_be_read_any_more_fails_and_stops_no_other(save: Save) -> None:
    save({"never_empty": True})
    broken = save({"first_page_within": 0}, name="Broken")
    Assertion.objects.filter(pk=broken.pk).update(expect={"gone": 1})
    assert check_assertions(now=NOW) == 1
    assert set(Assertion.objects.values_list("name", "holds")) == {
        ("Somebody wakes", True),
        ("Broken", False),
    }


def test_only_managers_of_the_team_and_admins_write(
    save: Save, member: User, stranger: User, viewer: User, admin: User
) -> None:
    row = save({"never_empty": True})
    for person in (member, stranger, viewer):
        with pytest.raises(Refused):
            save({"never_empty": True}, actor=person, name="Mine")
        with pytest.raises(Refused):
            save({"never_empty": True}, actor=person, assertion=row)
        with pytest.raises(Refused):
            delete_assertion(actor=person, now=NOW, assertion=row)
    delete_assertion(actor=admin, now=NOW, assertion=row)
    assert not Assertion.objects.exists()


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"at": NOW}, "at"),
        ({"local_time": None}, "at"),
        ({"at": NOW, "local_time": None, "weekday": 1}, "weekday"),
        ({"name": " "}, "name"),
        ({"name": "x" * 121}, "name"),
        ({"expect": {}}, "expect"),
        ({"expect": {"paged": {"team": "nope"}}}, "expect.paged.team"),
        ({"expect": {"paged": {"team": "payments", "by": "pigeon"}}}, "expect.paged.by"),
        ({"expect": {"not_paged": [4_000_000]}}, "expect.not_paged"),
        ({"expect": {"paged": {"anyone_of": ["gone@example.test"]}}}, "expect.paged.anyone_of"),
    ],
)
def test_what_cannot_be_stored_is_refused_on_its_field(
    save: Save, fields: dict[str, Any], field: str
) -> None:
    with pytest.raises(Refused) as refused:
        save(**{"expect": {"never_empty": True}, **fields})
    assert refused.value.field == field
    assert not Assertion.objects.exists()


def test_a_name_stands_once_in_a_team(save: Save) -> None:
    save({"never_empty": True})
    with pytest.raises(Refused, match="already"):
        save({"never_empty": True})


def test_the_weekly_moment_moves_on_and_the_instant_stays(
    save: Save, member: User, schedule: Schedule, owner: User
) -> None:
    """Weeks change hands on Mondays at 09:00; `member` alone has the first."""
    schedule.layers.get().slots.create(position=1, user=owner)
    found = {"paged": {"anyone_of": [owner.pk], "within": 0}}
    weekly = save(found, weekday=1)
    instant = save(found, name="Once", local_time=None, at=NOW)
    assert (weekly.holds, instant.holds) == (False, True)  # next Tuesday is of the next turn
    check_assertions(now=NOW + timedelta(weeks=1))
    weekly.refresh_from_db()
    instant.refresh_from_db()
    assert (weekly.holds, instant.holds) == (True, True)


def test_those_concerned_are_those_that_page_by_it(
    save: Save, policy: EscalationPolicy, schedule: Schedule, team: Team, other_team: Team, stranger: User
) -> None:
    mine = save({"never_empty": True})
    other = making.make_schedule(other_team, (stranger,))
    theirs = making.make_service(other_team, making.make_policy(other_team, (other,)))
    second = save({"never_empty": True}, name="Theirs", service=theirs)
    assert list(concerned_by("schedule", schedule.pk)) == [mine]
    assert list(concerned_by("schedule", other.pk)) == [second]
    assert list(concerned_by("policy", policy.pk)) == [mine]
    assert set(concerned_by("person", stranger.pk)) == {mine, second}


def test_asking_many_again_costs_the_same(save: Save, team: Team) -> None:
    save({"paged": {"team": "payments"}})
    with CaptureQueriesContext(connection) as one:
        check_assertions(now=NOW)
    for number in range(10):
        service = making.make_service(team, making.make_policy(team, (making.make_user(),)))
        save({"paged": {"team": "payments"}}, name=f"N {number}", service=service, weekday=number % 7)
    check_assertions(now=NOW)
    with CaptureQueriesContext(connection) as many:
        check_assertions(now=NOW)
    assert len(many) <= len(one) + 1


Told = list[tuple[str, int]]


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Told:
    found: Told = []
    monkeypatch.setattr(changes, "_listeners", [lambda kind, number: found.append((kind, number))])
    return found


def test_each_change_of_who_is_on_call_is_announced_after_its_commit(
    told: Told, owner: User, member: User, team: Team, schedule: Schedule, policy: EscalationPolicy,
    django_capture_on_commit_callbacks: Any,
) -> None:  # fmt: skip
    def after(act: Callable[[], Any]) -> tuple[Any, Told]:
        told.clear()
        with django_capture_on_commit_callbacks(execute=True):
            done = act()
            assert told == []
        return done, list(told)

    ends: dict[str, Any] = {"starts_at": NOW + FIVE, "ends_at": NOW + timedelta(hours=1)}
    by: dict[str, Any] = {"actor": owner, "now": NOW}
    override, heard = after(lambda: actions.add_override(**by, schedule=schedule, user=owner, **ends))
    assert heard == [("schedule", schedule.pk)]
    assert after(lambda: actions.withdraw_override(**by, override=override))[1] == heard
    absence, heard = after(lambda: actions.add_absence(**by, user=member, **ends))
    assert heard == [("person", member.pk)]
    assert after(lambda: actions.withdraw_absence(**by, absence=absence))[1] == heard
    values: dict[str, Any] = {
        "name": "Renamed",
        "time_zone": "UTC",
        "layers": [LayerDraft((member,), datetime(2026, 1, 5, 9))],  # noqa: DTZ001 - local time
    }
    _, heard = after(lambda: actions.update_schedule(**by, schedule=schedule, **values))
    assert heard == [("schedule", schedule.pk)]
    assert after(lambda: actions.undo_last_change(**by, schedule=schedule))[1] == heard
    saved: dict[str, Any] = {
        "team": team,
        "name": "Other",
        "steps": [StepDraft((owner,), FIVE)],
        "fallback_people": [owner],
    }
    _, heard = after(lambda: actions.save_policy(**by, policy=policy, **saved))
    assert heard == [("policy", policy.pk)]
    assert after(lambda: actions.undo_policy_change(**by, policy=policy))[1] == heard


def test_a_change_is_told_to_the_workers_and_a_dead_broker_stops_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sent: list[Any] = []
    monkeypatch.setattr(current_app, "send_task", lambda name, args, **options: sent.append((name, args)))
    asked_again.tell("policy", 7)
    assert sent == [(tasks.ask_again.name, ["policy", 7])]

    def away(*args: Any, **options: Any) -> None:
        raise OperationalError("away")

    monkeypatch.setattr(current_app, "send_task", away)
    asked_again.tell("policy", 7)
    assert asked_again.tell in changes._listeners


def test_the_tasks_ask_and_beat_knows_them(save: Save, member: User, schedule: Schedule) -> None:
    row = save({"never_empty": True})
    Assertion.objects.update(holds=None, checked_at=None)
    tasks.ask_again("schedule", schedule.pk + 1)
    assert Assertion.objects.get().checked_at is None
    tasks.ask_again("schedule", schedule.pk)
    row.refresh_from_db()
    assert row.holds is True
    member.contact_methods.update(disabled_at=NOW)
    tasks.ask_all_again()
    row.refresh_from_db()
    assert row.holds is False
    beat = {entry["task"]: entry for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    assert beat[tasks.ask_all_again.name]["options"] == {"expires": 600}
