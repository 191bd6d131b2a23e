"""Routes by the API."""

from __future__ import annotations

from typing import Any

from django.db.models import F
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api import actor_of
from accounts.models import User
from alerts import queries_rules as rules
from alerts.actions import routes as actions
from alerts.models import Integration, Route
from alerts.rule_serializers import (
    MoveBody,
    NewRouteBody,
    RouteBody,
    RouteQuery,
    RouteSerializer,
    TrialSerializer,
    door_of,
)
from alerts.trial import tried
from lib.rest import ID, checked_query
from oncall.api.asking import checked, refusals


class RouteViewSet(viewsets.GenericViewSet[Route]):
    """What becomes of alerts. Managers of an integration's team change its routes, admins those for all."""

    serializer_class = RouteSerializer
    queryset = rules.routes_readable().order_by(F("integration").asc(nulls_last=True), "position", "id")
    lookup_value_regex = ID

    @extend_schema(summary="Routes", parameters=[RouteQuery])
    def list(self, request: Request) -> Response:
        """By integration, in the order in which they are asked; those for all come last."""
        page = self.paginate_queryset(self.get_queryset().filter(**checked_query(RouteQuery, request)))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @extend_schema(summary="A route")
    def retrieve(self, request: Request, pk: str) -> Response:
        """One route."""
        return Response(self.get_serializer(self.get_object()).data)

    @extend_schema(summary="Make a route", request=NewRouteBody, responses={201: RouteSerializer})
    def create(self, request: Request) -> Response:
        """The last of its integration's; without an integration one for all, which admins make."""
        fields, actor = checked(NewRouteBody(data=request.data)), actor_of(request)
        door = _door(actor, fields.pop("integration", None))
        with refusals():
            row = actions.add_route(actor=actor, integration=door, now=timezone.now(), **fields)
        return Response(self.get_serializer(row).data, status=201)

    @extend_schema(summary="Try a route", request=NewRouteBody, responses=TrialSerializer)
    @action(detail=False, methods=["post"], url_path="try")
    def try_out(self, request: Request) -> Response:
        """What it would have made of the last hundred events, as the last of its integration's. Writes nothing."""
        fields, actor = checked(NewRouteBody(data=request.data)), actor_of(request)
        return _trial(_door(actor, fields.pop("integration", None)), None, fields)

    @extend_schema(summary="Change a route", request=RouteBody, responses=RouteSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """What is left out stays, and so does its place."""
        row, fields = self._changeable(request, pk), checked(RouteBody(data=request.data))
        with refusals():
            row = actions.change_route(actor=actor_of(request), route=row, now=timezone.now(), **fields)
        return Response(self.get_serializer(row).data)

    @extend_schema(
        operation_id="routes_try_change",
        summary="Try a change of a route",
        request=RouteBody,
        responses=TrialSerializer,
    )
    @action(detail=True, methods=["post"], url_path="try")
    def try_change(self, request: Request, pk: str) -> Response:
        """The same for one that stands, in its place, with what is sent. Writes nothing."""
        row, fields = self._changeable(request, pk), checked(RouteBody(data=request.data))
        return _trial(row.integration, row, fields)

    @extend_schema(summary="Move a route", request=MoveBody, responses=RouteSerializer)
    @action(detail=True, methods=["post"])
    def move(self, request: Request, pk: str) -> Response:
        """One place up or down among its neighbours."""
        row, fields = self._changeable(request, pk), checked(MoveBody(data=request.data))
        actions.move_route(actor=actor_of(request), route=row, now=timezone.now(), **fields)
        return Response(self.get_serializer(rules.routes_readable().get(pk=row.pk)).data)

    @extend_schema(summary="Remove a route", responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """It is gone; alerts that went by it stay where they are."""
        actions.remove_route(actor=actor_of(request), route=self._changeable(request, pk))
        return Response(status=204)

    def _changeable(self, request: Request, pk: str) -> Route:
        return get_object_or_404(rules.routes_changeable_by(actor_of(request)), pk=int(pk))


def _door(actor: User, number: int | None) -> Integration | None:
    """Where it is made; raises PermissionDenied for one that holds for all, where no admin asks."""
    if number is None and not actor.is_admin:
        raise PermissionDenied("Routes for all integrations are made by admins.")
    return door_of(number, Integration.objects.changeable_by(actor).select_related("service__team"))


def _trial(door: Integration | None, row: Route | None, fields: dict[str, Any]) -> Response:
    with refusals():
        draft = actions.drafted(integration=door, now=timezone.now(), route=row, **fields)
    return Response(TrialSerializer(tried(draft)).data)
