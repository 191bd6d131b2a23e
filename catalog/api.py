"""Reading about services."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api import actor_of
from catalog import actions
from catalog.models import Service
from catalog.queries import health_of, on_call_for
from catalog.serializers import ServiceBody, ServiceQuery, ServiceSerializer, Shown
from lib.rest import SLUG, checked_query
from oncall.api.asking import checked, refusals


class ServiceViewSet(viewsets.GenericViewSet[Any]):
    """What the organisation runs. Services are named by their slug."""

    serializer_class = ServiceSerializer
    queryset = Service.objects.select_related("team", "policy").prefetch_related("depends_on", "aliases")
    lookup_field = "slug"
    lookup_value_regex = SLUG

    @extend_schema(summary="Services", parameters=[ServiceQuery])
    def list(self, request: Request) -> Response:
        """Services by name, each with its health and with whom it would page first now."""
        page = self.paginate_queryset(self._matching(request)) or []
        return self.get_paginated_response(self.get_serializer(shown(page), many=True).data)

    @extend_schema(summary="A service")
    def retrieve(self, request: Request, slug: str) -> Response:
        """One service, also one that was put away."""
        [row] = shown([self.get_object()])
        return Response(self.get_serializer(row).data)

    @extend_schema(summary="Change how a service groups", request=ServiceBody, responses=ServiceSerializer)
    def partial_update(self, request: Request, slug: str) -> Response:
        """Its grouping and its other names. Managers of its team and admins; what is left out stays."""
        actor = actor_of(request)
        row = get_object_or_404(Service.objects.changeable_by(actor), slug=slug)
        fields = checked(ServiceBody(data=request.data))
        stays: dict[str, Any] = {"name": row.name, "team": row.team, "policy": row.policy}
        with refusals():
            actions.update_service(actor=actor, now=timezone.now(), service=row, **stays, **fields)
        [found] = shown([self.get_object()])
        return Response(self.get_serializer(found).data)

    def _matching(self, request: Request) -> QuerySet[Service]:
        asked = checked_query(ServiceQuery, request)
        found = self.get_queryset().filter(archived_at__isnull=not asked.get("archived", False))
        if "team" in asked:
            found = found.filter(team__slug=asked["team"])
        if "tier" in asked:
            found = found.filter(tier=asked["tier"])
        return found


def shown(services: Iterable[Service]) -> list[Shown]:
    """The services with their health and who is on call for them, in a fixed number of queries."""
    listed = list(services)
    health = health_of([each.pk for each in listed])
    on_call = on_call_for(listed, timezone.now())
    return [Shown(each, health[each.pk], on_call[each.pk]) for each in listed]
