"""Who asks, for views behind `login_required`."""

from __future__ import annotations

from django.http import Http404, HttpRequest
from django_htmx.middleware import HtmxDetails

from accounts.models import User


class PersonRequest(HttpRequest):
    """A request of somebody who is signed in. `htmx` is true when htmx asks for a fragment."""

    user: User
    htmx: HtmxDetails


def require_admin(request: PersonRequest) -> User:
    """The admin who asks; 404 for anybody else, as for a page that does not exist."""
    if not request.user.is_admin:
        raise Http404
    return request.user
