"""Who may ask what would be."""

from __future__ import annotations

from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.models import User


class MayAsk(BasePermission):
    """Everybody signed in, also by a token that may only read: a question in the body of a POST changes nothing."""

    message = "Sign in, or send a token."

    def has_permission(self, request: Request, view: APIView) -> bool:
        return isinstance(request.user, User) and request.user.is_active
