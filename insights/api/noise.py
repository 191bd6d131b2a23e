"""The noise report for machines."""

from __future__ import annotations

from datetime import timedelta

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api import actor_of
from catalog.models import Service
from insights.noise.reading import noise_report
from insights.serializers.noise import NoiseQuery, NoiseShown, shown
from lib.intervals import Interval
from lib.rest import checked_query

USUAL = 28


class NoiseViewSet(viewsets.ViewSet):
    """Which pages were worth waking somebody."""

    @extend_schema(
        summary="Which pages were noise", operation_id="noise", parameters=[NoiseQuery], responses=NoiseShown
    )
    def list(self, request: Request) -> Response:
        """For responders and admins."""
        if not actor_of(request).can_respond:
            raise Http404
        asked = checked_query(NoiseQuery, request)
        service = get_object_or_404(Service, slug=asked["service"]) if "service" in asked else None
        now = timezone.now()
        span = Interval(now - timedelta(days=asked.get("days", USUAL)), now)
        return Response(shown(noise_report(span, now=now, service=service)))
