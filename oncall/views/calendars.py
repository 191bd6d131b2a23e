"""The calendar files themselves, and the secret addresses under which they are."""

from __future__ import annotations

from datetime import UTC

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.http import http_date, quote_etag
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import PersonRequest
from lib.links import own_path
from oncall import actions
from oncall.calendars import writing
from oncall.calendars.access import revocable_link
from oncall.calendars.links import book_of, find, note_use, url_of, webcal_of
from oncall.drafts import Refused
from oncall.forms.calendars import LinkForm
from oncall.models import CalendarLink

FRESH = 300
"""For so many seconds a program need not ask again."""


@require_safe
def calendar(request: HttpRequest, token: str) -> HttpResponse:
    """The file. Whoever has the address reads it, without signing in: calendar programs cannot."""
    link = find(token)
    if link is None:
        return HttpResponseNotFound(
            "There is no calendar at this address.\n", content_type="text/plain; charset=utf-8"
        )
    now = timezone.now()
    note_use(link, now)
    book = book_of(link, now)
    changed = int(writing.modified(book, link.created_at).astimezone(UTC).timestamp())
    etag = quote_etag(writing.tag(book))
    response = get_conditional_response(request, etag=etag, last_modified=changed)
    if response is None:
        response = _file(request, writing.write(book))
    response["ETag"], response["Last-Modified"] = etag, http_date(changed)
    response["Cache-Control"] = f"private, max-age={FRESH}"
    return response


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def links(request: PersonRequest) -> HttpResponse:
    """My links and a new one; the answer to a post shows the address, this once: only its digest is kept."""
    form = LinkForm(
        request.POST or None, person=request.user, initial={"what": request.GET.get("what", "me")}
    )
    if request.method == "POST" and form.is_valid():
        try:
            link, secret = actions.create_link(
                actor=request.user, now=timezone.now(), schedule=form.schedule(), team=form.team()
            )
        except Refused as refused:
            form.add_error(None, refused.message)
        else:
            return _made(request, link, secret)
    found = CalendarLink.objects.filter(made_by=request.user, revoked_at=None)
    context = {"form": form, "links": found.select_related("schedule", "team", "user")}
    return render(request, "oncall/calendar_links.html", context)


@login_required
@require_POST
def link_revoke(request: PersonRequest, pk: int) -> HttpResponse:
    """Calendars that were subscribed to it get no more."""
    link = revocable_link(request.user, pk)
    actions.revoke_link(actor=request.user, now=timezone.now(), link=link)
    messages.success(request, _("The address ending in %(hint)s answers no more.") % {"hint": link.hint})
    return redirect(own_path(request.POST.get("next", "")) or "oncall:calendar-links")


def _file(request: HttpRequest, body: bytes) -> HttpResponse:
    response = HttpResponse(
        b"" if request.method == "HEAD" else body, content_type="text/calendar; charset=utf-8"
    )
    response["Content-Length"] = str(len(body))
    response["Content-Disposition"] = 'inline; filename="on-call.ics"'
    return response


def _made(request: PersonRequest, link: CalendarLink, secret: str) -> HttpResponse:
    url = url_of(secret)
    onward = own_path(request.POST.get("next", ""))
    context = {"link": link, "url": url, "webcal": webcal_of(url), "next": onward}
    return render(request, "oncall/calendar_link_made.html", context)
