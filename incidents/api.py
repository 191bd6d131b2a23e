"""Incidents for machines: what the pages do, by the same actions."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db.models import Q, QuerySet
from django.http import Http404, HttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api import actor_of
from incidents import serializers as shapes
from incidents.actions import opening, transitions, writing
from incidents.actions.paging import NotOpen
from incidents.actions.timeline import NoSuchIncident
from incidents.lifecycle import IllegalTransition, verbs
from incidents.messages import subject_of
from incidents.models import CLOSED, WRITTEN, Incident, TimelineEntry, Update
from incidents.queries.ledger import deliveries, shown
from lib.rest import ID, Refused, Unprocessable, checked_query
from notifications.ledger import documents
from notifications.serializers import LedgerQuery, SignedLedger
from notifications.views.ledger import attachment

KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="Up to 120 printable characters. A retry with the same key and body opens no second incident.",
)
REPLAY = OpenApiResponse(
    shapes.IncidentDetail,
    description="The key was used before: the incident of then, with the header `Idempotent-Replayed: true`.",
)


class IncidentViewSet(viewsets.GenericViewSet[Any]):
    """Incidents, by the number that people say."""

    serializer_class = shapes.IncidentDetail
    queryset = (
        Incident.objects.select_related("service__team", "created_by", "acknowledged_by", "escalation")
        .defer("search", "escalation__plan")
        .prefetch_related("roles__user")
    )
    lookup_value_regex = ID

    @extend_schema(
        summary="Incidents",
        parameters=[shapes.IncidentQuery],
        responses=shapes.IncidentSerializer(many=True),
    )
    def list(self, request: Request) -> Response:
        """The newest first."""
        found = matching(self.get_queryset(), checked_query(shapes.IncidentQuery, request))
        return self._page(found, shapes.IncidentSerializer)

    @extend_schema(summary="An incident")
    def retrieve(self, request: Request, pk: str) -> Response:
        """One incident with its timer and what can be done with it."""
        return Response(self._shown(int(pk)))

    @extend_schema(
        summary="Declare a new incident",
        parameters=[KEY],
        request=shapes.NewIncident,
        responses={201: shapes.IncidentDetail, 200: REPLAY},
    )
    def create(self, request: Request) -> Response:
        """It is active at once, you lead it, and it pages unless told otherwise."""
        now = timezone.now()
        fields = _checked(shapes.NewIncident(data=request.data, context={"now": now}))
        actor, key = actor_of(request), _key_of(request)
        if key is None:
            incident, is_new = opening.declare_new(actor=actor, now=now, **fields), True
        else:
            with refusals():
                incident, is_new = opening.declare_once(
                    actor=actor, key=key, fingerprint=_fingerprint(request.data), now=now, **fields
                )
        headers = {"Location": request.build_absolute_uri(f"{request.path}/{incident.pk}")}
        if not is_new:
            headers["Idempotent-Replayed"] = "true"
        return Response(self._shown(incident.pk), status=201 if is_new else 200, headers=headers)

    @extend_schema(summary="Acknowledge", request=None, responses=shapes.Acknowledged)
    @action(detail=True, methods=["post"])
    def acknowledge(self, request: Request, pk: str) -> Response:
        """Paging stops. A second acknowledgement changes nothing and says `"first": false`."""
        with refusals():
            _incident, first = transitions.acknowledge(
                incident_id=int(pk), actor=actor_of(request), now=timezone.now(), via="api"
            )
        return Response({**self._shown(int(pk)), "first": first})

    @extend_schema(summary="Declare a triaged incident", request=shapes.Declaration)
    @action(detail=True, methods=["post"])
    def declare(self, request: Request, pk: str) -> Response:
        """It is real: a severity, somebody who leads, and paging stops."""
        fields = _checked(shapes.Declaration(data=request.data))
        with refusals():
            transitions.declare(incident_id=int(pk), actor=actor_of(request), now=timezone.now(), **fields)
        return Response(self._shown(int(pk)))

    @extend_schema(summary="Resolve", request=shapes.Resolution)
    @action(detail=True, methods=["post"])
    def resolve(self, request: Request, pk: str) -> Response:
        """It is over. Paging stops."""
        return self._move(request, pk, {"verb": "resolve", **_checked(shapes.Resolution(data=request.data))})

    @extend_schema(summary="Mitigate, monitor, relapse, dismiss, reopen", request=shapes.Transition)
    @action(detail=True, methods=["post"])
    def transition(self, request: Request, pk: str) -> Response:
        """Move it by a verb. What its state does not allow is a 409 that names what it allows."""
        return self._move(request, pk, _checked(shapes.Transition(data=request.data)))

    @extend_schema(summary="Notes", responses=shapes.EntrySerializer(many=True))
    @action(detail=True)
    def notes(self, request: Request, pk: str) -> Response:
        """What people wrote into the timeline, in order."""
        return self._page(_timeline(self.get_object()).filter(kind__in=WRITTEN), shapes.EntrySerializer)

    @extend_schema(summary="Write a note", request=shapes.NewNote, responses={201: shapes.EntrySerializer})
    @notes.mapping.post
    def add_note(self, request: Request, pk: str) -> Response:
        """A note, an action, a hypothesis or a decision. `happened_at` may lie in the past."""
        fields = _checked(shapes.NewNote(data=request.data))
        with refusals():
            entry = writing.add_note(
                incident_id=int(pk), actor=actor_of(request), now=timezone.now(), **fields
            )
        return Response(shapes.EntrySerializer(entry).data, status=201)

    @extend_schema(summary="The timeline", responses=shapes.EntrySerializer(many=True))
    @action(detail=True)
    def timeline(self, request: Request, pk: str) -> Response:
        """Everything that happened, in the order in which it was recorded, with the chain of hashes."""
        return self._page(_timeline(self.get_object()), shapes.EntrySerializer)

    @extend_schema(summary="The page ledger", responses=shapes.DeliverySerializer(many=True))
    @action(detail=True)
    def deliveries(self, request: Request, pk: str) -> Response:
        """Every message that was due about it, the newest first, with each attempt."""
        page = self.paginate_queryset(deliveries(self.get_object())) or []
        rows = [shown(delivery, actor_of(request)) for delivery in page]
        return self.get_paginated_response(shapes.DeliverySerializer(rows, many=True).data)

    @extend_schema(
        summary="Proof of paging",
        parameters=[LedgerQuery],
        responses={(200, "application/json"): SignedLedger, (200, "text/csv"): OpenApiTypes.STR},
    )
    @action(detail=True)
    def ledger(self, request: Request, pk: str) -> HttpResponse:
        """The whole ledger of pages, signed, as JSON or CSV; check it with `bin/manage verify_ledger`."""
        incident, asked = self.get_object(), checked_query(LedgerQuery, request)
        document = documents.about(subject_of(incident), title=str(incident), now=timezone.now())
        return attachment(document, asked.get("as", "json"))

    @extend_schema(summary="Updates", responses=shapes.UpdateSerializer(many=True))
    @action(detail=True)
    def updates(self, request: Request, pk: str) -> Response:
        """What was told about where it stands, in order."""
        found = Update.objects.filter(incident=self.get_object()).select_related("author").order_by("id")
        return self._page(found, shapes.UpdateSerializer)

    @extend_schema(
        summary="Publish an update", request=shapes.NewUpdate, responses={201: shapes.UpdateSerializer}
    )
    @updates.mapping.post
    def publish_update(self, request: Request, pk: str) -> Response:
        """For customers, on the status page, unless `is_public` is false."""
        fields = _checked(shapes.NewUpdate(data=request.data))
        told = {"impact": self.get_object().impact, "is_public": True, **fields}
        with refusals():
            update = writing.publish_update(
                incident_id=int(pk), actor=actor_of(request), now=timezone.now(), **told
            )
        return Response(shapes.UpdateSerializer(update).data, status=201)

    def _shown(self, number: int) -> dict[str, Any]:
        """The incident as it stands now; 404 when it was never opened."""
        incident = self.get_queryset().filter(pk=number).first()
        if incident is None:
            raise Http404
        return dict(shapes.IncidentDetail(incident).data)

    def _page(self, found: QuerySet[Any], shape: type[serializers.BaseSerializer[Any]]) -> Response:
        return self.get_paginated_response(shape(self.paginate_queryset(found), many=True).data)

    def _move(self, request: Request, pk: str, fields: dict[str, Any]) -> Response:
        with refusals():
            transitions.change_state(
                incident_id=int(pk), actor=actor_of(request), now=timezone.now(), **fields
            )
        return Response(self._shown(int(pk)))


@contextmanager
def refusals() -> Iterator[None]:
    """What the actions refuse, as answers."""
    try:
        yield
    except NoSuchIncident as error:
        raise Http404 from error
    except IllegalTransition as error:
        raise Refused(str(error), state=error.state, allowed=verbs(error.state)) from error
    except NotOpen as error:
        raise Refused(str(error)) from error
    except opening.KeyReused as error:
        raise Unprocessable(str(error)) from error
    except writing.NothingWritten as error:
        raise ValidationError({"non_field_errors": [str(error)]}) from error
    except writing.FutureTime as error:
        raise ValidationError({"happened_at": [str(error)]}) from error


def matching(found: QuerySet[Incident], asked: dict[str, Any]) -> QuerySet[Incident]:
    """What the filters of the list leave, the newest first."""
    if "q" in asked:
        found = found.filter(pk__in=Incident.objects.matching(asked["q"]).values("pk"))
    if "open" in asked:
        over = Q(state__in=CLOSED)
        found = found.filter(~over if asked["open"] else over)
    for name, lookup in LOOKUPS.items():
        if name in asked:
            found = found.filter(**{lookup: asked[name]})
    return found.order_by("-id")


LOOKUPS = {
    "state": "state__in",
    "severity": "severity__in",
    "urgency": "urgency",
    "service": "service__slug",
    "team": "service__team__slug",
    "since": "started_at__gte",
    "until": "started_at__lt",
}


def _timeline(incident: Incident) -> QuerySet[TimelineEntry]:
    entries = TimelineEntry.objects.filter(incident=incident).select_related("actor")
    return entries.defer("search").order_by("number")


def _checked(body: serializers.Serializer[Any]) -> dict[str, Any]:
    """What was sent, if all of it is valid; raises ValidationError by field."""
    body.is_valid(raise_exception=True)
    return dict(body.validated_data)


def _key_of(request: Request) -> str | None:
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return None
    key = key.strip()
    if not 0 < len(key) <= shapes.KEY or not (key.isascii() and key.isprintable()):
        raise ValidationError({"Idempotency-Key": [f"1 to {shapes.KEY} printable characters are needed."]})
    return key


def _fingerprint(body: Any) -> str:
    """The same for bodies that differ in white space and in the order of keys only."""
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
