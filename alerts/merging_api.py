"""Merging incidents and splitting one, for machines: what the pages do, by the same actions."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api import actor_of
from alerts.actions import merging
from alerts.merge_forms import LARGEST_ID, MOST_ALERTS
from incidents.api import IncidentViewSet, refusals
from incidents.models import Incident
from incidents.serializers import IncidentDetail
from lib.rest import ID, Body, Refused


class Merge(Body):
    """Into which incident this one goes."""

    into = serializers.IntegerField(min_value=1, max_value=LARGEST_ID, help_text="An incident's number.")


class Split(Body):
    """Which alerts of the incident become one of their own."""

    alerts = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=LARGEST_ID),
        min_length=1,
        max_length=MOST_ALERTS,
        help_text="Ids of alerts of this incident; at least one other must stay.",
    )
    title = serializers.CharField(max_length=300, required=False, help_text="Else the first alert's summary.")
    page = serializers.BooleanField(
        default=True, help_text="False: nobody is paged, you have acknowledged it."
    )


class MergingViewSet(viewsets.GenericViewSet[Incident]):
    """Two incidents that are one, and one that is two."""

    serializer_class = IncidentDetail
    queryset = IncidentViewSet.queryset
    lookup_value_regex = ID

    @extend_schema(summary="Merge into another", request=Merge)
    @action(detail=True, methods=["post"])
    def merge(self, request: Request, pk: str) -> Response:
        """Its alerts go over into `into`, which is returned; this one is dismissed and points there."""
        self.get_object()
        fields = _checked(Merge(data=request.data))
        with refusals():
            try:
                into = merging.merge(
                    into_id=fields["into"], other_ids=[int(pk)], actor=actor_of(request), now=timezone.now()
                )
            except (merging.CannotMerge, merging.NoSuchIncident) as error:
                raise Refused(str(error)) from error
        return Response(self._shown(into.pk))

    @extend_schema(summary="Split alerts off", request=Split, responses={201: IncidentDetail})
    @action(detail=True, methods=["post"])
    def split(self, request: Request, pk: str) -> Response:
        """A new incident with these alerts, on the service of the first; it pages unless told otherwise."""
        self.get_object()
        fields = _checked(Split(data=request.data))
        with refusals():
            try:
                part = merging.split(
                    incident_id=int(pk),
                    alert_ids=fields.pop("alerts"),
                    actor=actor_of(request),
                    now=timezone.now(),
                    **fields,
                )
            except merging.CannotSplit as error:
                raise Refused(str(error)) from error
        path = request.path.removesuffix(f"{pk}/split")
        headers = {"Location": request.build_absolute_uri(f"{path}{part.pk}")}
        return Response(self._shown(part.pk), status=201, headers=headers)

    def _shown(self, number: int) -> dict[str, Any]:
        return dict(IncidentDetail(self.get_queryset().get(pk=number)).data)


def _checked(body: serializers.Serializer[Any]) -> dict[str, Any]:
    body.is_valid(raise_exception=True)
    return dict(body.validated_data)
