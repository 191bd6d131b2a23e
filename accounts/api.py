"""Reading about people and their teams."""

from __future__ import annotations

from django.db.models import Prefetch, QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Membership, Team, User
from accounts.queries import people
from accounts.serializers import TeamSerializer, UserQuery, UserSerializer
from lib.rest import SLUG, checked_query


def actor_of(request: Request) -> User:
    """Who asks: every view of the API lets only people in, by token or by session."""
    user = request.user
    assert isinstance(user, User)  # noqa: S101 - says to mypy what the permission has checked
    return user


class UserViewSet(viewsets.GenericViewSet[User]):
    """People and the teams that they are in."""

    serializer_class = UserSerializer
    queryset = User.objects.all()

    @extend_schema(summary="People", parameters=[UserQuery])
    def list(self, request: Request) -> Response:
        """Everybody who is here, by name."""
        page = self.paginate_queryset(_matching(request))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @extend_schema(summary="Me")
    @action(detail=False, url_path="me")
    def me(self, request: Request) -> Response:
        """Whom the token or the session acts for."""
        mine = people().get(pk=actor_of(request).pk)
        return Response(self.get_serializer(mine).data)


class TeamViewSet(viewsets.GenericViewSet[Team]):
    """Who owns services, schedules and policies. Teams are named by their slug."""

    serializer_class = TeamSerializer
    queryset = Team.objects.prefetch_related(
        Prefetch("memberships", Membership.objects.filter(user__is_active=True).select_related("user"))
    ).order_by("name")
    lookup_field = "slug"
    lookup_value_regex = SLUG

    @extend_schema(summary="Teams")
    def list(self, request: Request) -> Response:
        """All teams by name, with their people who are here."""
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @extend_schema(summary="A team")
    def retrieve(self, request: Request, slug: str) -> Response:
        """One team with its people who are here."""
        return Response(self.get_serializer(self.get_object()).data)


def _matching(request: Request) -> QuerySet[User]:
    asked = checked_query(UserQuery, request)
    found = people(asked.get("q", ""), gone=not asked.get("active", True))
    if "team" in asked:
        found = found.filter(memberships__team__slug=asked["team"])
    return found
