"""The simulator's answer is what the sweep then does, and what-ifs change it as the change itself would."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Role, Team, User
from catalog.models import Service
from incidents.actions.opening import Opening, declare_new, open_for_alerts
from incidents.models import Escalation, Incident
from insights.simulator import Answer, Question, answer, answers
from insights.simulator.words import passed_in_words, summary
from notifications.models import Delivery, DeliveryKind
from oncall.coverage import Away
from oncall.coverage import Override as Supposed
from oncall.models import EscalationPolicy, PolicyStep, Schedule, Slot, StepTarget
from oncall.plan_rows import plan_of
from oncall.targets import WhatIf
from tests import making
from tests.insights.setups import START, make_setup

Work = Callable[[datetime], None]
pytestmark = pytest.mark.django_db
FIVE = timedelta(minutes=5)
MOST_TURNS = 600


def told_by(found: Answer) -> list[tuple[object, ...]]:
    """Every page and every notice of the answer: when, to whom, by which method, whether it is waited for."""
    pages = [
        (found.question.at + after, paged.person.pk, way.method, "page") for after, paged, way in found.pages
    ]
    notices = [(rung.at, user.pk, None, "notice") for rung in found.rungs for user in rung.told]
    return sorted([*pages, *notices], key=str)


def sent_about(incident: Incident) -> list[tuple[object, ...]]:
    rows = Delivery.objects.filter(subject=f"incident:{incident.pk}")
    return sorted(
        (
            (
                row.scheduled_at,
                row.user_id,
                row.method_id if row.kind == DeliveryKind.PAGE else None,
                row.kind,
            )
            for row in rows
        ),
        key=str,
    )


def opened(service: Service, severity: int | None, urgency: str, actor: User) -> Incident:
    if severity:
        return declare_new(actor=actor, service=service, title="Down", severity=severity, now=START)
    opening = Opening(service, "Down", "", urgency, "test", START, "An alert came in")
    (incident,) = open_for_alerts(openings=[opening], now=START)
    return incident


def let_run(incident: Incident, repeats: int, work: Work) -> int:
    """Through time, from due time to due time, until and with the first round of the fallback."""
    for turn in range(MOST_TURNS):
        escalation = Escalation.objects.get(incident=incident)
        if escalation.cycle > repeats + 1 or (escalation.cycle == repeats + 1 and escalation.step > 0):
            return turn
        work(escalation.next_step_at)
    raise AssertionError("it never came to the fallback")


@pytest.mark.parametrize("seed", range(16))
def test_the_sweep_does_what_the_simulator_says(seed: int, work: Work, admin: User) -> None:
    setup = make_setup(seed)
    service = setup.service()
    severity, urgency = setup.dice.choice([None, 1, 2, 3, 4]), setup.dice.choice(["high", "low"])
    before = answer(Question(service, START, severity, urgency))
    assert before.complete
    incident = opened(service, severity, urgency, admin)
    let_run(incident, service.policy.repeats, work)
    assert told_by(before) == sent_about(incident)


def test_the_answer_names_whose_turn_it_is_next(team: Team, owner: User, work: Work) -> None:
    people = tuple(making.make_user(name) for name in ("Ada", "Grace", "Edsger"))
    ring = making.make_schedule(team, people)
    policy = making.make_policy(team, (ring,), fallback=(owner,))
    StepTarget.objects.update(which="round_robin")
    service = making.make_service(team, policy)
    for name in ("Ada", "Grace", "Edsger", "Ada"):
        found = answer(Question(service, START))
        assert [str(each.person) for each in found.rungs[0].people] == [name]
        incident = opened(service, None, "high", owner)
        work(START)
        assert Escalation.objects.get(incident=incident).paged == [found.rungs[0].people[0].person.pk]


def asked(service: Service, at: datetime = START, **fields: object) -> Answer:
    return answer(Question(service, at, **fields))  # type: ignore[arg-type] # the tests name the fields


def first_paged(found: Answer) -> list[User]:
    return [each.person for each in found.rungs[0].people]


def test_a_step_with_nobody_is_told_with_those_who_cannot_be_reached(team: Team, owner: User) -> None:
    mute = making.make_user("Mute Person", reachable=False)
    policy = making.make_policy(team, (mute,), (owner,), fallback=(owner,))
    found = asked(making.make_service(team, policy))
    (passed,) = found.rungs[0].passed
    assert passed_in_words(passed) == "Step 1 has nobody: passed over at once"
    assert passed.unreachable == (mute,)
    assert first_paged(found) == [owner]
    assert [rung.kind for rung in found.rungs] == ["step", "fallback"]


def test_a_mute_colleague_stands_beside_those_who_are_paged(team: Team, owner: User) -> None:
    mute = making.make_user("Mute Person", reachable=False)
    found = asked(making.make_service(team, making.make_policy(team, (mute, owner), fallback=(mute,))))
    assert found.rungs[0].unreachable == (mute,)
    assert first_paged(found) == [owner]
    assert found.rungs[1].unreachable == (mute,)


def test_a_fallback_without_anybody_pages_the_admins(team: Team, owner: User, admin: User) -> None:
    bare = making.make_user("Bare Admin", role=Role.ADMIN, reachable=False)
    found = asked(making.make_service(team, making.make_policy(team, (owner,))))
    last = found.rungs[-1]
    assert last.admins
    assert {each.person for each in last.people} == {admin, bare}
    by_account = next(each for each in last.people if each.person == bare)
    assert [way.method for way in by_account.ways] == [None]


def test_a_held_step_says_until_when_and_that_it_was_in_vain(team: Team, owner: User) -> None:
    empty = Schedule.objects.create(team=team, name="Empty")
    policy = making.make_policy(team, (empty,), on_empty="hold", fallback=(owner,))
    held, in_vain, end = asked(making.make_service(team, policy)).rungs
    assert (held.kind, held.until) == ("hold", START + timedelta(hours=1))
    assert in_vain.passed[0].outcome == "in_vain"
    assert (in_vain.kind, in_vain.again, end.again) == ("fallback", None, timedelta(minutes=30))


def test_the_summary_is_one_line(service: Service, member: User, owner: User) -> None:
    words = f"{member} at once (step 1); {owner} after 5 min (step 2); {owner} after 10 min (the fallback)"
    assert summary(asked(service)) == words


def test_an_override_that_is_supposed_pages_its_person(
    service: Service, schedule: Schedule, stranger: User, member: User
) -> None:
    what_if = WhatIf(overrides=((schedule.pk, Supposed(0, START - FIVE, START + FIVE, stranger.pk, 2**62)),))
    assert first_paged(asked(service, what_if=what_if)) == [stranger]
    assert first_paged(asked(service, START + FIVE, what_if=what_if)) == [member]
    assert first_paged(asked(service)) == [member]


def test_somebody_who_is_supposed_to_be_away_is_nobody(service: Service, member: User, owner: User) -> None:
    gone = WhatIf(absences=(Away(member.pk, START - FIVE, START + FIVE),))
    found = asked(service, what_if=gone)
    assert found.rungs[0].passed[0].reason == "nobody"
    assert first_paged(found) == [owner]
    assert first_paged(asked(service, START + FIVE, what_if=gone)) == [member]


def test_another_policy_and_one_that_is_not_saved_stand_in(
    service: Service, policy: EscalationPolicy, team: Team, stranger: User, member: User
) -> None:
    other = making.make_policy(team, (stranger,), fallback=(stranger,))
    assert first_paged(asked(service, policy=other)) == [stranger]
    plan = plan_of(EscalationPolicy.objects.with_steps().get(pk=policy.pk))
    turned = replace(plan, steps=plan.steps[::-1])
    found = asked(service, plan=turned)
    assert [str(rung.people[0].person) for rung in found.rungs[:2]] == ["Olga Owner", str(member)]
    assert Question(service, START, plan=turned).is_supposed
    assert not Question(service, START, policy=policy).is_supposed


def test_asking_costs_the_same_however_much_there_is(team: Team, owner: User) -> None:
    few, many = make_setup(3), make_setup(3_000)
    small, large = few.service(), [many.service() for _ in range(12)]
    for policy in EscalationPolicy.objects.all():
        for position in range(10, 13):
            step = PolicyStep.objects.create(policy=policy, position=position, delay=FIVE)
            StepTarget.objects.create(step=step, schedule=policy.team.schedules.first(), which="round_robin")
            StepTarget.objects.create(step=step, position=1, schedule=policy.team.schedules.last())
            StepTarget.objects.create(step=step, position=2, user=owner)
            StepTarget.objects.create(step=step, position=3, team=policy.team)
    assert Slot.objects.count() > 10
    with CaptureQueriesContext(connection) as one:
        answer(Question(small, START))
    with CaptureQueriesContext(connection) as several:
        answers([Question(each, START, severity) for each in large for severity in (None, 1, 4)])
    assert len(several) <= len(one) + 2  # the admins, when somebody's fallback is nobody
    assert len(one) <= 26
