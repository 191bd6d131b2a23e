"""Calendars that are read, and secret addresses under which shifts are offered."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api import actor_of
from accounts.models import Team, User
from lib.intervals import load_zone
from lib.rest import ID, checked_query
from oncall import actions
from oncall.api.asking import checked, known, refusals
from oncall.calendars.access import changeable_feed, revocable_link
from oncall.calendars.fetching import FetchFailed
from oncall.calendars.links import url_of, webcal_of
from oncall.calendars.looking import Found, look
from oncall.models import CalendarFeed, CalendarLink, FeedPurpose, Schedule
from oncall.serializers import calendars as shapes

TIMEOUT, PATIENCE = 5.0, 8.0
"""Seconds that a request waits for the other side, and for the reading."""


class CalendarFeedViewSet(viewsets.GenericViewSet[Any]):
    """Calendars elsewhere that give schedules people, or say when you are away."""

    serializer_class = shapes.FeedDetail
    queryset = CalendarFeed.objects.exclude(url="").select_related("schedule__team", "user")
    lookup_value_regex = ID

    @extend_schema(
        summary="Calendars that are read",
        parameters=[shapes.FeedQuery],
        responses=shapes.CalendarFeedSerializer(many=True),
    )
    def list(self, request: Request) -> Response:
        """Those of schedules, and your own."""
        asked = checked_query(shapes.FeedQuery, request)
        found = self.get_queryset().filter(Q(user=actor_of(request)) | Q(schedule__isnull=False))
        page = self.paginate_queryset(found.filter(**asked).order_by("name", "id"))
        return self.get_paginated_response(shapes.CalendarFeedSerializer(page, many=True).data)

    @extend_schema(summary="A calendar that is read")
    def retrieve(self, request: Request, pk: str) -> Response:
        """How it does, and what in it was not understood. For those who may change it."""
        return Response(self.get_serializer(changeable_feed(actor_of(request), int(pk))).data)

    @extend_schema(summary="Read a calendar", request=shapes.NewFeed, responses={201: shapes.FeedDetail})
    def create(self, request: Request) -> Response:
        """It is fetched now, counts from now on, and is read again every hour. For managers of the schedule's team;
        without a schedule it says when you are away."""
        fields, actor = checked(shapes.NewFeed(data=request.data)), actor_of(request)
        schedule = _schedule(actor, fields.pop("schedule", None))
        fields.setdefault("purpose", FeedPurpose.LAYER if schedule else FeedPurpose.ABSENCES)
        if (fields["purpose"] == FeedPurpose.ABSENCES) != (schedule is None):
            raise ValidationError({"purpose": ["A schedule takes layer or overrides, time off is absences."]})
        found = _looked(fields["url"], schedule, actor)
        with refusals():
            made = actions.add_feed(actor=actor, now=timezone.now(), schedule=schedule, found=found, **fields)
        return self._shown(made.pk, status=201)

    @extend_schema(summary="Change a calendar that is read", request=shapes.FeedPart)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Another name or address."""
        subject = changeable_feed(actor_of(request), int(pk))
        fields = {"name": subject.name, **checked(shapes.FeedPart(data=request.data))}
        if "url" in fields:
            fields["found"] = _looked(fields["url"], subject.schedule, actor_of(request))
        with refusals():
            actions.change_feed(actor=actor_of(request), now=timezone.now(), feed=subject, **fields)
        return self._shown(subject.pk)

    @extend_schema(summary="Read a calendar no more", responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """It says nothing from now on; who was on call by it stays known."""
        subject = changeable_feed(actor_of(request), int(pk))
        with refusals():
            actions.remove_feed(actor=actor_of(request), now=timezone.now(), feed=subject)
        return Response(status=204)

    @extend_schema(summary="Read a calendar now", request=None)
    @action(detail=True, methods=["post"])
    def refresh(self, request: Request, pk: str) -> Response:
        """Without waiting for its hour. When it fails, `error` says why, and what it said last stays."""
        subject = changeable_feed(actor_of(request), int(pk))
        with refusals():
            actions.refresh_feed(actor=actor_of(request), now=timezone.now(), feed=subject, timeout=TIMEOUT)
        return self._shown(subject.pk)

    def _shown(self, number: int, status: int = 200) -> Response:
        found = get_object_or_404(self.get_queryset(), pk=number)
        return Response(self.get_serializer(found).data, status=status)


class CalendarLinkViewSet(viewsets.GenericViewSet[Any]):
    """Secret addresses for subscribing to shifts. Everybody has their own."""

    serializer_class = shapes.CalendarLinkSerializer
    queryset = CalendarLink.objects.filter(revoked_at=None)
    lookup_value_regex = ID

    @extend_schema(summary="My calendar links")
    def list(self, request: Request) -> Response:
        """The latest first, without their addresses."""
        mine = self.get_queryset().filter(made_by=actor_of(request))
        page = self.paginate_queryset(_named(mine).order_by("-created_at", "-id"))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @extend_schema(summary="Make a calendar link", request=shapes.NewLink, responses={201: shapes.MadeLink})
    def create(self, request: Request) -> Response:
        """The answer holds the address, this once: keep it like a password."""
        fields = checked(shapes.NewLink(data=request.data))
        schedule = known(Schedule.objects.all(), fields.get("schedule"), "schedule")
        team = _team(fields.get("team"))
        with refusals():
            link, secret = actions.create_link(
                actor=actor_of(request), now=timezone.now(), schedule=schedule, team=team
            )
        row = self.get_serializer(_named(self.get_queryset()).get(pk=link.pk)).data
        url = url_of(secret)
        return Response({**row, "url": url, "webcal_url": webcal_of(url)}, status=201)

    @extend_schema(summary="Revoke a calendar link", responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Calendars that are subscribed to it get no more. Admins may revoke any."""
        link = revocable_link(actor_of(request), int(pk))
        with refusals():
            actions.revoke_link(actor=actor_of(request), now=timezone.now(), link=link)
        return Response(status=204)


def _named(found: QuerySet[CalendarLink]) -> QuerySet[CalendarLink]:
    return found.select_related("user", "schedule__team", "team")


def _schedule(actor: User, number: int | None) -> Schedule | None:
    """The schedule, which `actor` may change. Raises ValidationError."""
    found: Schedule | None = known(Schedule.objects.changeable_by(actor), number, "schedule")
    return found


def _team(slug: str | None) -> Team | None:
    if slug is None:
        return None
    found = Team.objects.filter(slug=slug).first()
    if found is None:
        raise ValidationError({"team": ["There is no such team."]})
    return found


def _looked(url: str, schedule: Schedule | None, actor: User) -> Found:
    """What is there now. Raises ValidationError with the reason when that is no calendar."""
    zone = load_zone(schedule.time_zone if schedule else actor.time_zone)
    try:
        found = look(url, zone, timezone.now(), timeout=TIMEOUT, patience=PATIENCE)
    except FetchFailed as error:
        raise ValidationError({"url": [error.reason]}) from error
    assert found is not None  # noqa: S101 - says to mypy what asking without marks means
    return found
