"""A question about paging, and its answer: what people, programs and assertions read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from accounts.models import User
from catalog.models import Service
from incidents.actions.opening import urgency_of
from notifications.models import Urgency
from oncall.conditions import UNDECLARED, Facts
from oncall.models import EscalationPolicy
from oncall.plan import Plan
from oncall.targets import NOTHING, WhatIf

Kind = Literal["step", "fallback", "hold", "wait"]
Outcome = Literal["passed", "held", "waits", "fallback", "in_vain"]


@dataclass(frozen=True, slots=True)
class Question:
    """An incident of `service` begins at `at`, and nobody answers.

    `severity` is 1 to 4, or None while nobody has declared it: then `urgency` is that of its alert. What-ifs:
    `policy` stands in for the service's, `plan` for what that policy says (its turns are dealt as the policy's are),
    `what_if` has overrides and absences.
    """

    service: Service
    at: datetime
    severity: int | None = None
    urgency: str = Urgency.HIGH
    policy: EscalationPolicy | None = None
    plan: Plan | None = None
    what_if: WhatIf = NOTHING

    @property
    def facts(self) -> Facts:
        """What conditions of steps ask, as of a real incident."""
        urgency = self.urgency if self.severity is None else urgency_of(self.severity)
        return Facts(self.severity or UNDECLARED, self.service.tier, str(urgency), self.service.team_id)

    @property
    def policy_id(self) -> int:
        """By which policy it pages."""
        return self.policy.pk if self.policy else self.service.policy_id

    @property
    def is_supposed(self) -> bool:
        """Whether anything in it is not as it stands."""
        return self.policy_id != self.service.policy_id or self.plan is not None or self.what_if != NOTHING

    @property
    def as_it_stands(self) -> Question:
        """The same without its what-ifs."""
        return replace(self, policy=None, plan=None, what_if=NOTHING)


@dataclass(frozen=True, slots=True)
class Reason:
    """A target that led to somebody; `kind` is that of oncall.plan.TargetKind, `name` of what its `id` names."""

    kind: str
    id: int
    name: str


@dataclass(frozen=True, slots=True)
class Told:
    """One way to reach somebody, `after` they are paged. `method` is the id of their contact method; None is a last
    resort: the installation's fallback where `is_fallback`, else the address of their account.

    `held_until` is the end of their quiet hours where those hold it back, which `after` counts in. Within `together` of
    one page by it further ones are told in one message; the first never waits. `is_own` says that they chose that.
    """

    transport: str
    after: timedelta
    method: int | None = None
    held_until: datetime | None = None
    together: timedelta = timedelta(0)
    is_own: bool = False
    is_fallback: bool = False


@dataclass(frozen=True, slots=True)
class Paged:
    """Somebody who is paged. `because` is empty for an admin whom nothing but the empty fallback leads to."""

    person: User
    because: tuple[Reason, ...]
    ways: tuple[Told, ...]


@dataclass(frozen=True, slots=True)
class Passed:
    """A step that pages nobody: the reason is that of oncall.plan.Skipped, `outcome` is what is done about it.

    `unreachable` would be paged, but have no way in which they can be.
    """

    step: int
    round: int
    reason: Literal["nobody", "no_targets", "condition", "hours"]
    detail: str
    outcome: Outcome
    unreachable: tuple[User, ...] = ()

    @property
    def is_amiss(self) -> bool:
        """Whether people are missing; a step that is for other incidents or hours is as it should be."""
        return self.reason in ("nobody", "no_targets")


@dataclass(frozen=True, slots=True)
class Rung:
    """What happens at one due time. `step` and `round` count from 1; the last rung is the first of the fallback's
    rounds, which then come each `again`.

    `until` is when a step that is held or waits is looked at again with another outcome. `told` shadow and are not
    waited for; `unreachable` are those of this very step.
    """

    at: datetime
    kind: Kind
    step: int
    round: int
    people: tuple[Paged, ...] = ()
    told: tuple[User, ...] = ()
    passed: tuple[Passed, ...] = ()
    unreachable: tuple[User, ...] = ()
    until: datetime | None = None
    admins: bool = False
    again: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """The rungs in order of time. `complete` is false where there were too many due times to follow to the fallback."""

    question: Question
    policy_name: str
    urgency: str
    rungs: tuple[Rung, ...]
    complete: bool = True
    # The channel by which pages go for whoever cannot be reached; empty where the installation has no fallback.
    last_resort: str = ""

    @property
    def pages(self) -> Iterator[tuple[timedelta, Paged, Told]]:
        """Every message to somebody who is waited for, with the time since the start."""
        for rung in self.rungs:
            for paged in rung.people:
                for way in paged.ways:
                    yield rung.at - self.question.at + way.after, paged, way

    @property
    def first_page_after(self) -> timedelta | None:
        """How long until anybody hears of it; None when nobody ever does."""
        return min((after for after, _paged, _way in self.pages), default=None)

    @property
    def first_paged(self) -> tuple[User, ...]:
        """Who hears of it first; empty when nobody ever does."""
        first = self.first_page_after
        return tuple(dict.fromkeys(paged.person for after, paged, _way in self.pages if after == first))

    @property
    def amiss(self) -> tuple[Passed, ...]:
        """Steps that have nobody, each once."""
        found = {
            (each.step, each.outcome): each for rung in self.rungs for each in rung.passed if each.is_amiss
        }
        return tuple(found.values())
