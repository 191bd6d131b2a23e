"""Reading postmortems, and fetching their PDF."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, timedelta
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import APIException
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api import actor_of
from accounts.models import User
from lib.rest import ID, checked_query
from postmortems import actions
from postmortems.models import ActionItem, PdfFile, PdfFileQuerySet, PdfState, Postmortem, TimelineItem
from postmortems.queries import overview
from postmortems.serializers import (
    PdfComing,
    PdfProgress,
    PostmortemDetail,
    PostmortemQuery,
    PostmortemSerializer,
)
from postmortems.views.pdfs import filename

ASK_AGAIN = 3
REST_AFTER_FAILURE = timedelta(minutes=1)
LOOKUPS = {
    "state": "state__in",
    "service": "incident__service__slug",
    "team": "incident__service__team__slug",
}


class NotMade(APIException):
    status_code = 503
    wait = 60


class Pdf(BaseRenderer):
    """Says to content negotiation that PDF is spoken here; the bytes go past it."""

    media_type = "application/pdf"
    format = "pdf"
    charset = None
    render_style = "binary"

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> Any:
        return data


class PostmortemViewSet(viewsets.GenericViewSet[Postmortem]):
    """Reviews of incidents, by the number of their incident."""

    serializer_class = PostmortemDetail
    queryset = Postmortem.objects.all()
    lookup_field = "incident_id"
    lookup_url_kwarg = "pk"
    lookup_value_regex = ID

    @extend_schema(
        summary="Postmortems", parameters=[PostmortemQuery], responses=PostmortemSerializer(many=True)
    )
    def list(self, request: Request) -> Response:
        """That of the newest incident first, without texts."""
        asked = checked_query(PostmortemQuery, request)
        found = overview(_today()).filter(**{LOOKUPS[name]: value for name, value in asked.items()})
        page = self.paginate_queryset(found)
        return self.get_paginated_response(PostmortemSerializer(page, many=True).data)

    @extend_schema(summary="A postmortem")
    def retrieve(self, request: Request, pk: str) -> Response:
        """Its texts, its action items, and the timeline as it was imported."""
        return Response(self.get_serializer(get_object_or_404(_whole(), incident_id=pk)).data)

    @extend_schema(
        summary="The PDF",
        responses={
            (200, "application/pdf"): OpenApiTypes.BINARY,
            (202, "application/json"): OpenApiResponse(PdfComing, description="It is being made: ask again."),
        },
    )
    @action(detail=True, renderer_classes=[Pdf, JSONRenderer])
    def pdf(self, request: Request, pk: str) -> HttpResponse:
        """The newest PDF of what stands there now. Where there is none it is made: 202 with `Retry-After`.

        When making it failed, 503 says why for a minute; then asking begins anew.
        """
        postmortem = get_object_or_404(Postmortem, incident_id=pk)
        ready = _current(postmortem).ready().select_related("postmortem__incident").first()
        return _file(ready) if ready else _coming(_wanted(postmortem, actor_of(request)))


def _today() -> date:
    return timezone.now().astimezone(UTC).date()


def _whole() -> QuerySet[Postmortem]:
    items = Prefetch("items", TimelineItem.objects.shown(), to_attr="shown_items")
    owned = Prefetch("action_items", ActionItem.objects.select_related("owner"))
    return (
        overview(_today()).select_related("incident", "author", "published_by").prefetch_related(items, owned)
    )


def _current(postmortem: Postmortem) -> PdfFileQuerySet:
    """The PDFs that show what stands there now."""
    return PdfFile.objects.filter(
        postmortem=postmortem, version=postmortem.version, was_published=postmortem.is_published
    )


def _wanted(postmortem: Postmortem, actor: User) -> PdfFile:
    """The PDF that is waited for, asked for now when nobody did. Raises NotMade."""
    now = timezone.now()
    newest = postmortem.pdfs.without_content().first()
    if newest and newest.is_waiting:
        actions.remind(postmortem=postmortem, now=now)
        return newest
    failed = _current(postmortem).without_content().filter(state=PdfState.FAILED).first()
    if failed and now - failed.requested_at < REST_AFTER_FAILURE:
        raise NotMade(f"The PDF could not be made: {failed.error}")
    return actions.request_pdf(postmortem=postmortem, actor=actor, now=now)


def _coming(waiting: PdfFile) -> HttpResponse:
    detail = f"The PDF is being made. Ask again in {ASK_AGAIN} seconds."
    body = {"title": "Accepted", "status": 202, "detail": detail, "pdf": PdfProgress(waiting).data}
    return JsonResponse(body, status=202, headers={"Retry-After": str(ASK_AGAIN)})


def _file(ready: PdfFile) -> HttpResponse:
    return HttpResponse(
        bytes(ready.content or b""),
        content_type="application/pdf",
        headers={
            "Content-Disposition": f'attachment; filename="{filename(ready)}"',
            "ETag": f'"{ready.sha256}"',
        },
    )
