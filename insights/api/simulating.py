"""Who would be paged: the simulator."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from catalog.models import Service
from insights.api.permissions import MayAsk
from insights.forms.simulator import NEWEST
from insights.serializers.answers import AnswerShown, shown
from insights.serializers.questions import QuestionBody
from insights.simulator import Question, answer
from oncall.api import OnCallViewSet
from oncall.api.asking import checked, known
from oncall.api.drafting import fallback_of, step_drafts
from oncall.coverage import Away, Override, OverrideKind
from oncall.drafts import cannot_be_paged
from oncall.models import EscalationPolicy, Schedule
from oncall.plan import Plan
from oncall.plan_rows import plan_from
from oncall.policy_revisions import drafts_of
from oncall.targets import WhatIf

Given = Mapping[str, Any]


class AskingOnCallViewSet(OnCallViewSet):
    """Who is on call, and who would be paged."""

    @extend_schema(
        summary="Who would be paged",
        operation_id="oncall_simulate",
        request=QuestionBody,
        responses=AnswerShown,
    )
    @action(detail=False, methods=["post"], permission_classes=[MayAsk])
    def simulate(self, request: Request) -> Response:
        """Step by step to the first round of the fallback, by the path that pages. Nothing is stored: tokens that may
        only read may ask."""
        return Response(shown(answer(_question(checked(QuestionBody(data=request.data))))))


def _question(asked: Given) -> Question:
    """With things in place of their names. Raises ValidationError by place."""
    service = Service.objects.live().filter(slug=asked["service"]).first()
    if service is None:
        raise ValidationError({"service": ["There is no such service."]})
    policy = known(EscalationPolicy.objects.all(), asked.get("policy"), "policy")
    return Question(
        service=service,
        at=asked.get("at") or timezone.now(),
        severity=asked["severity"],
        urgency=asked["urgency"],
        policy=policy,
        plan=_plan(asked["draft"], policy.pk if policy else service.policy_id) if "draft" in asked else None,
        what_if=_what_if(asked.get("overrides", ()), asked.get("absences", ())),
    )


def _plan(draft: Given, policy_id: int) -> Plan:
    stored = EscalationPolicy.objects.with_steps().get(pk=policy_id)
    repeats, on_empty = draft.get("repeats", stored.repeats), draft.get("on_empty", stored.on_empty)
    with _within("draft"):
        steps = step_drafts(draft["steps"]) if "steps" in draft else drafts_of(stored)
        people = draft.get("fallback_people")
        fallback = list(stored.fallback_people.all()) if people is None else fallback_of(people)
    return plan_from(steps, fallback, repeats, on_empty)


@contextmanager
def _within(place: str) -> Iterator[None]:
    """What is wrong lies in that part of the body."""
    try:
        yield
    except ValidationError as error:
        wrong: Any = error.detail
        raise ValidationError({f"{place}.{key}": inner for key, inner in wrong.items()}) from error


def _what_if(overrides: Iterable[Given], absences: Iterable[Given]) -> WhatIf:
    overrides, absences = list(overrides), list(absences)
    people = _people(overrides, absences)
    schedules = Schedule.objects.in_bulk({each["schedule"] for each in overrides})
    for place, each in enumerate(overrides):
        if each["schedule"] not in schedules:
            raise ValidationError({f"overrides.{place}.schedule": ["There is no such schedule."]})
        if not people[each["user"]].can_respond:
            raise ValidationError({f"overrides.{place}.user": [cannot_be_paged(people[each["user"]])]})
        if each.get("replaces") and each["kind"] != OverrideKind.REPLACE:
            raise ValidationError({f"overrides.{place}.replaces": ["Only who stands in replaces somebody."]})
    return WhatIf(
        tuple((each["schedule"], _override(each, place)) for place, each in enumerate(overrides)),
        tuple(Away(each["user"], each["starts_at"], each["ends_at"]) for each in absences),
    )


def _people(overrides: Iterable[Given], absences: Iterable[Given]) -> dict[int, User]:
    named = {
        f"{kind}.{place}.{key}": number
        for kind, listed in (("overrides", overrides), ("absences", absences))
        for place, each in enumerate(listed)
        for key in ("user", "replaces")
        if (number := each.get(key))
    }
    people: dict[int, User] = User.objects.in_bulk(set(named.values()))
    wrong = {place: ["There is no such person."] for place, number in named.items() if number not in people}
    if wrong:
        raise ValidationError(wrong)
    return people


def _override(each: Given, place: int) -> Override:
    """Over all that are stored, and over those before it."""
    return Override(
        id=place,
        start=each["starts_at"],
        end=each["ends_at"],
        person=each["user"],
        created_seq=NEWEST + place,
        replaces=each.get("replaces"),
        kind=OverrideKind(each["kind"]),
    )
