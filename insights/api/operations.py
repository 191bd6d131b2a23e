"""Does the pager itself work: the Operations page for machines."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api import actor_of
from insights.operations import pulse
from insights.serializers.operations import OperationsQuery, OperationsShown, shown
from lib.rest import checked_query
from notifications import punctuality
from notifications.punctuality import Span


class OperationsViewSet(viewsets.ViewSet):
    """Whether pages are on time now, and how late they were."""

    @extend_schema(
        summary="Does the pager itself work",
        operation_id="operations",
        parameters=[OperationsQuery],
        responses=OperationsShown,
    )
    def list(self, request: Request) -> Response:
        """For responders and admins. `range` is how far back the figures look: the last hour unless told otherwise."""
        if not actor_of(request).can_respond:
            raise Http404
        asked: dict[str, Any] = checked_query(OperationsQuery, request)
        span, found = Span(asked.get("range", Span.HOUR)), pulse.read(timezone.now())
        counted = punctuality.summary(span, found.now)
        worst = punctuality.worst(span, found.now)
        return Response(shown(found, span, list(counted.values()), worst))
