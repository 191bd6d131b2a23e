"""Reading alerts. They come in through alerts/views/intake.py."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from alerts.models import Alert
from alerts.serializers import AlertDetail, AlertQuery, AlertSerializer
from lib.rest import ID, checked_query

LOOKUPS = {
    "incident": "incident",
    "service": "service__slug",
    "state": "state__in",
    "since": "last_seen_at__gte",
}


class AlertViewSet(viewsets.GenericViewSet[Alert]):
    """What monitoring tools report."""

    serializer_class = AlertDetail
    queryset = Alert.objects.select_related("integration__service__team", "service__team").order_by("-id")
    lookup_value_regex = ID

    @extend_schema(summary="Alerts", parameters=[AlertQuery], responses=AlertSerializer(many=True))
    def list(self, request: Request) -> Response:
        """The newest first, without their details."""
        found = _matching(self.get_queryset(), checked_query(AlertQuery, request))
        page = self.paginate_queryset(found.defer("details", "links"))
        return self.get_paginated_response(AlertSerializer(page, many=True).data)

    @extend_schema(summary="An alert")
    def retrieve(self, request: Request, pk: str) -> Response:
        """One alert with its details and links."""
        return Response(self.get_serializer(self.get_object()).data)


def _matching(found: QuerySet[Alert], asked: dict[str, Any]) -> QuerySet[Alert]:
    return found.filter(**{LOOKUPS[name]: value for name, value in asked.items()})
