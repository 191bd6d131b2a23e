"""Changes by the API: what pipelines tell, and what is known."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, viewsets
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api import actor_of
from catalog import actions
from catalog.models import Change, ChangeKind, Service
from lib.rest import Body, Moment, checked_query
from oncall.api.asking import checked, refusals


class ChangeLink(serializers.Serializer[dict[str, str]]):
    """Where to read more."""

    href = serializers.CharField(required=False)
    text = serializers.CharField(required=False)


class ServiceChangeSerializer(serializers.ModelSerializer[Change]):
    """A deploy, a flag, a configuration change."""

    service = serializers.CharField(source="service.slug", help_text="The slug of the service.")
    kind = serializers.ChoiceField(choices=ChangeKind.choices)
    links = ChangeLink(many=True)

    class Meta:
        model = Change
        fields = ("id", "service", "kind", "summary", "source", "happened_at", "recorded_at", "links")


class NewChangeBody(Body):
    """A change as a pipeline tells it."""

    service = serializers.SlugField(max_length=80, help_text="The slug of the service.")
    summary = serializers.CharField(max_length=1024)
    kind = serializers.ChoiceField(choices=ChangeKind.choices, required=False, default=ChangeKind.OTHER)
    happened_at = Moment(required=False, help_text="Default: now.")
    # A serializer's field has an attribute of this name; here it is one of the body.
    source = serializers.CharField(  # type: ignore[assignment]
        max_length=300, required=False, help_text="Who or what did it. Default: the token's owner."
    )
    url = serializers.URLField(max_length=500, required=False)


class ChangeQuery(serializers.Serializer[Change]):
    """Which changes a list holds."""

    service = serializers.SlugField(required=False, max_length=80, help_text="The slug of a service.")
    kind = serializers.ChoiceField(required=False, choices=ChangeKind.choices)
    since = Moment(required=False, help_text="Happened at this moment or later.")
    until = Moment(required=False, help_text="Happened before this moment.")


LOOKUPS = {
    "service": "service__slug",
    "kind": "kind",
    "since": "happened_at__gte",
    "until": "happened_at__lt",
}


class ChangeViewSet(viewsets.GenericViewSet[Change]):
    """What was changed on services: it pages nobody, and explains much."""

    serializer_class = ServiceChangeSerializer
    queryset = Change.objects.select_related("service").defer("details").order_by("-happened_at", "-id")

    @extend_schema(summary="Changes", parameters=[ChangeQuery])
    def list(self, request: Request) -> Response:
        """The newest first."""
        page = self.paginate_queryset(self._matching(request))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @extend_schema(
        summary="Tell of a change", request=NewChangeBody, responses={201: ServiceChangeSerializer}
    )
    def create(self, request: Request) -> Response:
        """At the end of a pipeline, say: incidents that begin within the hour show it."""
        fields = checked(NewChangeBody(data=request.data))
        service = Service.objects.live().filter(slug=fields.pop("service")).first()
        if service is None:
            raise ValidationError({"service": ["There is no service of this slug."]})
        with refusals():
            made = actions.note_change(actor=actor_of(request), now=timezone.now(), service=service, **fields)
        return Response(self.get_serializer(made).data, status=201)

    def _matching(self, request: Request) -> QuerySet[Change]:
        asked: dict[str, Any] = checked_query(ChangeQuery, request)
        return self.get_queryset().filter(**{LOOKUPS[name]: value for name, value in asked.items()})
