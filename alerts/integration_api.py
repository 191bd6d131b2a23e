"""Integrations by the API: made by scripts and infrastructure as code. A key is shown when it is made, never again."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api import actor_of
from alerts import queries
from alerts.actions import integrations as actions
from alerts.actions.mapping import BadMapping, NotMapped, save_mapping
from alerts.actions.replay import MOST, Replayed, replay_event, replay_newest
from alerts.actions.testing import Disabled
from alerts.heartbeats import CREATES
from alerts.models import Event, Integration
from alerts.replays import LARGEST_ID
from alerts.sources.generic.expressions import LONGEST
from alerts.sources.generic.mapping import OPTION, told
from alerts.sources.registry import KINDS
from catalog.models import Service
from catalog.serializers import ServiceBrief
from lib.rest import ID, Body, Moment, checked_query
from lib.rest import Refused as Conflict
from oncall.api.asking import checked, refusals
from oncall.drafts import Refused


class IntegrationSerializer(serializers.ModelSerializer[Integration]):
    """A door for one tool's events onto one service. Its key is not among this."""

    service = ServiceBrief()
    service_from = serializers.SerializerMethodField(
        help_text="The field whose value names the service. Empty: always its own."
    )
    create_heartbeats = serializers.SerializerMethodField()
    has_secret = serializers.SerializerMethodField(help_text="Whether requests must be signed.")
    last_event_at = serializers.DateTimeField(allow_null=True, required=False)

    class Meta:
        model = Integration
        fields: tuple[str, ...] = (
            *("id", "kind", "name", "service", "stale_after", "limit_per_minute", "service_from"),
            *("create_heartbeats", "has_secret", "created_at", "disabled_at", "last_event_at"),
        )

    def get_service_from(self, row: Integration) -> str:
        return str(row.options.get(actions.SERVICE_FROM) or "")

    def get_create_heartbeats(self, row: Integration) -> bool:
        return bool(row.options.get(CREATES))

    def get_has_secret(self, row: Integration) -> bool:
        return bool(row.secret_sealed)


class IntegrationWithKey(IntegrationSerializer):
    """The same with its key, this once."""

    key = serializers.CharField(help_text="Shown this once. Keep it.")
    url = serializers.CharField(help_text="Where the tool posts to.")

    class Meta(IntegrationSerializer.Meta):
        fields = (*IntegrationSerializer.Meta.fields, "key", "url")


def _expression(help_text: str) -> serializers.CharField:
    return serializers.CharField(required=False, allow_blank=True, max_length=LONGEST, help_text=help_text)


class SettingsBody(Body):
    """What may be set."""

    name = serializers.CharField(max_length=80, required=False)
    stale_after = serializers.DurationField(
        required=False,
        allow_null=True,
        help_text="An alert that is not repeated for so long ends. Null: never.",
    )
    limit_per_minute = serializers.IntegerField(
        required=False, allow_null=True, min_value=1, max_value=actions.LARGEST_LIMIT
    )
    service_from = serializers.CharField(required=False, allow_blank=True, max_length=actions.LONGEST_FIELD)
    create_heartbeats = serializers.BooleanField(required=False)
    secret = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=actions.LONGEST_SECRET,
        write_only=True,
        help_text="What the tool signs with. Empty: it is forgotten. It is never shown.",
    )
    enabled = serializers.BooleanField(required=False)


class NewIntegrationBody(SettingsBody):
    """An integration to be."""

    kind = serializers.CharField(max_length=32, help_text="The name of a kind, such as “alertmanager”.")
    service = serializers.SlugField(max_length=80, help_text="The slug of a service.")
    name = serializers.CharField(max_length=80)


class MappingBody(Body):
    """JMESPath expressions by slot. Each but `items` is asked of one item; `root()` is the whole body."""

    items = _expression("The list whose entries are one alert each.")
    action = _expression("A word for what happened.")
    resolved = _expression("True where the alert is over.")
    acknowledged = _expression("True where somebody has it.")
    dedup_key = _expression("The same for the beginning and the end of one condition.")
    summary = _expression("What is wrong, in one line.")
    severity = _expression("critical, error, warning, info, or another tool's word.")
    source = _expression("The host or instance.")  # type: ignore[assignment]  # a field of that name
    rule = _expression("What the tool calls the check.")
    service = _expression("A name of the service.")
    labels = _expression("An object of names and values.")
    links = _expression("An address, or a list of them.")
    happened_at = _expression("ISO 8601 or an epoch number.")


class ReplayBody(Body):
    """Which events: one by its id, or the newest."""

    event = serializers.IntegerField(required=False, min_value=1, max_value=LARGEST_ID)
    most = serializers.IntegerField(required=False, min_value=1, max_value=MOST, default=10)
    since = Moment(required=False, help_text="None from before.")


class ReplayedSerializer(serializers.Serializer[Replayed]):
    """The new events."""

    count = serializers.IntegerField()
    first = serializers.IntegerField(
        help_text="The id of the first one; 0 where there was nothing to replay."
    )
    last = serializers.IntegerField(help_text="The id of the last one.")


class IntegrationQuery(serializers.Serializer[Integration]):
    """Which integrations a list holds."""

    service = serializers.SlugField(required=False, max_length=80, help_text="The slug of a service.")
    team = serializers.SlugField(required=False, max_length=80, help_text="The slug of the owner.")


