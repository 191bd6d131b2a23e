"""What teams expect of paging: reading, writing, asking."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api import actor_of
from accounts.models import Team
from catalog.models import Service
from insights import access, actions
from insights.actions.assertions import MOST
from insights.api.permissions import MayAsk
from insights.asserting import verdicts
from insights.models import Assertion
from insights.serializers import assertions as shapes
from lib.rest import ID, checked_query
from oncall.api.asking import changeable_team, checked, refusals


class AssertionViewSet(viewsets.GenericViewSet[Any]):
    """Questions about paging with the answers that are expected."""

    serializer_class = shapes.AssertionShown
    queryset = Assertion.objects.select_related("team", "service").order_by("team__name", "name", "id")
    lookup_value_regex = ID

    @extend_schema(summary="Assertions", parameters=[shapes.AssertionQuery])
    def list(self, request: Request) -> Response:
        """By team and name, each with its last answer."""
        page = self.paginate_queryset(self._asked(request))
        return self.get_paginated_response(shapes.AssertionShown(page, many=True).data)

    @extend_schema(summary="An assertion")
    def retrieve(self, request: Request, pk: str) -> Response:
        """With its last answer."""
        return Response(shapes.AssertionShown(access.readable_assertion(int(pk))).data)

    @extend_schema(
        summary="Expect an answer", request=shapes.WholeAssertion, responses={201: shapes.AssertionShown}
    )
    def create(self, request: Request) -> Response:
        """For managers of the team, and admins. It is asked at once."""
        made = self._saved(request, None)
        place = request.build_absolute_uri(f"{request.path}/{made.pk}")
        return Response(shapes.AssertionShown(made).data, status=201, headers={"Location": place})

    @extend_schema(summary="Replace an assertion", request=shapes.WholeAssertion)
    def update(self, request: Request, pk: str) -> Response:
        """All of it."""
        row = access.changeable_assertion(actor_of(request), int(pk))
        return Response(shapes.AssertionShown(self._saved(request, row)).data)

    @extend_schema(summary="Delete an assertion", responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """It is asked no more."""
        row = access.changeable_assertion(actor_of(request), int(pk))
        with refusals():
            actions.delete_assertion(actor=actor_of(request), now=timezone.now(), assertion=row)
        return Response(status=204)

    @extend_schema(
        summary="Ask all assertions",
        request=None,
        parameters=[shapes.AssertionQuery],
        responses=shapes.RunShown,
    )
    @action(detail=False, methods=["post"], permission_classes=[MayAsk])
    def run(self, request: Request) -> Response:
        """At this moment, with `holds` of each and `all_hold`. Nothing is stored: tokens that may only read may ask."""
        found = verdicts(list(self._asked(request)[:MOST]), timezone.now())
        body = {"all_hold": all(each.holds for each in found), "results": found}
        return Response(shapes.RunShown(body).data)

    def _asked(self, request: Request) -> QuerySet[Assertion]:
        """404 when what is named does not exist, so that a typing error does not look like success."""
        asked = checked_query(shapes.AssertionQuery, request)
        found = self.get_queryset()
        if "team" in asked:
            found = found.filter(team=get_object_or_404(Team, slug=asked["team"]))
        if "service" in asked:
            found = found.filter(service=get_object_or_404(Service, slug=asked["service"]))
        return found

    def _saved(self, request: Request, row: Assertion | None) -> Assertion:
        actor = actor_of(request)
        fields = checked(shapes.WholeAssertion(data=request.data))
        team = changeable_team(actor, fields.pop("team"))
        service = Service.objects.live().filter(slug=fields.pop("service")).first()
        if service is None:
            raise ValidationError({"service": ["There is no such service."]})
        with refusals():
            return actions.save_assertion(
                actor=actor, now=timezone.now(), assertion=row, team=team, service=service, **fields
            )
