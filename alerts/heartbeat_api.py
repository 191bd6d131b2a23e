"""Heartbeats by the API."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api import actor_of
from accounts.models import User
from alerts import queries_heartbeats as queries
from alerts.actions import heartbeats as actions
from alerts.models import AlertSeverity, Heartbeat, HeartbeatState, Integration
from catalog.models import Service
from lib.rest import ID, Body, Refused, checked_query
from oncall.api.asking import checked, refusals

FIELDS = ("name", "period", "cron", "zone", "grace", "severity")


class HeartbeatSerializer(serializers.ModelSerializer[Heartbeat]):
    """A job that must give a sign of life. Its key is not among this."""

    service = serializers.CharField(source="integration.service.slug", help_text="The slug of the service.")
    integration = serializers.IntegerField(source="integration_id", help_text="The integration's number.")
    state = serializers.ChoiceField(choices=HeartbeatState.choices)
    severity = serializers.ChoiceField(choices=AlertSeverity.choices)
    due_at = serializers.DateTimeField(
        allow_null=True, help_text="Late from then on. Null: nothing is expected."
    )

    class Meta:
        model = Heartbeat
        fields: tuple[str, ...] = (
            *("id", "service", "integration", "name", "slug", "state", "period", "cron", "zone", "grace"),
            *(
                "severity",
                "due_at",
                "last_ping_at",
                "last_started_at",
                "last_took",
                "last_said",
                "created_at",
            ),
        )


class HeartbeatWithKey(HeartbeatSerializer):
    """The same with its own address, this once."""

    url = serializers.CharField(help_text="Its own address, which holds its key. Shown this once.")

    class Meta(HeartbeatSerializer.Meta):
        fields = (*HeartbeatSerializer.Meta.fields, "url")


class HeartbeatBody(Body):
    """What may be changed: a period or a cron expression, one of the two."""

    name = serializers.CharField(max_length=100, required=False)
    period = serializers.DurationField(required=False, allow_null=True)
    cron = serializers.CharField(max_length=100, required=False, allow_blank=True)
    zone = serializers.CharField(max_length=64, required=False)
    grace = serializers.DurationField(required=False)
    severity = serializers.ChoiceField(choices=AlertSeverity.choices, required=False)


class NewHeartbeatBody(HeartbeatBody):
    """A heartbeat to be, on a service or behind one of its integrations."""

    service = serializers.SlugField(max_length=80, required=False, help_text="The slug of a service.")
    integration = serializers.IntegerField(
        required=False, min_value=1, max_value=2**63 - 1, help_text="Behind this one, instead."
    )
    name = serializers.CharField(max_length=100)
    cron = serializers.CharField(max_length=100, required=False, allow_blank=True, default="")
    period = serializers.DurationField(required=False, allow_null=True, default=None)
    zone = serializers.CharField(max_length=64, required=False, default="UTC")
    grace = serializers.DurationField(required=False, default=timedelta(hours=1))
    severity = serializers.ChoiceField(
        choices=AlertSeverity.choices, required=False, default=AlertSeverity.ERROR
    )


class HeartbeatQuery(serializers.Serializer[Heartbeat]):
    """Which heartbeats a list holds."""

    service = serializers.SlugField(required=False, max_length=80, help_text="The slug of a service.")
    team = serializers.SlugField(required=False, max_length=80, help_text="The slug of the owner.")
    state = serializers.ChoiceField(required=False, choices=HeartbeatState.choices)


class HeartbeatViewSet(viewsets.GenericViewSet[Heartbeat]):
    """Jobs that must not fall silent. Managers of the service's team and admins make and change them."""

    serializer_class = HeartbeatSerializer
    queryset = Heartbeat.objects.select_related("integration__service")
    lookup_value_regex = ID

    @extend_schema(summary="Heartbeats", parameters=[HeartbeatQuery])
    def list(self, request: Request) -> Response:
        """What is wrong first."""
        page = self.paginate_queryset(queries.listed(checked_query(HeartbeatQuery, request)))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @extend_schema(summary="A heartbeat")
    def retrieve(self, request: Request, pk: str) -> Response:
        """One heartbeat, without its key."""
        return self._shown(int(pk))

    @extend_schema(summary="Make a heartbeat", request=NewHeartbeatBody, responses={201: HeartbeatWithKey})
    def create(self, request: Request) -> Response:
        """The answer has its own address, this once."""
        fields, actor = checked(NewHeartbeatBody(data=request.data)), actor_of(request)
        with refusals():
            row, key = _made(actor, fields)
        made: Any = queries.readable().get(pk=row.pk)
        made.url = f"{settings.SITE_URL.rstrip('/')}/ping/{key}"
        return Response(HeartbeatWithKey(made).data, status=201)

    @extend_schema(summary="Change a heartbeat", request=HeartbeatBody, responses=HeartbeatSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """What is left out stays. A period takes the place of a cron expression, and the other way round."""
        row = self._changeable(request, pk)
        given = checked(HeartbeatBody(data=request.data))
        values: dict[str, Any] = {name: getattr(row, name) for name in FIELDS} | given
        if "period" in given and "cron" not in given:
            values["cron"] = ""
        elif given.get("cron") and "period" not in given:
            values["period"] = None
        with refusals():
            actions.change_heartbeat(actor=actor_of(request), heartbeat=row, now=timezone.now(), **values)
        return self._shown(row.pk)

    @extend_schema(summary="Remove a heartbeat", responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """It is gone, and its open alert ends."""
        row = self._changeable(request, pk)
        actions.remove_heartbeat(actor=actor_of(request), heartbeat=row, now=timezone.now())
        return Response(status=204)

    @extend_schema(summary="Pause a heartbeat", request=None, responses=HeartbeatSerializer)
    @action(detail=True, methods=["post"])
    def pause(self, request: Request, pk: str) -> Response:
        """Nothing is expected until it is resumed. 409 where it is paused."""
        return self._moved(request, pk, actions.pause_heartbeat)

    @extend_schema(summary="Resume a heartbeat", request=None, responses=HeartbeatSerializer)
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, pk: str) -> Response:
        """Expected again, from now on. 409 where it is not paused."""
        return self._moved(request, pk, actions.resume_heartbeat)

    def _moved(self, request: Request, pk: str, move: Any) -> Response:
        row = self._changeable(request, pk)
        try:
            move(actor=actor_of(request), heartbeat=row, now=timezone.now())
        except actions.IllegalTransition as error:
            raise Refused(str(error)) from error
        return self._shown(row.pk)

    def _changeable(self, request: Request, pk: str) -> Heartbeat:
        return get_object_or_404(queries.changeable_by(actor_of(request)), pk=int(pk))

    def _shown(self, pk: int) -> Response:
        return Response(self.get_serializer(get_object_or_404(queries.readable(), pk=pk)).data)


def _made(actor: User, fields: dict[str, Any]) -> tuple[Heartbeat, str]:
    slug, number = fields.pop("service", None), fields.pop("integration", None)
    asked = {"actor": actor, "now": timezone.now(), **fields}
    if number is not None:
        door = Integration.objects.changeable_by(actor).filter(pk=number).first()
        if door is None:
            raise ValidationError({"integration": ["There is none, or it is not yours to change."]})
        return actions.make_heartbeat(integration=door, **asked)
    service = Service.objects.live().changeable_by(actor).filter(slug=slug).first() if slug else None
    if service is None:
        raise ValidationError({"service": ["There is no such service, or it is not yours to change."]})
    return actions.make_heartbeat_on(service=service, **asked)
