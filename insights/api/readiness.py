"""Would a page reach somebody: the readiness report for machines."""

from __future__ import annotations

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api import actor_of
from insights.readiness.findings import report
from insights.serializers.readiness import ReadinessShown, shown


class ReadinessViewSet(viewsets.ViewSet):
    """What stands between an incident and somebody who hears of it."""

    @extend_schema(summary="Would a page reach somebody", operation_id="readiness", responses=ReadinessShown)
    def list(self, request: Request) -> Response:
        """For responders and admins."""
        if not actor_of(request).can_respond:
            raise Http404
        return Response(shown(report(timezone.now())))
