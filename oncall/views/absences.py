"""Time off: entering it, with what it touches before it is saved; changing and withdrawing it."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import PersonRequest
from accounts.models import User
from oncall import access, actions
from oncall.actions.absences import LONGEST
from oncall.conflicts import Conflict, conflicts_of
from oncall.drafts import Refused
from oncall.forms.absences import AbsenceForm, typed
from oncall.models import Absence


@login_required
@require_http_methods(["GET", "POST"])
def new(request: PersonRequest) -> HttpResponse:
    """`?person=7` for somebody of a team that one manages, else one's own."""
    return _form(request, _person(request), None)


@login_required
@require_http_methods(["GET", "POST"])
def edit(request: PersonRequest, pk: int) -> HttpResponse:
    """Other ends, another note."""
    absence = access.changeable_absence(request.user, pk)
    return _form(request, absence.user, absence)


@login_required
@require_POST
def withdraw(request: PersonRequest, pk: int) -> HttpResponse:
    """Not away after all, or back early."""
    absence = access.changeable_absence(request.user, pk)
    try:
        actions.withdraw_absence(actor=request.user, now=timezone.now(), absence=absence)
    except Refused as refused:
        messages.error(request, refused.message)
    else:
        messages.success(request, _("The time off was withdrawn."))
    return _onward(request, absence.user)


def _form(request: PersonRequest, person: User, absence: Absence | None) -> HttpResponse:
    form = AbsenceForm(
        request.POST or None,
        zone=person.zone,
        is_own=person == request.user,
        initial=typed(absence, person.zone) if absence else None,
    )
    form.offer(_touched(form, person))
    if request.method == "POST" and request.POST.get("do") == "check":
        return _checked(request, form, person, absence)
    if request.method == "POST" and form.is_valid() and _is_saved(request, form, person, absence):
        return _onward(request, person)
    return _page(request, form, person, absence)


def _checked(
    request: PersonRequest, form: AbsenceForm, person: User, absence: Absence | None
) -> HttpResponse:
    """What it would touch, as the form stands; nothing is stored."""
    if request.htmx:
        return render(
            request,
            "oncall/_absence_touches.html",
            {"form": form, "person": person, "is_me": person == request.user},
        )
    form.is_valid()
    return _page(request, form, person, absence)


def _page(request: PersonRequest, form: AbsenceForm, person: User, absence: Absence | None) -> HttpResponse:
    context = {
        "form": form,
        "person": person,
        "absence": absence,
        "is_me": person == request.user,
        "shows_time": any(form[name].value() for name in ("first_time", "last_time")),
    }
    status = 422 if form.errors and request.htmx else 200
    return render(request, "oncall/absence_form.html", context, status=status)


def _touched(form: AbsenceForm, person: User) -> list[Conflict]:
    """The shifts that it falls on, as far as they are ahead."""
    now, period = timezone.now(), form.period()
    if period is None or period[1] <= now or period[1] - period[0] > LONGEST:
        return []
    asked = Absence(user=person, starts_at=period[0], ends_at=period[1])
    return conflicts_of(person, max(period[0], now), period[1], [asked])


def _is_saved(request: PersonRequest, form: AbsenceForm, person: User, absence: Absence | None) -> bool:
    given = form.cleaned_data
    fields = {
        "starts_at": given["starts_at"],
        "ends_at": given["ends_at"],
        "note": given["note"],
        "covers": form.chosen(),
    }
    try:
        if absence:
            actions.change_absence(actor=request.user, now=timezone.now(), absence=absence, **fields)
        else:
            actions.add_absence(actor=request.user, now=timezone.now(), user=person, **fields)
    except Refused as refused:
        form.refuse(refused)
        return False
    _say(request, form)
    return True


def _say(request: PersonRequest, form: AbsenceForm) -> None:
    asked, open_ones = (
        len(form.cleaned_data["covers"]),
        [each for each in form.touched if each.request is None],
    )
    if asked:
        messages.success(request, _("Saved, and the team was asked to cover."))
    elif open_ones:
        messages.warning(request, _("Saved. You are on call during it: ask somebody to cover."))
    else:
        messages.success(request, _("Saved."))


def _person(request: PersonRequest) -> User:
    wanted = request.GET.get("person", "")
    pk = int(wanted) if wanted.isascii() and wanted.isdigit() and len(wanted) < 10 else request.user.pk
    return access.person_to_speak_for(request.user, pk)


def _onward(request: PersonRequest, person: User) -> HttpResponse:
    return redirect("oncall:covers") if person == request.user else redirect("accounts:person", pk=person.pk)
