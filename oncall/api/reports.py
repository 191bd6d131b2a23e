"""Reports: what is missing, who carries how much, and hours for pay."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.http import Http404, HttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api import actor_of
from accounts.models import Team
from lib.intervals import Interval
from lib.rest import checked_query
from oncall import coverage
from oncall.api.asking import AHEAD, asked_schedules, span_of
from oncall.bridge import schedules_of
from oncall.models import Schedule
from oncall.reports.pay import table
from oncall.reports.reading import LoadReport, cover_report, load_report, worked_in
from oncall.serializers import reports as shapes

LONGEST_GAPS, LONGEST_LOAD = timedelta(weeks=26), timedelta(days=366)


class Csv(BaseRenderer):
    """Says to content negotiation that CSV is spoken here; the text goes past it."""

    media_type = "text/csv"
    format = "csv"

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> Any:
        return data


class ReportViewSet(viewsets.GenericViewSet[Any]):
    """What schedules add up to."""

    queryset = Schedule.objects.none()
    serializer_class = shapes.CoverageSerializer

    @extend_schema(summary="Is anything uncovered?", parameters=[shapes.CoverageQuery])
    @action(detail=False, pagination_class=None)
    def coverage(self, request: Request) -> Response:
        """Every schedule with its gaps and thin cover in the weeks ahead; where something is missing comes first."""
        asked, now = checked_query(shapes.CoverageQuery, request), timezone.now()
        weeks = asked.get("weeks", 4)
        report = cover_report(asked_schedules(asked), now, weeks)
        body = {
            "since": now,
            "until": now + timedelta(weeks=weeks),
            "uncovered": report.uncovered,
            "thinly": report.thinly,
            "schedules": report.rows,
        }
        return Response(shapes.CoverageSerializer(body).data)

    @extend_schema(summary="Gaps", parameters=[shapes.GapsQuery], responses=shapes.GapSerializer(many=True))
    @action(detail=False)
    def gaps(self, request: Request) -> Response:
        """When nobody is on call, by start; cut to what is asked for, 26 weeks at most."""
        asked = checked_query(shapes.GapsQuery, request)
        since = asked.get("since") or timezone.now()
        span = span_of(since, asked.get("until") or since + AHEAD, LONGEST_GAPS)
        page = self.paginate_queryset(_gaps(list(asked_schedules(asked)), span))
        return self.get_paginated_response(shapes.GapSerializer(page, many=True).data)

    @extend_schema(
        summary="Who carries how much?",
        parameters=[shapes.LoadQuery],
        responses=shapes.LoadReportSerializer,
    )
    @action(detail=False, pagination_class=None)
    def load(self, request: Request) -> Response:
        """Hours, nights, weekends, holidays and pages of each person, past or planned, 366 days at most. With a team or
        a schedule only pages for those count."""
        asked = checked_query(shapes.LoadQuery, request)
        span = _span(asked)
        all_pages = not {"team", "schedule"} & set(asked)
        report = load_report(list(asked_schedules(asked)), span, all_pages=all_pages)
        return Response(shapes.LoadReportSerializer(_load(report, span)).data)

    @extend_schema(
        summary="Hours for pay",
        parameters=[shapes.LoadQuery],
        responses={(200, "text/csv"): OpenApiTypes.STR},
    )
    @action(detail=False, pagination_class=None, renderer_classes=[Csv, JSONRenderer])
    def hours(self, request: Request) -> HttpResponse:
        """A row for each piece of a person's time, cut at their midnights. For managers, of their teams' schedules."""
        asked, mine = checked_query(shapes.LoadQuery, request), Team.objects.changeable_by(actor_of(request))
        schedules = list(asked_schedules(asked).filter(team__in=mine))
        if not schedules:
            raise Http404
        worked = worked_in(schedules, _span(asked))
        text = table(worked.pieces, worked.people, {each.pk: each for each in schedules})
        return HttpResponse(text, content_type="text/csv; charset=utf-8")


def _span(asked: dict[str, Any]) -> Interval:
    until = asked.get("until") or (asked["since"] + AHEAD if "since" in asked else timezone.now())
    return span_of(asked.get("since") or until - AHEAD, until, LONGEST_LOAD)


def _gaps(schedules: list[Schedule], span: Interval) -> list[dict[str, Any]]:
    """Of all of them by start, in a fixed number of queries."""
    values = schedules_of([each.pk for each in schedules], span)
    found = [
        {"schedule": schedule, "start": gap.start, "end": gap.end}
        for schedule in schedules
        for gap in coverage.gaps(values[schedule.pk], span)
    ]
    return sorted(found, key=lambda each: each["start"])


def _load(report: LoadReport, span: Interval) -> dict[str, Any]:
    even, heaviest = report.fairness, report.heaviest
    shared = even and {"index": even.index, "times": even.times, "heaviest": heaviest}
    return {"since": span.start, "until": span.end, "fairness": shared, "people": report.rows}