class IntegrationViewSet(viewsets.GenericViewSet[Integration]):
    """Doors for tools. Managers of the service's team and admins make and change them."""

    serializer_class = IntegrationSerializer
    queryset = Integration.objects.select_related("service__team")
    lookup_value_regex = ID

    @extend_schema(summary="Integrations", parameters=[IntegrationQuery])
    def list(self, request: Request) -> Response:
        """By service and name."""
        page = self.paginate_queryset(queries.listed(checked_query(IntegrationQuery, request)))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @extend_schema(summary="An integration")
    def retrieve(self, request: Request, pk: str) -> Response:
        """One integration, without its key."""
        return self._shown(int(pk))

    @extend_schema(
        summary="Make an integration", request=NewIntegrationBody, responses={201: IntegrationWithKey}
    )
    def create(self, request: Request) -> Response:
        """The answer has the key, this once."""
        fields, actor = checked(NewIntegrationBody(data=request.data)), actor_of(request)
        kind = fields.pop("kind")
        if kind not in KINDS:
            raise ValidationError({"kind": ["There is no such kind: " + ", ".join(KINDS) + "."]})
        service = Service.objects.live().changeable_by(actor).filter(slug=fields.pop("service")).first()
        if service is None:
            raise ValidationError({"service": ["There is no such service, or it is not yours to change."]})
        with refusals():
            row, key = _made(actor, kind, service, fields)
        return self._with_key(row, key, status=201)

    @extend_schema(summary="Change an integration", request=SettingsBody, responses=IntegrationSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """What is left out stays."""
        row = self._changeable(request, pk)
        fields = checked(SettingsBody(data=request.data))
        with refusals():
            _set(actor_of(request), row, fields)
        return self._shown(row.pk)

    @extend_schema(summary="Renew the key", request=None, responses=IntegrationWithKey)
    @action(detail=True, methods=["post"], url_path="renew-key")
    def renew_key(self, request: Request, pk: str) -> Response:
        """The old key stops working within seconds; the answer has the new one, this once."""
        row = self._changeable(request, pk)
        return self._with_key(row, actions.renew_key(actor=actor_of(request), integration=row))

    @extend_schema(summary="The mapping of an integration", responses=MappingBody)
    @action(detail=True, methods=["get"])
    def mapping(self, request: Request, pk: str) -> Response:
        """The expressions by which its JSON is read; none: by the names that fields usually have."""
        row = get_object_or_404(Integration, pk=int(pk))
        return Response(row.options.get(OPTION) or {})

    @extend_schema(summary="Change the mapping", request=MappingBody, responses=MappingBody)
    @mapping.mapping.put
    def put_mapping(self, request: Request, pk: str) -> Response:
        """All of it: a slot that is left out is read by the usual names again. 400 names what cannot be read."""
        row = self._changeable(request, pk)
        given = checked(MappingBody(data=request.data))
        try:
            return Response(save_mapping(actor=actor_of(request), integration=row, mapping=given))
        except BadMapping as error:
            raise ValidationError({slot: [told(each)] for slot, each in error.problems.items()}) from error
        except NotMapped as error:
            raise Conflict(str(error)) from error

    @extend_schema(summary="Replay stored events", request=ReplayBody, responses={201: ReplayedSerializer})
    @action(detail=True, methods=["post"])
    def replay(self, request: Request, pk: str) -> Response:
        """One event, or the newest ones in their order, go through again as if they came now."""
        row = self._changeable(request, pk)
        given = checked(ReplayBody(data=request.data))
        try:
            found = _replayed(actor_of(request), row, given)
        except Disabled as error:
            raise Conflict(str(error)) from error
        return Response(ReplayedSerializer(found).data, status=201)

    def _changeable(self, request: Request, pk: str) -> Integration:
        rows: QuerySet[Integration] = Integration.objects.changeable_by(actor_of(request))
        return get_object_or_404(rows, pk=int(pk))

    def _shown(self, pk: int) -> Response:
        return Response(self.get_serializer(get_object_or_404(queries.listed({}), pk=pk)).data)

    def _with_key(self, row: Integration, key: str, status: int = 200) -> Response:
        shown: Any = queries.listed({}).get(pk=row.pk)
        shown.key, shown.url = key, KINDS[row.kind].address(settings.SITE_URL, key)
        return Response(IntegrationWithKey(shown).data, status=status)


def _made(actor: Any, kind: str, service: Service, fields: dict[str, Any]) -> tuple[Integration, str]:
    try:
        return actions.create_with_settings(
            actor=actor, now=timezone.now(), kind=kind, service=service, **fields
        )
    except actions.NameTaken as taken:
        raise Refused("name", str(taken)) from taken


def _set(actor: Any, row: Integration, fields: dict[str, Any]) -> None:
    enabled = fields.pop("enabled", None)
    actions.change_settings(actor=actor, integration=row, **fields)
    if enabled is not None and enabled == (row.disabled_at is not None):
        actions.set_enabled(actor=actor, integration=row, enabled=enabled, now=timezone.now())


def _replayed(actor: Any, row: Integration, given: dict[str, Any]) -> Replayed:
    if "event" not in given:
        chosen = {"most": given["most"], "since": given.get("since")}
        return replay_newest(actor=actor, integration=row, now=timezone.now(), **chosen)
    event = get_object_or_404(Event, integration=row, pk=given["event"])
    new_id = replay_event(actor=actor, event=event, now=timezone.now())
    return Replayed(1, new_id, new_id)
