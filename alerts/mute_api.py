"""Mutes by the API."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api import actor_of
from accounts.models import Team, User
from alerts import queries_rules as rules
from alerts.actions import mutes as actions
from alerts.models import Mute
from alerts.mute_forms import within
from alerts.rule_serializers import MuteBody, MuteQuery, MuteSerializer, NewMuteBody
from catalog.models import Service
from lib.rest import ID, checked_query
from oncall.api.asking import checked, refusals

STATES: dict[str, dict[str, Any]] = {
    "now": {"ended_at": None, "is_open": True},
    "ahead": {"ended_at": None, "is_open": False},
    "over": {"ended_at__isnull": False},
}


class MuteViewSet(viewsets.GenericViewSet[Mute]):
    """What is silent. Responders mute their teams' services; a mute of no team is an admin's."""

    serializer_class = MuteSerializer
    queryset = rules.mutes_readable().order_by("-pk")
    lookup_value_regex = ID

    @extend_schema(summary="Mutes", parameters=[MuteQuery])
    def list(self, request: Request) -> Response:
        """The newest first."""
        page = self.paginate_queryset(self._matching(request))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @extend_schema(summary="A mute")
    def retrieve(self, request: Request, pk: str) -> Response:
        """One mute, with what it holds back and when it holds next."""
        return Response(self.get_serializer(self.get_object()).data)

    @extend_schema(summary="Mute", request=NewMuteBody, responses={201: MuteSerializer})
    def create(self, request: Request) -> Response:
        """From now or from `starts_at` on, of services, of alerts that match, or both."""
        fields, actor, now = checked(NewMuteBody(data=request.data)), actor_of(request), timezone.now()
        with refusals():
            row = actions.make_mute(
                actor=actor, now=now, **{"starts_at": now, **_allowed(actor, fields, None)}
            )
        return self._shown(row.pk, 201)

    @extend_schema(summary="Change a mute", request=MuteBody, responses=MuteSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """What is left out stays. 409 where it is over."""
        row, actor = self._changeable(request, pk), actor_of(request)
        fields = _allowed(actor, checked(MuteBody(data=request.data)), row)
        with refusals():
            actions.change_mute(actor=actor, mute=row, now=timezone.now(), **fields)
        return self._shown(row.pk)

    @extend_schema(summary="End a mute", request=None, responses=MuteSerializer)
    @action(detail=True, methods=["post"])
    def end(self, request: Request, pk: str) -> Response:
        """Over now; what still fires is looked at again. A second time changes nothing."""
        row = self._changeable(request, pk)
        actions.end_mute(actor=actor_of(request), mute=row, now=timezone.now())
        return self._shown(row.pk)

    def _matching(self, request: Request) -> QuerySet[Mute]:
        asked = checked_query(MuteQuery, request)
        found = self.get_queryset().filter(**STATES.get(asked.get("state", ""), {}))
        return found.filter(team__slug=asked["team"]) if "team" in asked else found

    def _changeable(self, request: Request, pk: str) -> Mute:
        return get_object_or_404(rules.mutes_changeable_by(actor_of(request)), pk=int(pk))

    def _shown(self, pk: int, status: int = 200) -> Response:
        return Response(self.get_serializer(rules.mutes_readable().get(pk=pk)).data, status=status)


def _allowed(actor: User, fields: dict[str, Any], row: Mute | None) -> dict[str, Any]:
    """What `actor` may ask for: their own teams' services, and without services their own team's alerts alone."""
    teams = rules.teams_muting(actor)
    services = fields.get("services", list(row.services.all()) if row else [])
    theirs = set(teams.filter(pk__in={each.team_id for each in services}).values_list("pk", flat=True))
    if "services" in fields and any(each.team_id not in theirs for each in services):
        raise ValidationError({"services": ["They are not all yours to mute."]})
    if "team" in fields and fields["team"] is not None:
        fields["team"] = teams.filter(slug=fields["team"]).first()
        if fields["team"] is None:
            raise ValidationError({"team": ["There is no such team, or it is not yours."]})
    elif "team" not in fields:
        fields["team"] = row.team if row else _default(actor, services)
    team = fields["team"]
    if team is None and not actor.is_admin:
        raise PermissionDenied("A mute of no team is made by admins.")
    if not services and team is not None:
        fields["matchers"] = within(fields.get("matchers", row.matchers if row else []), team)
    return fields


def _default(actor: User, services: Sequence[Service]) -> Team | None:
    """Whose it is where nothing is said."""
    if services:
        return services[0].team
    return None if actor.is_admin else rules.teams_muting(actor).first()
