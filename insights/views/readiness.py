"""Readiness: would a page reach somebody, if one had to go out now?"""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.access import PersonRequest
from insights.readiness.findings import report
from insights.views.operations import responder_or_404


@login_required
@require_safe
def readiness(request: PersonRequest) -> HttpResponse:
    """What stands in the way, the worst first, each with the one next step; one calm sentence when nothing does."""
    responder_or_404(request)
    return render(request, "insights/readiness.html", {"report": report(timezone.now())})
