"""Does the pager itself work: the Operations page for machines."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api import actor_of
from insights.operations import pulse
from insights.serializers.operations import OperationsQuery, OperationsShown, shown
from insights.views.operations import person_or_404
from lib.rest import ID, checked_query
from notifications import punctuality
from notifications.ledger import documents, signing
from notifications.punctuality import Span
from notifications.serializers import LedgerKeyShown, LedgerQuery, SignedLedger
from notifications.views.ledger import attachment


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

    @extend_schema(
        summary="Proof of paging of a person",
        operation_id="operations_person_ledger",
        parameters=[LedgerQuery, OpenApiParameter("person", int, OpenApiParameter.PATH)],
        responses={(200, "application/json"): SignedLedger, (200, "text/csv"): OpenApiTypes.STR},
    )
    @action(detail=False, url_path=f"people/(?P<person>{ID})/ledger", url_name="person-ledger")
    def person_ledger(self, request: Request, person: str) -> HttpResponse:
        """Everything that was due to them, signed; for themselves and for admins."""
        found = person_or_404(actor_of(request), int(person))
        asked = checked_query(LedgerQuery, request)
        return attachment(documents.to_person(found, now=timezone.now()), asked.get("as", "json"))

    @extend_schema(
        summary="The key of signed ledgers", operation_id="operations_ledger_key", responses=LedgerKeyShown
    )
    @action(detail=False, url_path="ledger-key", url_name="ledger-key")
    def ledger_key(self, request: Request) -> Response:
        """The public half, with which anybody can check an export. It also stands at /.well-known/tocsin-ledger.pem."""
        public = signing.public_key()
        found = {
            "key": signing.id_of(public),
            "algorithm": signing.ALGORITHM,
            "public": signing.text_of(public),
            "pem": signing.pem_of(public),
        }
        return Response(LedgerKeyShown(found).data)
