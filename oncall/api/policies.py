"""Escalation policies: reading, changing, undoing."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api import actor_of
from accounts.models import Team
from lib.rest import ID, checked_query
from oncall import access, actions
from oncall.api.asking import changeable_team, checked, matched, refusals, tag_of, with_change
from oncall.api.drafting import fallback_of, step_drafts
from oncall.api.headers import IF_MATCH
from oncall.models import EscalationPolicy
from oncall.policy_revisions import drafts_of
from oncall.serializers import policies as shown
from oncall.serializers import rules as taken
from oncall.serializers.definitions import Undoing
from oncall.serializers.schedules import RevisionSerializer

_OWN = ("name", "description", "repeats", "on_empty", "binding")


class PolicyViewSet(viewsets.GenericViewSet[Any]):
    """Who is paged, in which order."""

    serializer_class = shown.PolicySerializer
    queryset = EscalationPolicy.objects.all()
    lookup_value_regex = ID

    @extend_schema(summary="Escalation policies", parameters=[taken.PolicyQuery])
    def list(self, request: Request) -> Response:
        """By team and name, with their steps."""
        asked = checked_query(taken.PolicyQuery, request)
        found = _whole().order_by("team__name", "name", "id")
        if "team" in asked:
            if not Team.objects.filter(slug=asked["team"]).exists():
                raise Http404
            found = found.filter(team__slug=asked["team"])
        return self._page(found, shown.PolicySerializer)

    @extend_schema(summary="An escalation policy")
    def retrieve(self, request: Request, pk: str) -> Response:
        """With its steps. The `ETag` is for `If-Match`."""
        return self._shown(int(pk))

    @extend_schema(
        summary="Make an escalation policy", request=taken.NewPolicy, responses={201: shown.PolicySerializer}
    )
    def create(self, request: Request) -> Response:
        """For managers of the team, and admins. Somebody must be paged at last."""
        fields = checked(taken.NewPolicy(data=request.data))
        team = changeable_team(actor_of(request), fields.pop("team"))
        made = self._saved(request, None, team, _given(fields))
        place = request.build_absolute_uri(f"{request.path}/{made.pk}")
        return self._shown(made.pk, status=201, Location=place)

    @extend_schema(summary="Replace an escalation policy", parameters=[IF_MATCH], request=taken.WholePolicy)
    def update(self, request: Request, pk: str) -> Response:
        """All of it. What is escalating goes on as `binding` says; steps that are named by their `uid` are the same
        steps. A later change than `seen` is a 409, than `If-Match` a 412."""
        subject = access.changeable_policy(actor_of(request), int(pk))
        matched(request, subject)
        fields = checked(taken.WholePolicy(data=request.data))
        self._saved(request, subject, subject.team, _given(fields))
        return self._shown(subject.pk)

    @extend_schema(summary="Change an escalation policy", parameters=[IF_MATCH], request=taken.PolicyPart)
    def partial_update(self, request: Request, pk: str) -> Response:
        """What is left out stays as it is; `steps`, when given, are all of them."""
        subject = access.changeable_policy(actor_of(request), int(pk))
        seen = matched(request, subject)
        fields = _given(checked(taken.PolicyPart(data=request.data)))
        self._saved(request, subject, subject.team, {"seen": seen, **_stored(subject), **fields})
        return self._shown(subject.pk)

    @extend_schema(summary="Delete an escalation policy", parameters=[IF_MATCH], responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """While a service uses it: a 409."""
        subject = access.changeable_policy(actor_of(request), int(pk))
        matched(request, subject)
        with refusals():
            actions.delete_policy(actor=actor_of(request), now=timezone.now(), policy=subject)
        return Response(status=204)

    @extend_schema(
        summary="Undo the last change of an escalation policy", parameters=[IF_MATCH], request=Undoing
    )
    @action(detail=True, methods=["post"])
    def undo(self, request: Request, pk: str) -> Response:
        """It is what it was before its last change; undoing once more does that again."""
        subject = access.changeable_policy(actor_of(request), int(pk))
        matched(request, subject)
        fields = checked(Undoing(data=request.data))
        with refusals():
            actions.undo_policy_change(actor=actor_of(request), now=timezone.now(), policy=subject, **fields)
        return self._shown(subject.pk)

    @extend_schema(summary="Changes of an escalation policy", responses=RevisionSerializer(many=True))
    @action(detail=True)
    def revisions(self, request: Request, pk: str) -> Response:
        """The latest first, each with the whole before and after it."""
        found = self.get_object().revisions.select_related("actor", "undoes").order_by("-number")
        return self._page(found, RevisionSerializer)

    def _saved(
        self, request: Request, subject: EscalationPolicy | None, team: Team, values: dict[str, Any]
    ) -> EscalationPolicy:
        with refusals():
            return actions.save_policy(
                actor=actor_of(request), now=timezone.now(), policy=subject, team=team, **values
            )

    def _shown(self, number: int, status: int = 200, **headers: str) -> Response:
        body = shown.PolicySerializer(get_object_or_404(_whole(), pk=number)).data
        return Response(body, status=status, headers={**tag_of(body["change"]), **headers})

    def _page(self, found: QuerySet[Any], shape: type[Any]) -> Response:
        return self.get_paginated_response(shape(self.paginate_queryset(found), many=True).data)


def _whole() -> QuerySet[EscalationPolicy]:
    named = (f"steps__targets__{each}" for each in ("user", "schedule", "team"))
    found = EscalationPolicy.objects.select_related("team").prefetch_related(*named, "fallback_people")
    return with_change(found, "policy")


def _given(fields: dict[str, Any]) -> dict[str, Any]:
    """What was sent, with people, schedules and teams in place of numbers."""
    made = dict(fields)
    if "steps" in fields:
        made["steps"] = step_drafts(fields["steps"])
    if "fallback_people" in fields:
        made["fallback_people"] = fallback_of(fields["fallback_people"])
    return made


def _stored(subject: EscalationPolicy) -> dict[str, Any]:
    subject.refresh_from_db(fields=_OWN)
    return {
        **{key: getattr(subject, key) for key in _OWN},
        "steps": drafts_of(subject),
        "fallback_people": list(subject.fallback_people.all()),
    }
