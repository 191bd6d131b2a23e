"""Who may see and who may change an integration, for all views of this app."""

from __future__ import annotations

from django.shortcuts import get_object_or_404

from accounts.access import PersonRequest
from alerts.models import Integration


def readable(pk: int) -> Integration:
    """Everybody who is signed in reads; 404 where there is none."""
    return get_object_or_404(Integration.objects.select_related("service__team"), pk=pk)


def changeable(request: PersonRequest, pk: int) -> Integration:
    """For managers of the service's team and admins; 404 for anybody else."""
    found = Integration.objects.changeable_by(request.user).select_related("service__team")
    return get_object_or_404(found, pk=pk)
