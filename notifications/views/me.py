"""My page: how will I be reached?"""

from __future__ import annotations

from datetime import time

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.access import PersonRequest
from lib import panels
from notifications import queries
from notifications.forms import DelayForm, QuietForm, RuleForm
from notifications.models import QuietHours, Urgency


@login_required
@require_safe
def me(request: PersonRequest) -> HttpResponse:
    """Methods and their lines in time, what other apps have for me, then my profile."""
    return page(request)


def page(
    request: PersonRequest, failed: RuleForm | None = None, quiet: QuietForm | None = None
) -> HttpResponse:
    """The page; `failed` is the rule form as it was sent, with its errors, `quiet` that of the quiet hours."""
    person = request.user
    forms = {urgency: RuleForm(person=person, urgency=urgency) for urgency in Urgency}
    if failed is not None:
        forms[failed.urgency] = failed
    lines = queries.lines_of(person)
    hours = QuietHours.objects.filter(user=person).first()
    context = {
        "cards": queries.cards_of(person),
        "quiet": hours,
        "quiet_form": quiet or _quiet_form(hours),
        "lines": [
            (
                line,
                forms[line.urgency],
                [(rule, _delay_form(rule.pk, rule.delay.total_seconds())) for rule in line.rules],
            )
            for line in lines
        ],
        "reachable": any(line.stops for line in lines),
        "panels": panels.filled("me", person, person),
    }
    return render(request, "notifications/me.html", context)


def _quiet_form(hours: QuietHours | None) -> QuietForm:
    if hours is None:
        return QuietForm(initial={"starts": time(22), "ends": time(7)})
    return QuietForm(initial={"starts": hours.starts, "ends": hours.ends, "weekends": hours.weekends})


def _delay_form(rule: int, seconds: float) -> DelayForm:
    return DelayForm(initial={"minutes": int(seconds // 60)}, auto_id=f"rule-{rule}-%s")
