"""Answers, by the path that pages: oncall.plan.decide, oncall.targets.Crew and notifications.recipients.

Whoever has no usable contact method counts as nobody, as for the sweep (incidents/sweep.py), so that the policy's rule
for empty steps applies. The number of queries does not grow with the number of questions.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from accounts.models import User
from insights.simulator.naming import Names, names_of
from insights.simulator.reading import plans_of, reach
from insights.simulator.values import Answer, Outcome, Paged, Passed, Question, Rung, Told
from notifications.bundles import spacing
from notifications.recipients import NOW, Way, due_at, last_resort, people, reachable, ways
from oncall import plan as plans
from oncall.coverage import Schedule
from oncall.plan import Decision, Plan, Position, Skipped, Target, TargetKind
from oncall.rotation import AnyLayer, Layer
from oncall.simulation import Moment, simulate
from oncall.targets import Crew, WhatIf, crew_of


def answer(question: Question) -> Answer:
    """Who is paged when, how and why, until and with the first round of the fallback."""
    (found,) = answers([question])
    return found


def answers(questions: Sequence[Question]) -> list[Answer]:
    """One for each, in order."""
    if not questions:
        return []
    read = plans_of(questions)
    targets = {target for plan, _name in read for target in plans.targets_of(plan)}
    crews = _crews(questions, [plan for plan, _name in read], targets)
    known = people({person for crew in crews.values() for person in everybody(crew)})
    admins = _Admins()
    names = names_of(targets)
    return [
        _Asked(question, plan, crews[question.what_if], known, names, admins).answer(name)
        for question, (plan, name) in zip(questions, read, strict=True)
    ]


def _crews(
    questions: Sequence[Question], found: Sequence[Plan], targets: Collection[Target]
) -> dict[WhatIf, Crew]:
    """For each set of what-ifs everybody whom the plans may mean, along all the time that the answers may take."""
    spans: defaultdict[WhatIf, list[tuple[datetime, datetime]]] = defaultdict(list)
    for question, plan in zip(questions, found, strict=True):
        spans[question.what_if].append((question.at, question.at + reach(plan)))
    return {
        what_if: crew_of(targets, min(each)[0], max(end for _, end in each), what_if=what_if)
        for what_if, each in spans.items()
    }


def everybody(crew: Crew) -> set[int]:
    """The ids of all whom the crew may name at any moment."""
    found = set(crew.responders)
    for several in (*crew.rings.values(), *crew.teams.values()):
        found.update(several)
    for schedule in crew.schedules.values():
        found |= _standing(schedule)
    return found


def _standing(schedule: Schedule) -> set[int]:
    found = {each.person for each in schedule.overrides}
    for layer in schedule.layers:
        found |= _of_layer(layer)
    return found


def _of_layer(layer: AnyLayer) -> set[int]:
    if isinstance(layer, Layer):
        return {person for person in layer.people if person is not None}
    return {each.person for each in layer.shifts}


def _told(user: User, urgency: str, way: Way, at: datetime) -> Told:
    """As the outbox would have it: quiet hours hold it back, and later pages by it wait for each other."""
    due = due_at(user, urgency, at, way.delay)
    return Told(
        way.method.transport,
        due - at,
        way.method.pk,
        held_until=due if due > at + way.delay else None,
        together=spacing(way.method.transport, way.method.throttle),
        is_own=way.method.throttle is not None,
    )


class _Admins:
    """The installation's admins, read when the first fallback turns out to have nobody."""

    def __init__(self) -> None:
        self._found: list[User] | None = None

    def __call__(self) -> list[User]:
        if self._found is None:
            self._found = list(people(list(User.objects.admins().values_list("pk", flat=True))).values())
        return self._found


