"""How the API authenticates, reads bodies and pages; what it says lies in the apps' api.py, over the same actions."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import IO, TYPE_CHECKING, Any

from django.db.models import QuerySet
from rest_framework import authentication, exceptions, pagination, parsers, permissions
from rest_framework.request import Request

from accounts.models import ApiToken, User
from accounts.tokens import authenticate

if TYPE_CHECKING:
    # The views read these classes from the settings while they are being loaded.
    from rest_framework.views import APIView

LONGEST_BODY = 512_000
DEEPEST = 40
LARGEST_OFFSET = 10_000_000


class TooLarge(exceptions.APIException):
    status_code = 413
    default_detail = f"The body is too large: at most {LONGEST_BODY} bytes are accepted."


class BearerAuthentication(authentication.BaseAuthentication):
    """`Authorization: Bearer <token>`; the token acts with its person's role."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        """The person and their token; None where the request has no bearer token. Raises AuthenticationFailed."""
        scheme, _, token = request.headers.get("Authorization", "").strip().partition(" ")
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

    message = "Sign in, or send a token."

    def has_permission(self, request: Request, view: APIView) -> bool:
        user = request.user
        if not isinstance(user, User) or not user.is_active:
            return False
        if request.method in permissions.SAFE_METHODS:
            return True
        if isinstance(request.auth, ApiToken) and request.auth.read_only:
            self.message = "This token may only read."
            return False
        self.message = "Your role is to read; acting needs a responder or an admin."
        return user.can_respond


class JSONBody(parsers.JSONParser):
    """JSON in UTF-8, bounded in size and depth. Whatever charset a client names, JSON is UTF-8 (RFC 8259)."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Raises ParseError and TooLarge."""
        raw = stream.read(LONGEST_BODY + 1)
        if len(raw) > LONGEST_BODY:
            raise TooLarge
        try:
            value = super().parse(io.BytesIO(raw), media_type, {"encoding": "utf-8-sig"})
        except RecursionError as error:
            raise exceptions.ParseError("The JSON is nested too deeply.") from error
        if _is_deep(value):
            raise exceptions.ParseError(f"The JSON is nested more than {DEEPEST} levels deep.")
        return value


def _is_deep(value: object) -> bool:
    """Whether containers lie in one another more than DEEPEST times; level by level, without recursion."""
    level = [value]
    for _ in range(DEEPEST + 1):
        level = [child for each in level for child in _children(each)]
        if not level:
            return False
    return True


def _children(value: object) -> Sequence[object]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else ()


class Pages(pagination.LimitOffsetPagination):
    """`limit` (200 at most) and `offset`; what is no number is refused rather than answered by the wrong page."""

    default_limit = 50
    max_limit = 200

    def paginate_queryset(
        self, queryset: QuerySet[Any] | Sequence[Any], request: Request, view: APIView | None = None
    ) -> list[Any] | None:
        """Raises ValidationError by parameter."""
        errors = {
            name: [f"A whole number from {least} to {most} is needed."]
            for name, least, most in (("limit", 1, 10**9), ("offset", 0, LARGEST_OFFSET))
            if not _is_number(request.query_params.get(name), least, most)
        }
        if errors:
            raise exceptions.ValidationError(errors)
        return super().paginate_queryset(queryset, request, view)


def _is_number(text: str | None, least: int, most: int) -> bool:
    """Whether it is absent, empty, or within the bounds."""
    return not text or (text.isascii() and text.isdigit() and len(text) < 12 and least <= int(text) <= most)
