"""Who may see an incident, and who may act on it."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.utils.translation import gettext as _

from accounts.access import PersonRequest
from accounts.models import User
from incidents.models import Incident
from incidents.queries.page import found


def incident_or_404(number: int) -> Incident:
    """Everybody who is signed in may read every incident."""
    incident = found(number)
    if incident is None:
        raise Http404
    return incident


def responder(request: PersonRequest) -> User:
    """The person who acts; 403 with the reason for a viewer."""
    if not request.user.can_respond:
        raise PermissionDenied(
            _("Viewers follow incidents but do not act on them. An admin can make you a responder.")
        )
    return request.user