@dataclass(frozen=True, slots=True)
class _Asked:
    """One question with all that was read for it."""

    question: Question
    plan: Plan
    crew: Crew
    known: Mapping[int, User]
    names: Names
    admins: _Admins

    def answer(self, policy_name: str) -> Answer:
        facts = self.question.facts
        moments = simulate(self.plan, self.question.at, self._who, facts, self._zone_of)
        rungs = tuple(self._rung(moments, place) for place in range(len(moments)))
        last = moments[-1].decision
        complete = last.kind == "fallback" and last.position.cycle > self.plan.repeats
        channel = (last_resort() or {}).get("transport", "")
        return Answer(self.question, policy_name, facts.urgency, rungs, complete, channel)

    def _who(self, target: Target, at: datetime) -> tuple[int, ...]:
        return tuple(each for each in self.crew.who(target, at) if self._has_method(each))

    def _has_method(self, person: int) -> bool:
        return person in self.known and bool(reachable([self.known[person]]))

    def _zone_of(self, person: int) -> str:
        return self.known[person].time_zone

    def _rung(self, moments: Sequence[Moment], place: int) -> Rung:
        moment, decision = moments[place], moments[place].decision
        following = moments[place + 1].at if place + 1 < len(moments) else None
        before = moments[place - 1].decision if place else None
        paged = [self._paged(each.person, each.targets, moment.at) for each in decision.pages]
        admins = decision.kind == "fallback" and not paged
        if admins:
            paged = [Paged(user, (), self._ways(user, moment.at)) for user in self.admins()]
        return Rung(
            at=moment.at,
            kind=decision.kind,
            step=decision.position.step + 1,
            round=decision.position.cycle + 1,
            people=tuple(paged),
            told=self._told(decision, moment.at),
            passed=tuple(self._passed(each, decision, before, moment.at) for each in decision.skipped),
            unreachable=self._unreachable(self._targets_at(decision.position, decision.kind), moment.at),
            until=following if decision.kind in ("hold", "wait") else None,
            admins=admins,
            again=self.plan.fallback_every if decision.position.cycle > self.plan.repeats else None,
        )

    def _paged(self, person: int, targets: tuple[Target, ...], at: datetime) -> Paged:
        user = self.known[person]
        return Paged(user, tuple(self.names[target] for target in targets), self._ways(user, at))

    def _ways(self, user: User, at: datetime) -> tuple[Told, ...]:
        urgency = self.question.facts.urgency
        found = tuple(_told(user, urgency, way, at) for way in ways(user, urgency))
        last = last_resort()
        return found or (Told(last["transport"] if last else "email", NOW, is_fallback=last is not None),)

    def _told(self, decision: Decision, at: datetime) -> tuple[User, ...]:
        targets = {target for page in decision.pages for target in page.targets}
        wanted = {each for target in targets for each in self.crew.shadows(target, at)}
        return tuple(
            self.known[each] for each in sorted(wanted - set(decision.people)) if self._has_method(each)
        )

    def _targets_at(self, place: Position, kind: str) -> tuple[Target, ...]:
        """Whom the rung itself would page; of a step that pages nobody `_passed` tells."""
        if kind == "fallback":
            return self.plan.fallback
        return self.plan.steps[place.step].targets if kind == "step" else ()

    def _unreachable(self, targets: Collection[Target], at: datetime) -> tuple[User, ...]:
        wanted = dict.fromkeys(
            person
            for target in targets
            if target.kind != TargetKind.ROUND_ROBIN
            for person in self.crew.who(target, at)
        )
        return tuple(self.known[each] for each in wanted if each in self.known and not self._has_method(each))

    def _passed(self, skip: Skipped, decision: Decision, before: Decision | None, at: datetime) -> Passed:
        unreachable: tuple[User, ...] = ()
        if skip.reason == "nobody":
            unreachable = self._unreachable(self.plan.steps[skip.position.step].targets, at)
        return Passed(
            step=skip.position.step + 1,
            round=skip.position.cycle + 1,
            reason=skip.reason,
            detail=skip.detail,
            outcome=_outcome(skip, decision, before),
            unreachable=unreachable,
        )


def _outcome(skip: Skipped, decision: Decision, before: Decision | None) -> Outcome:
    if skip.position != decision.position:
        return "passed"
    if decision.kind == "hold":
        return "held"
    if decision.kind == "wait":
        return "waits"
    was_held = before is not None and before.kind == "hold" and before.position == skip.position
    return "in_vain" if was_held else "fallback"
