"""Action items: the overview of what is still to be done, and the few steps of each."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import PersonRequest
from lib.links import own_path
from postmortems import actions, queries
from postmortems.forms import ActionItemForm, ListFilter
from postmortems.lifecycle import IllegalTransition
from postmortems.views.access import changeable, changeable_action_item

PER_PAGE = 100


@login_required
@require_GET
def overview(request: PersonRequest) -> HttpResponse:
    """What was promised and is not done yet, the longest overdue first."""
    chosen, today = ListFilter(request.GET).value_of("show"), timezone.localdate()
    rows = queries.to_follow_up()
    context = {
        "chosen": chosen,
        "today": today,
        "overdue_count": rows.overdue(today).count(),
        "mine_count": rows.filter(owner=request.user).count(),
        "may_write": request.user.can_respond,
    }
    if chosen == "mine":
        rows = rows.filter(owner=request.user)
    elif chosen == "overdue":
        rows = rows.overdue(today)
    context["page"] = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "postmortems/actions.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def add(request: PersonRequest, number: int) -> HttpResponse:
    """One more action item."""
    postmortem = changeable(request, number)
    form = ActionItemForm(request.POST or None)
    if form.is_valid():
        actions.add_action_item(
            postmortem=postmortem, **form.wanted(), actor=request.user, now=timezone.now()
        )
        return _back(number)
    return render(request, "postmortems/action_item.html", {"postmortem": postmortem, "form": form})


@login_required
@require_http_methods(["GET", "POST"])
def edit(request: PersonRequest, number: int, pk: int) -> HttpResponse:
    """Change what is done, by whom or by when."""
    item = changeable_action_item(request, number, pk)
    form = ActionItemForm(request.POST or None, item=item)
    if form.is_valid():
        actions.edit_action_item(item=item, **form.wanted(), actor=request.user, now=timezone.now())
        return _back(number)
    context = {"postmortem": item.postmortem, "form": form, "item": item}
    return render(request, "postmortems/action_item.html", context)


@login_required
@require_POST
def move(request: PersonRequest, number: int, pk: int, verb: str) -> HttpResponse:
    """Done, dropped, or open again."""
    item = changeable_action_item(request, number, pk)
    try:
        actions.move_action_item(item=item, verb=verb, actor=request.user, now=timezone.now())
    except (actions.Refused, IllegalTransition) as error:
        messages.error(request, str(error))
    target = own_path(request.POST.get("next", ""))
    return HttpResponseRedirect(target) if target else _back(number)


def _back(number: int) -> HttpResponseRedirect:
    return HttpResponseRedirect(f"{reverse('postmortems:detail', args=[number])}#actions")
