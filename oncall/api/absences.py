"""Time off: one's own, and that of the people for whom one may speak."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import viewsets
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api import actor_of
from accounts.models import Membership, Team, User
from lib.rest import ID, checked_query
from oncall import access, actions
from oncall.actions.absences import LONGEST
from oncall.api.asking import checked, refusals
from oncall.conflicts import Conflict, conflicts_of
from oncall.models import Absence
from oncall.serializers import absences as shapes


class AbsenceViewSet(viewsets.GenericViewSet[Any]):
    """When people are away. Managers see and enter it for the people of their teams, admins for everybody."""

    serializer_class = shapes.AbsenceDetail
    queryset = Absence.objects.select_related("user", "feed")
    lookup_value_regex = ID

    @extend_schema(
        summary="Time off",
        parameters=[shapes.AbsenceQuery],
        responses=shapes.AbsenceSerializer(many=True),
    )
    def list(self, request: Request) -> Response:
        """Yours and that of those for whom you may speak, by start; what is over or withdrawn is left out."""
        asked = checked_query(shapes.AbsenceQuery, request)
        page = self.paginate_queryset(_matching(actor_of(request), asked))
        return self.get_paginated_response(shapes.AbsenceSerializer(page, many=True).data)

    @extend_schema(summary="A time off")
    def retrieve(self, request: Request, pk: str) -> Response:
        """With the shifts that it touches."""
        return _shown(_readable(actor_of(request)), int(pk))

    @extend_schema(summary="Enter time off", request=shapes.NewAbsence, responses={201: shapes.AbsenceDetail})
    def create(self, request: Request) -> Response:
        """It changes no schedule: the shifts that it touches are named, and can be asked to be covered."""
        fields, actor = checked(shapes.NewAbsence(data=request.data)), actor_of(request)
        person = _person(actor, fields.pop("user", None))
        fields["covers"] = _covers(fields, person)
        with refusals():
            made = actions.add_absence(actor=actor, now=timezone.now(), user=person, **fields)
        return _shown(Absence.objects.all(), made.pk, status=201)

    @extend_schema(summary="Change time off", request=shapes.AbsencePart)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Other ends, another note. What a calendar says is changed there: a 409."""
        subject = access.changeable_absence(actor_of(request), int(pk))
        given = checked(shapes.AbsencePart(data=request.data))
        fields = {**{name: getattr(subject, name) for name in ("starts_at", "ends_at", "note")}, **given}
        fields["covers"] = _covers(fields, subject.user)
        with refusals():
            actions.change_absence(actor=actor_of(request), now=timezone.now(), absence=subject, **fields)
        return _shown(Absence.objects.all(), subject.pk)

    @extend_schema(summary="Withdraw time off", responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """As if it had not been entered; one that has begun ends now."""
        subject = access.changeable_absence(actor_of(request), int(pk))
        with refusals():
            actions.withdraw_absence(actor=actor_of(request), now=timezone.now(), absence=subject)
        return Response(status=204)


def _readable(actor: User) -> QuerySet[Absence]:
    """Of oneself, of the people of the teams that one manages, for an admin of all."""
    found = Absence.objects.filter(withdrawn_at=None)
    if actor.is_admin:
        return found
    led = Membership.objects.filter(team__in=Team.objects.changeable_by(actor)).values("user")
    return found.filter(Q(user=actor) | Q(user__in=led))


def _matching(actor: User, asked: dict[str, Any]) -> QuerySet[Absence]:
    found = _readable(actor).filter(ends_at__gt=asked.get("since") or timezone.now())
    if "until" in asked:
        found = found.filter(starts_at__lt=asked["until"])
    if "user" in asked:
        found = found.filter(user=asked["user"])
    if "team" in asked:
        found = found.filter(user__in=Membership.objects.filter(team__slug=asked["team"]).values("user"))
    return found.select_related("user", "feed").order_by("starts_at", "id")


def _person(actor: User, number: int | None) -> User:
    """Whose time off it is. Raises ValidationError when `actor` may not speak for them."""
    person = User.objects.filter(pk=number).first() if number else actor
    if person is None or not access.may_speak_for(actor, person):
        raise ValidationError({"user": ["There is no such person, or you may not enter time off for them."]})
    return person


def _covers(fields: dict[str, Any], person: User) -> list[Conflict]:
    """The shifts to be covered, when that is asked for; those for which cover is asked already are left out."""
    if not fields.pop("ask_for_cover"):
        return []
    asked = Absence(user=person, starts_at=fields["starts_at"], ends_at=fields["ends_at"])
    return [each for each in _touched(asked) if each.request is None]


def _touched(absence: Absence) -> list[Conflict]:
    now, start, end = timezone.now(), absence.starts_at, absence.ends_at
    if end <= max(start, now) or end - start > LONGEST:
        return []
    return conflicts_of(absence.user, max(start, now), end, [absence])


def _shown(among: QuerySet[Absence], number: int, status: int = 200) -> Response:
    found = get_object_or_404(among.select_related("user", "feed"), pk=number)
    body = shapes.AbsenceDetail(found, context={"conflicts": _touched(found)}).data
    return Response(body, status=status)
