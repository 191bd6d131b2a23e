"""Overrides of a schedule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api import actor_of
from accounts.models import User
from lib.rest import ID, checked_query
from oncall import access, actions
from oncall.api.asking import checked, known, refusals
from oncall.api.drafting import override_drafts
from oncall.serializers import overrides as shapes

if TYPE_CHECKING:
    from rest_framework.viewsets import GenericViewSet

    _Base = GenericViewSet[Any]
else:
    _Base = object

NUMBER = OpenApiParameter("override", int, OpenApiParameter.PATH, description="The number of an override.")


class OverridesMixin(_Base):
    """The part of the schedules' view that is about their overrides."""

    @extend_schema(
        summary="Overrides",
        parameters=[shapes.OverrideQuery],
        responses=shapes.OverrideSerializer(many=True),
    )
    @action(detail=True)
    def overrides(self, request: Request, pk: str) -> Response:
        """Those that are not over, by start; those that were withdrawn are left out."""
        asked = checked_query(shapes.OverrideQuery, request)
        found = self.get_object().overrides.filter(
            withdrawn_at=None, ends_at__gt=asked.get("since") or timezone.now()
        )
        if "until" in asked:
            found = found.filter(starts_at__lt=asked["until"])
        page = self.paginate_queryset(found.select_related("user", "replaces", "created_by"))
        return self.get_paginated_response(shapes.OverrideSerializer(page, many=True).data)

    @extend_schema(
        summary="Override a schedule",
        request=shapes.NewOverride,
        responses={201: shapes.OverrideSerializer},
    )
    @overrides.mapping.post
    def add_override(self, request: Request, pk: str) -> Response:
        """For responders of the schedule's team, its managers, and admins."""
        schedule = access.overridable_schedule(actor_of(request), int(pk))
        fields = checked(shapes.NewOverride(data=request.data))
        for name in ("user", "replaces"):
            fields[name] = known(User.objects.all(), fields.get(name), name)
        with refusals():
            made = actions.add_override(
                actor=actor_of(request), now=timezone.now(), schedule=schedule, **fields
            )
        return Response(shapes.OverrideSerializer(made).data, status=201)

    @extend_schema(
        summary="Override a schedule several times at once",
        request=shapes.NewOverrides,
        responses={201: shapes.OverrideSerializer(many=True)},
    )
    @action(detail=True, methods=["post"], url_path="overrides/several", url_name="overrides-several")
    def add_overrides(self, request: Request, pk: str) -> Response:
        """All of them or none; what is wrong is named by its place, "overrides.1.ends_at"."""
        schedule = access.overridable_schedule(actor_of(request), int(pk))
        fields = checked(shapes.NewOverrides(data=request.data))
        meant = override_drafts(fields["overrides"])
        with refusals("overrides."):
            made = actions.add_overrides(
                actor=actor_of(request), now=timezone.now(), schedule=schedule, drafts=meant
            )
        return Response(shapes.OverrideSerializer(made, many=True).data, status=201)

    @extend_schema(summary="Withdraw an override", parameters=[NUMBER], responses={204: None})
    @action(detail=True, methods=["delete"], url_path=rf"overrides/(?P<override>{ID})", url_name="override")
    def withdraw_override(self, request: Request, pk: str, override: str) -> Response:
        """As if it had not been made; one that is in force ends now. What is over is a 409."""
        subject = access.withdrawable_override(actor_of(request), int(pk), int(override))
        with refusals():
            actions.withdraw_override(actor=actor_of(request), now=timezone.now(), override=subject)
        return Response(status=204)
