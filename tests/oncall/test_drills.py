"""Drills: everybody whom a real page would reach is paged with a marked test, and what they answer is counted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from accounts.models import Team, User
from incidents.models import Escalation, Incident
from lib.intervals import Interval
from notifications import acks, outbox
from notifications.actions.deliveries import fail
from notifications.answers import answer, is_awaited
from notifications.models import Delivery, DeliveryKind
from notifications.subjects import Verb
from oncall.drafts import Refused
from oncall.drills import actions, queries
from oncall.drills.lifecycle import IllegalTransition
from oncall.drills.sweep import LATE, sweep_drills
from oncall.drills.timing import next_time
from oncall.models import Drill, DrillPlan, DrillState, EscalationPolicy, ReachState, Schedule
from oncall.reports.reading import load_report
from tests import making
from tests.smtp import Mailbox

Browser = Callable[[User], Client]
Later = Callable[..., datetime]


@pytest.fixture
def drill(policy: EscalationPolicy, owner: User, now: datetime) -> Drill:
    """Of the policy, begun: `member` is on call, `owner` next and the fallback."""
    made = actions.start_drill(actor=owner, now=now, policy=policy)
    assert sweep_drills(now) == 1
    made.refresh_from_db()
    return made


def _of(drill: Drill, user: User) -> Delivery:
    return Delivery.objects.get(subject=f"drill:{drill.pk}", user=user)


def _state(drill: Drill, user: User) -> str:
    return drill.people.get(user=user).state


def test_everybody_whom_the_policy_means_is_paged_once_and_told_why(
    drill: Drill, member: User, owner: User, schedule: Schedule
) -> None:
    assert {each.user: each.why for each in drill.people.all()} == {
        member: f"step 1: {schedule}",
        owner: "step 2",
    }
    assert {each.user for each in Delivery.objects.all()} == {member, owner}
    assert drill.state == DrillState.RUNNING


def test_a_message_says_first_that_it_is_a_drill(drill: Drill, mailbox: Mailbox, now: datetime) -> None:
    while outbox.send_due(worker="test", now=now):
        pass
    assert len(mailbox.mails) == 2
    assert all(mail["Subject"].startswith("DRILL: this is a test") for mail in mailbox.mails)
    assert set(Delivery.objects.values_list("kind", flat=True)) == {DeliveryKind.DRILL}


def test_rules_for_high_urgency_count_as_for_a_page(member: User, now: datetime) -> None:
    first, second = member.contact_methods.get(), making.make_method(member, address="other@example.test")
    making.make_rule(first)
    making.make_rule(second, minutes=3)
    making.make_rule(second, urgency="low")
    actions.start_drill(actor=member, now=now, user=member)
    sweep_drills(now)
    due = list(Delivery.objects.order_by("due_at").values_list("method", "due_at"))
    assert due == [(first.pk, now), (second.pk, now + timedelta(minutes=3))]


def test_a_drill_waits_for_each_person_until_they_answered(
    drill: Drill, member: User, owner: User, now: datetime
) -> None:
    assert is_awaited(_of(drill, member))
    answer(delivery=_of(drill, member), verb=Verb.ACKNOWLEDGE, via="by text message", now=now)
    assert not is_awaited(_of(drill, member))
    assert is_awaited(_of(drill, owner))


def test_an_answer_reaches_and_takes_back_the_rest_of_that_person_alone(
    drill: Drill, member: User, owner: User, later: Later
) -> None:
    said = answer(delivery=_of(drill, member), verb=Verb.ACKNOWLEDGE, via="sms", now=later(seconds=14))
    assert said.changed
    assert "14 s" in said.text
    reached = drill.people.get(user=member)
    assert (reached.state, reached.via) == (ReachState.REACHED, "email")
    assert queries.took(reached) == timedelta(seconds=14)
    assert _of(drill, member).state == "cancelled"
    assert _of(drill, owner).state == "pending"
    drill.refresh_from_db()
    assert drill.state == DrillState.RUNNING


def test_it_is_done_when_nobody_is_waited_for(drill: Drill, member: User, owner: User, now: datetime) -> None:
    for person in (member, owner):
        answer(delivery=_of(drill, person), verb=Verb.ACKNOWLEDGE, via="link", now=now)
    drill.refresh_from_db()
    assert (drill.state, drill.ended_at, drill.next_at) == (DrillState.DONE, now, None)
    assert queries.tallies([drill])[0].is_whole


def test_repeated_and_late_answers_change_nothing_and_say_so(
    drill: Drill, member: User, owner: User, later: Later
) -> None:
    mine = _of(drill, member)
    answer(delivery=mine, verb=Verb.ACKNOWLEDGE, via="sms", now=later(seconds=5))
    again = answer(delivery=mine, verb=Verb.ACKNOWLEDGE, via="sms", now=later(seconds=9))
    assert not again.changed
    assert "already" in again.text
    sweep_drills(later(minutes=31))
    late = answer(delivery=_of(drill, owner), verb=Verb.ACKNOWLEDGE, via="sms", now=later(minutes=40))
    assert not late.changed
    assert "too late" in late.text
    assert _state(drill, owner) == ReachState.MISSED


@pytest.mark.parametrize("verb", [Verb.ESCALATE, Verb.RESOLVE])
def test_there_is_nothing_to_escalate_or_resolve(
    drill: Drill, member: User, now: datetime, verb: Verb
) -> None:
    said = answer(delivery=_of(drill, member), verb=verb, via="voice", now=now)
    assert not said.changed
    assert "This is a drill" in said.text
    assert _state(drill, member) == ReachState.WAITING


def test_nobody_answers_for_somebody_else(drill: Drill, member: User, owner: User, now: datetime) -> None:
    said = answer(delivery=_of(drill, member), verb=Verb.ACKNOWLEDGE, actor=owner, via="slack", now=now)
    assert not said.changed
    assert {each.state for each in drill.people.all()} == {ReachState.WAITING}


def test_who_does_not_answer_in_time_is_not_reached_and_no_longer_sent_to(
    drill: Drill, member: User, later: Later
) -> None:
    assert sweep_drills(later(minutes=29)) == 0
    assert sweep_drills(later(minutes=30)) == 1
    drill.refresh_from_db()
    assert drill.state == DrillState.DONE
    assert set(drill.people.values_list("state", flat=True)) == {ReachState.MISSED}
    assert set(Delivery.objects.values_list("state", flat=True)) == {"cancelled"}
    assert sweep_drills(later(minutes=31)) == 0


def test_who_has_no_method_stands_there_and_nobody_is_paged_instead(
    team: Team, owner: User, stranger: User, now: datetime
) -> None:
    mute = making.make_user("Mute", reachable=False)
    policy = making.make_policy(team, (mute,))
    drill = actions.start_drill(actor=owner, now=now, policy=policy)
    sweep_drills(now)
    drill.refresh_from_db()
    assert (_state(drill, mute), drill.state) == (ReachState.NO_METHOD, DrillState.DONE)
    assert "admins" in drill.note
    assert not Delivery.objects.exists()


def test_who_has_no_method_left_is_not_reached_at_once(drill: Drill, member: User, now: datetime) -> None:
    Delivery.objects.filter(pk=_of(drill, member).pk).update(state="sending")
    fail(delivery_id=_of(drill, member).pk, outcome="no such mailbox", now=now)
    assert _state(drill, member) == ReachState.MISSED
    assert Delivery.objects.count() == 2


def test_stopping_sends_nothing_more(drill: Drill, owner: User, later: Later, mailbox: Mailbox) -> None:
    actions.stop_drill(actor=owner, now=later(seconds=1), drill_id=drill.pk)
    assert outbox.send_due(worker="test", now=later(minutes=5)) == 0
    assert sweep_drills(later(hours=2)) == 0
    assert mailbox.mails == []
    with pytest.raises(IllegalTransition):
        actions.stop_drill(actor=owner, now=later(seconds=2), drill_id=drill.pk)


def test_one_of_a_kind_runs_at_a_time(
    drill: Drill, policy: EscalationPolicy, owner: User, now: datetime
) -> None:
    with pytest.raises(Refused, match="running already"):
        actions.start_drill(actor=owner, now=now, policy=policy)


def test_a_drill_is_no_incident_and_no_load(
    drill: Drill, schedule: Schedule, later: Later, mailbox: Mailbox
) -> None:
    outbox.send_due(worker="test", now=drill.created_at)
    assert not Incident.objects.exists()
    assert not Escalation.objects.exists()
    report = load_report([schedule], Interval(later(hours=-1), later(hours=1)), all_pages=True)
    assert all(row.load.pages == 0 for row in report.rows)


# --- The link


def test_the_link_in_the_message_shows_a_drill_and_answers_it(
    drill: Drill, member: User, client: Client, now: datetime
) -> None:
    path = f"/ack/{acks.token(_of(drill, member).pk)}"
    shown = client.get(path).content.decode()
    assert "DRILL" in shown
    assert "Acknowledge the drill" in shown
    assert _state(drill, member) == ReachState.WAITING
    assert "you were reached after" in client.post(path).content.decode()
    assert _state(drill, member) == ReachState.REACHED
    assert "answered at" in client.post(path).content.decode()


def test_the_link_of_somebody_who_left_opens_nothing(drill: Drill, member: User, client: Client) -> None:
    User.objects.filter(pk=member.pk).update(is_active=False)
    assert client.post(f"/ack/{acks.token(_of(drill, member).pk)}").status_code == 404


# --- Plans

BERLIN = ZoneInfo("Europe/Berlin")


def test_a_plan_keeps_its_time_of_day_when_clocks_change() -> None:
    turn = partial(next_time, first_on=date(2026, 3, 24), at=time(10), zone=BERLIN, rhythm="weekly")
    first = turn(after=datetime(2026, 3, 20, tzinfo=UTC))
    second = turn(after=first)
    assert first == datetime(2026, 3, 24, 9, tzinfo=UTC)
    assert second == datetime(2026, 3, 31, 8, tzinfo=UTC)


def test_a_time_that_clocks_skip_is_as_much_later() -> None:
    turn = partial(next_time, first_on=date(2026, 3, 29), at=time(2, 30), zone=BERLIN, rhythm="quarterly")
    assert turn(after=datetime(2026, 3, 1, tzinfo=UTC)) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


def test_a_time_that_clocks_show_twice_comes_once() -> None:
    turn = partial(next_time, first_on=date(2026, 10, 25), at=time(2, 30), zone=BERLIN, rhythm="weekly")
    first = turn(after=datetime(2026, 10, 20, tzinfo=UTC))
    assert first == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert turn(after=first) == datetime(2026, 11, 1, 1, 30, tzinfo=UTC)


def _plan(policy: EscalationPolicy, owner: User, now: datetime) -> DrillPlan:
    return actions.save_plan(
        actor=owner,
        now=now,
        policy=policy,
        rhythm="weekly",
        first_on=now.date() + timedelta(days=1),
        at=time(10),
        zone="UTC",
    )


def test_a_planned_drill_begins_by_itself_and_comes_again(
    policy: EscalationPolicy, owner: User, now: datetime
) -> None:
    plan = _plan(policy, owner, now)
    assert sweep_drills(plan.next_at - timedelta(seconds=1)) == 0
    assert sweep_drills(plan.next_at) == 2
    drill, was = Drill.objects.get(), plan.next_at
    assert (drill.plan, drill.state) == (plan, DrillState.RUNNING)
    plan.refresh_from_db()
    assert plan.next_at == was + timedelta(weeks=1)


def test_a_planned_drill_that_comes_much_too_late_is_left_out(
    policy: EscalationPolicy, owner: User, now: datetime
) -> None:
    plan = _plan(policy, owner, now)
    sweep_drills(plan.next_at + LATE + timedelta(seconds=1))
    assert not Drill.objects.exists()


# --- Who may


def test_a_manager_drills_a_policy_and_a_member_only_themselves(
    policy: EscalationPolicy, owner: User, member: User, stranger: User, viewer: User, browser_of: Browser
) -> None:
    ask = {"what": f"policy:{policy.pk}", "minutes": "30"}
    for person in (member, stranger):
        assert browser_of(person).post("/drills/new/", ask).status_code == 200
    assert browser_of(viewer).post("/drills/new/", ask).status_code == 404
    assert not Drill.objects.exists()
    assert browser_of(owner).post("/drills/new/", ask).status_code == 302
    mine = {"what": f"person:{member.pk}", "minutes": "30"}
    assert browser_of(stranger).post("/drills/new/", mine).status_code == 200
    assert browser_of(member).post("/drills/new/", mine).status_code == 302
    assert Drill.objects.count() == 2


def test_a_stranger_finds_no_drill_and_a_member_cannot_stop_it(
    drill: Drill, owner: User, member: User, stranger: User, browser_of: Browser
) -> None:
    assert browser_of(stranger).get(f"/drills/{drill.pk}/").status_code == 404
    assert browser_of(stranger).post(f"/drills/{drill.pk}/acknowledge/").status_code == 404
    assert drill.title not in browser_of(stranger).get("/drills/").content.decode()
    assert browser_of(member).get(f"/drills/{drill.pk}/").status_code == 200
    assert browser_of(member).post(f"/drills/{drill.pk}/stop/").status_code == 404
    assert browser_of(owner).post(f"/drills/{drill.pk}/stop/").status_code == 302
    drill.refresh_from_db()
    assert drill.state == DrillState.CANCELLED


def test_a_person_answers_on_the_page_and_the_page_says_how_fast(
    drill: Drill, member: User, browser_of: Browser
) -> None:
    browser = browser_of(member)
    assert "Acknowledge the drill" in browser.get(f"/drills/{drill.pk}/").content.decode()
    browser.post(f"/drills/{drill.pk}/acknowledge/")
    shown = browser.get(f"/drills/{drill.pk}/", headers={"HX-Request": "true"}).content.decode()
    assert "1 of 2 reached so far" in shown
    assert "<html" not in shown
