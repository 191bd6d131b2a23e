"""Noise: which pages were worth waking somebody."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.access import PersonRequest
from insights.forms.noise import USUAL, NoiseForm
from insights.noise.reading import noise_report
from insights.views.operations import responder_or_404

SHOWN = 50


@login_required
@require_safe
def noise(request: PersonRequest) -> HttpResponse:
    """The three rules to mend first; then pages for a shift against the target, odd hours, rules and services."""
    responder_or_404(request)
    form = NoiseForm({"days": USUAL} | request.GET.dict())
    now = timezone.now()
    span, service = form.asked(now)
    report = noise_report(span, now=now, service=service)
    context = {"form": form, "report": report, "rules": report.rules[:SHOWN], "service": service}
    return render(request, "insights/noise.html", context)
