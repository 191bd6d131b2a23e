"""Requests for cover between colleagues."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import Q, QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api import actor_of
from accounts.models import Membership, Team, User
from lib.intervals import Interval
from lib.rest import ID, checked_query
from oncall import access, actions
from oncall.api.asking import checked, known, refusals
from oncall.models import CoverRequest, CoverState, Schedule
from oncall.serializers import absences as shapes


class CoverRequestViewSet(viewsets.GenericViewSet[Any]):
    """Who asks whom to take over. Its two sides, the schedule's team and admins see a request."""

    serializer_class = shapes.CoverRequestSerializer
    queryset = CoverRequest.objects.select_related("schedule__team", "asker", "asked", "taken_by")
    lookup_value_regex = ID

    @extend_schema(summary="Requests for cover", parameters=[shapes.CoverQuery])
    def list(self, request: Request) -> Response:
        """By the start of the time that is asked for."""
        asked = checked_query(shapes.CoverQuery, request)
        page = self.paginate_queryset(_matching(self.get_queryset(), actor_of(request), asked))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @extend_schema(summary="A request for cover")
    def retrieve(self, request: Request, pk: str) -> Response:
        """How it stands."""
        return self._shown(access.readable_cover(actor_of(request), int(pk)))

    @extend_schema(
        summary="Ask for cover", request=shapes.NewCover, responses={201: shapes.CoverRequestSerializer}
    )
    def create(self, request: Request) -> Response:
        """For time in which the asker is on call. Whoever is asked is mailed; the asker stays on call until somebody
        accepts."""
        fields, actor = checked(shapes.NewCover(data=request.data)), actor_of(request)
        schedules = Schedule.objects.select_related("team")
        fields["schedule"] = known(schedules, fields["schedule"], "schedule")
        fields["asked"] = known(User.objects.all(), fields.get("asked"), "asked")
        fields["asker"] = _asker(actor, fields.get("asker"))
        swap = fields.pop("swap", None)
        fields["swap"] = Interval(swap["starts_at"], swap["ends_at"]) if swap else None
        with refusals():
            made = actions.ask_for_cover(actor=actor, now=timezone.now(), **fields)
        return self._shown(made, status=201)

    @extend_schema(summary="Accept a request for cover", request=None)
    @action(detail=True, methods=["post"])
    def accept(self, request: Request, pk: str) -> Response:
        """You are on call in their place, and the other way round in a swap. The first one wins; when it cannot be
        taken over any more, the 409 says why."""
        return self._moved(request, int(pk), actions.accept_cover)

    @extend_schema(summary="Decline a request for cover", request=None)
    @action(detail=True, methods=["post"])
    def decline(self, request: Request, pk: str) -> Response:
        """For the one who was asked by name."""
        return self._moved(request, int(pk), actions.decline_cover)

    @extend_schema(summary="Withdraw a request for cover", request=None)
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, pk: str) -> Response:
        """For the one who asks, and those who may speak for them."""
        return self._moved(request, int(pk), actions.withdraw_cover)

    def _moved(self, request: Request, number: int, move: Callable[..., CoverRequest]) -> Response:
        subject = access.readable_cover(actor_of(request), number)
        with refusals():
            moved = move(actor=actor_of(request), now=timezone.now(), request=subject)
        return self._shown(moved)

    def _shown(self, subject: CoverRequest, status: int = 200) -> Response:
        found = get_object_or_404(self.get_queryset(), pk=subject.pk)
        return Response(self.get_serializer(found).data, status=status)


def _matching(found: QuerySet[CoverRequest], actor: User, asked: dict[str, Any]) -> QuerySet[CoverRequest]:
    found = found.filter(_readable(actor))
    if "state" in asked:
        found = found.filter(_in_states(asked["state"]))
    if "schedule" in asked:
        found = found.filter(schedule=asked["schedule"])
    if "team" in asked:
        found = found.filter(schedule__team__slug=asked["team"])
    if asked.get("mine"):
        teams = actor.memberships.values("team")
        to_any = Q(asked=None, schedule__team__in=teams)
        found = found.filter(Q(asker=actor) | Q(asked=actor) | Q(taken_by=actor) | to_any)
    return found.order_by("starts_at", "id")


def _readable(actor: User) -> Q:
    """As `access.readable_cover` has it."""
    if actor.is_admin:
        return Q()
    sides = Q(asker=actor) | Q(asked=actor) | Q(taken_by=actor)
    if not actor.can_respond:
        return sides
    led = Membership.objects.filter(team__in=Team.objects.changeable_by(actor)).values("user")
    return sides | Q(schedule__team__in=actor.memberships.values("team")) | Q(asker__in=led)


def _in_states(states: list[str]) -> Q:
    """Open requests whose end has passed are expired, whether or not that was written down yet."""
    over = Q(state=CoverState.OPEN, ends_at__lte=timezone.now())
    found = Q(state__in=states) & ~over
    return found | over if CoverState.EXPIRED in states else found


def _asker(actor: User, number: int | None) -> User:
    person = User.objects.filter(pk=number).first() if number else actor
    if person is None or not access.may_speak_for(actor, person):
        raise ValidationError({"asker": ["There is no such person, or you may not ask in their name."]})
    return person
