"""Schedules: reading, changing, trying out a change, undoing it; and who is on call by them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api import actor_of
from lib.intervals import Interval
from lib.rest import ID, checked_query
from oncall import access, actions
from oncall.api.asking import (
    AHEAD,
    asked_schedules,
    changeable_team,
    checked,
    matched,
    refusals,
    span_of,
    tag_of,
    with_change,
)
from oncall.api.drafting import layer_drafts
from oncall.api.finals import final_of, preview_of
from oncall.api.headers import IF_MATCH
from oncall.api.overrides import OverridesMixin
from oncall.drafts import draft_of
from oncall.models import CalendarFeed, Layer, Schedule
from oncall.serializers import definitions as taken
from oncall.serializers import schedules as shown

LONGEST = timedelta(days=400)
_OWN = ("name", "description", "time_zone", "wants_secondary", "warns_of_gaps")


class ScheduleViewSet(OverridesMixin, viewsets.GenericViewSet[Any]):
    """Who is on call when."""

    serializer_class = shown.ScheduleDetail
    queryset = Schedule.objects.select_related("team")
    lookup_value_regex = ID

    @extend_schema(
        summary="Schedules",
        parameters=[taken.ScheduleQuery],
        responses=shown.ScheduleSerializer(many=True),
    )
    def list(self, request: Request) -> Response:
        """By team and name, without their layers."""
        found = with_change(asked_schedules(checked_query(taken.ScheduleQuery, request)), "schedule")
        return self._page(found, shown.ScheduleSerializer)

    @extend_schema(summary="A schedule")
    def retrieve(self, request: Request, pk: str) -> Response:
        """With its layers from low to high. The `ETag` is for `If-Match`."""
        return self._shown(int(pk))

    @extend_schema(
        summary="Make a schedule", request=taken.NewSchedule, responses={201: shown.ScheduleDetail}
    )
    def create(self, request: Request) -> Response:
        """For managers of the team, and admins."""
        fields, actor = checked(taken.NewSchedule(data=request.data)), actor_of(request)
        team = changeable_team(actor, fields.pop("team"))
        fields["layers"] = layer_drafts(fields.get("layers", ()))
        with refusals():
            made = actions.create_schedule(actor=actor, now=timezone.now(), team=team, **fields)
        place = request.build_absolute_uri(f"{request.path}/{made.pk}")
        return self._shown(made.pk, status=201, Location=place)

    @extend_schema(summary="Replace a schedule", parameters=[IF_MATCH], request=taken.WholeSchedule)
    def update(self, request: Request, pk: str) -> Response:
        """All of it, from now on: layers that are named by their id are changed, the others go. Overrides stay, and
        who was on call until now stays who it was. A later change than `seen` is a 409, than `If-Match` a 412."""
        subject = access.changeable_schedule(actor_of(request), int(pk))
        matched(request, subject)
        fields = checked(taken.WholeSchedule(data=request.data))
        return self._changed(request, subject, _given(subject, fields))

    @extend_schema(summary="Change a schedule", parameters=[IF_MATCH], request=taken.SchedulePart)
    def partial_update(self, request: Request, pk: str) -> Response:
        """What is left out stays as it is; `layers`, when given, are all of them."""
        subject = access.changeable_schedule(actor_of(request), int(pk))
        values = _part(request, subject)
        return self._changed(request, subject, values)

    @extend_schema(summary="Delete a schedule", parameters=[IF_MATCH], responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """With its layers and overrides. While a policy pages by it: a 409."""
        subject = access.changeable_schedule(actor_of(request), int(pk))
        matched(request, subject)
        with refusals():
            actions.delete_schedule(actor=actor_of(request), now=timezone.now(), schedule=subject)
        return Response(status=204)

    @extend_schema(
        summary="The final schedule", parameters=[taken.SpanQuery], responses=shown.FinalSerializer
    )
    @action(detail=True)
    def final(self, request: Request, pk: str) -> Response:
        """Who is on call from `since` until just before `until`, 400 days at most: layers, calendars and overrides
        taken together. Also for the past."""
        asked = checked_query(taken.SpanQuery, request)
        since = asked.get("since") or timezone.now()
        span = span_of(since, asked.get("until") or since + AHEAD, LONGEST)
        return Response(shown.FinalSerializer(final_of(self.get_object(), span)).data)

    @extend_schema(
        summary="Try a change out",
        parameters=[taken.AheadQuery],
        request=taken.SchedulePart,
        responses=shown.PreviewSerializer,
    )
    @action(detail=True, methods=["post"])
    def preview(self, request: Request, pk: str) -> Response:
        """What the same body would change for whom in the next weeks when it was sent as a PATCH. Nothing is stored."""
        subject, now = access.changeable_schedule(actor_of(request), int(pk)), timezone.now()
        weeks = checked_query(taken.AheadQuery, request).get("weeks", taken.WEEKS)
        values, span = _part(request, subject), Interval(now, now + timedelta(weeks=weeks))
        with refusals():
            after = actions.rehearse_update(
                schedule=subject, now=now, span=span, actor=actor_of(request), **values
            )
        return Response(shown.PreviewSerializer(preview_of(subject, after, span)).data)

    @extend_schema(summary="Undo the last change of a schedule", parameters=[IF_MATCH], request=taken.Undoing)
    @action(detail=True, methods=["post"])
    def undo(self, request: Request, pk: str) -> Response:
        """From now on it is what it was before its last change; undoing once more does that again."""
        subject = access.changeable_schedule(actor_of(request), int(pk))
        matched(request, subject)
        fields = checked(taken.Undoing(data=request.data))
        with refusals():
            actions.undo_last_change(actor=actor_of(request), now=timezone.now(), schedule=subject, **fields)
        return self._shown(subject.pk)

    @extend_schema(summary="Changes of a schedule", responses=shown.RevisionSerializer(many=True))
    @action(detail=True)
    def revisions(self, request: Request, pk: str) -> Response:
        """The latest first, each with the whole before and after it."""
        found = self.get_object().revisions.select_related("actor", "undoes").order_by("-number")
        return self._page(found, shown.RevisionSerializer)

    def _changed(self, request: Request, subject: Schedule, values: dict[str, Any]) -> Response:
        with refusals():
            actions.update_schedule(actor=actor_of(request), now=timezone.now(), schedule=subject, **values)
        return self._shown(subject.pk)

    def _shown(self, number: int, status: int = 200, **headers: str) -> Response:
        found = get_object_or_404(_whole(), pk=number)
        body = shown.ScheduleDetail(found).data
        return Response(body, status=status, headers={**tag_of(body["change"]), **headers})

    def _page(self, found: QuerySet[Any], shape: type[Any]) -> Response:
        return self.get_paginated_response(shape(self.paginate_queryset(found), many=True).data)


def _whole() -> QuerySet[Schedule]:
    layers = Layer.objects.current().prefetch_related("slots__user", "restrictions").order_by("position")
    read = CalendarFeed.objects.exclude(url="")
    found = Schedule.objects.select_related("team").prefetch_related(
        Prefetch("layers", layers), Prefetch("feeds", read, to_attr="read_feeds")
    )
    return with_change(found, "schedule")


def _part(request: Request, subject: Schedule) -> dict[str, Any]:
    """The schedule as it stands with what was sent in place of it. What was read is `seen`, unless it is sent: who
    changes something else meanwhile is not overwritten."""
    seen = matched(request, subject)
    fields = checked(taken.SchedulePart(data=request.data))
    subject.refresh_from_db(fields=_OWN)
    stored = {key: getattr(subject, key) for key in _OWN}
    if "layers" not in fields:
        stored["layers"] = _layers_of(subject)
    return {"seen": seen, **stored, **_given(subject, fields)}


def _given(subject: Schedule, fields: dict[str, Any]) -> dict[str, Any]:
    if "layers" not in fields:
        return fields
    known = set(subject.layers.values_list("pk", flat=True))
    return {**fields, "layers": layer_drafts(fields["layers"], known)}


def _layers_of(subject: Schedule) -> list[Any]:
    rows = subject.layers.current().prefetch_related("slots__user", "restrictions").order_by("position")
    return [draft_of(row) for row in rows]
