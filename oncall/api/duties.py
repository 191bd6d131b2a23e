"""Who is on call."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from lib.rest import checked_query
from oncall.api.asking import asked_schedules
from oncall.models import Schedule
from oncall.queries import on_call_now
from oncall.serializers.duties import DutyQuery, DutySerializer


class OnCallViewSet(viewsets.GenericViewSet[Any]):
    """Who is on call, now or at a moment."""

    serializer_class = DutySerializer
    queryset = Schedule.objects.none()

    @extend_schema(summary="Who is on call", operation_id="oncall_list", parameters=[DutyQuery])
    def list(self, request: Request) -> Response:
        """Each schedule with its people in every role at that moment, until when, and who follows.

        A schedule or a team that does not exist is a 404, so that a typing error does not look like a gap.
        """
        asked = checked_query(DutyQuery, request)
        at = asked.get("at") or timezone.now()
        page = self.paginate_queryset(asked_schedules(asked)) or []
        rows = DutySerializer(on_call_now(at, page), many=True, context={"at": at})
        return self.get_paginated_response(rows.data)
