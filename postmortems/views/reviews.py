"""The steps of a review, each one button with an optional word."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from accounts.access import PersonRequest
from postmortems import actions
from postmortems.forms import CommentForm, SubmitForm
from postmortems.lifecycle import IllegalTransition
from postmortems.views.access import changeable


@login_required
@require_POST
def submit(request: PersonRequest, number: int) -> HttpResponse:
    """Put it before reviewers."""
    postmortem = changeable(request, number)
    form = SubmitForm(request.POST, postmortem=postmortem)
    reviewers = form.cleaned_data["reviewers"] if form.is_valid() else []
    return _step(
        request,
        number,
        lambda: actions.submit(
            postmortem=postmortem, reviewers=reviewers, actor=request.user, now=timezone.now()
        ),
        _("It is in review."),
    )


@login_required
@require_POST
def approve(request: PersonRequest, number: int) -> HttpResponse:
    """Stand for this version."""
    postmortem, comment = changeable(request, number), _comment(request)
    return _step(
        request,
        number,
        lambda: actions.approve(
            postmortem=postmortem, comment=comment, actor=request.user, now=timezone.now()
        ),
        _("You approved this version."),
    )


@login_required
@require_POST
def send_back(request: PersonRequest, number: int) -> HttpResponse:
    """Return it to draft, with the reason."""
    postmortem, comment = changeable(request, number), _comment(request)
    return _step(
        request,
        number,
        lambda: actions.send_back(
            postmortem=postmortem, comment=comment, actor=request.user, now=timezone.now()
        ),
        _("It is a draft again."),
    )


@login_required
@require_POST
def publish(request: PersonRequest, number: int) -> HttpResponse:
    """Publish what was approved; its PDF is made at once."""
    postmortem, comment = changeable(request, number), _comment(request)
    return _step(
        request,
        number,
        lambda: actions.publish(
            postmortem=postmortem, reason=comment, actor=request.user, now=timezone.now()
        ),
        _("Published. The PDF is being made."),
    )


@login_required
@require_POST
def reopen(request: PersonRequest, number: int) -> HttpResponse:
    """Take a published one back, with the reason."""
    postmortem, comment = changeable(request, number), _comment(request)
    return _step(
        request,
        number,
        lambda: actions.reopen(postmortem=postmortem, reason=comment, actor=request.user, now=timezone.now()),
        _("It is a draft again."),
    )


def _comment(request: PersonRequest) -> str:
    form = CommentForm(request.POST)
    return str(form.cleaned_data["comment"]) if form.is_valid() else ""


def _step(
    request: PersonRequest, number: int, act: Callable[[], object], done: str | Promise
) -> HttpResponse:
    try:
        act()
    except (actions.Refused, IllegalTransition) as error:
        messages.error(request, str(error))
    else:
        messages.success(request, str(done))
    return redirect("postmortems:detail", number)
