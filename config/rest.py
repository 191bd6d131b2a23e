"""How the API authenticates, pages and reports errors; filled by the apps' api.py over the same actions."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404
from rest_framework import authentication, exceptions, pagination, permissions
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView, exception_handler

from accounts.models import ApiToken, User
from accounts.tokens import authenticate


class BearerAuthentication(authentication.BaseAuthentication):
    """`Authorization: Bearer <token>`; the token acts with its person's role."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        found = authenticate(token.strip(), now=datetime.now(UTC))
        if found is None:
            raise exceptions.AuthenticationFailed("The token is unknown, expired or revoked.")
        return found.user, found

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="tocsin"'


class BrowserAuthentication(authentication.SessionAuthentication):
    """A signed-in browser, with CSRF checked."""


class ReadOrRespond(permissions.BasePermission):
    """Everybody signed in reads; responders act; a read-only token never writes."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        user = request.user
        if not isinstance(user, User) or not user.is_active:
            return False
        if request.method in permissions.SAFE_METHODS:
            return True
        return user.can_respond and not (isinstance(request.auth, ApiToken) and request.auth.read_only)


class Pages(pagination.LimitOffsetPagination):
    default_limit = 50
    max_limit = 200


def problem(error: Exception, context: dict[str, Any]) -> Response | None:
    """Every error as an RFC 9457 problem document: type, title, status, detail, and `errors` by field."""
    response = exception_handler(error, context)
    if response is None:
        return None
    response.data = _document(error, response)
    response.content_type = "application/problem+json"
    return response


def _document(error: Exception, response: Response) -> dict[str, Any]:
    document: dict[str, Any] = {
        "type": "about:blank",
        "title": response.status_text,
        "status": response.status_code,
    }
    if isinstance(error, exceptions.ValidationError):
        return {**document, "detail": "Some fields are not valid.", "errors": response.data}
    if isinstance(error, Http404):
        return {**document, "detail": "There is no such thing, or it is not yours to see."}
    if isinstance(error, PermissionDenied) and str(error):
        return {**document, "detail": str(error)}
    detail = response.data.get("detail") if isinstance(response.data, dict) else None
    return {**document, "detail": str(detail or response.status_text)}
