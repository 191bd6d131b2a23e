"""The public addresses: served from copies, never from the database, without session or script."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256
from html import escape
from zoneinfo import ZoneInfo

from csp.constants import SELF
from csp.decorators import csp_replace
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.http import http_date, quote_etag
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from lib import moments
from statuspage import copies
from statuspage.disk import Stamp, Stored
from statuspage.render import AGE_MARK, HTML, incident_path

FRESH_SECONDS = 5  # how long a browser or a proxy may show it without asking

# The editor shows the page in a frame; no site but ours may.
_framed = csp_replace({"frame-ancestors": [SELF]})


@require_safe
def default(request: HttpRequest) -> HttpResponseBase:
    """The bare address leads to the default page."""
    slug = copies.shared.default_slug()
    if slug is None:
        return _missing()
    return HttpResponseRedirect(reverse("statuspage:public", args=[slug]))


@require_safe
def bare(request: HttpRequest, slug: str) -> HttpResponseBase:
    """People leave the last slash out."""
    return HttpResponseRedirect(reverse("statuspage:public", args=[slug]))


@require_safe
def index(request: HttpRequest, slug: str) -> HttpResponseBase:
    return _serve(request, slug, "index.html")


@require_safe
def history(request: HttpRequest, slug: str) -> HttpResponseBase:
    return _serve(request, slug, "history.html")


@require_safe
def atom(request: HttpRequest, slug: str) -> HttpResponseBase:
    return _serve(request, slug, "history.atom")


@require_safe
def api(request: HttpRequest, slug: str, name: str) -> HttpResponseBase:
    """Statuspage's public API v2."""
    return _serve(request, slug, f"api/v2/{name}")


@require_safe
def incident(request: HttpRequest, slug: str, public_id: str) -> HttpResponseBase:
    return _serve(request, slug, incident_path(public_id))


def _serve(request: HttpRequest, slug: str, path: str) -> HttpResponseBase:
    copy = copies.shared.page(slug)
    is_live = copies.shared.confirmed
    if copy is None and not is_live:
        return _unreachable()
    stored = copy.files.get(path) if copy else None
    if copy is None or stored is None:
        return _missing()
    now = timezone.now()
    answer: HttpResponseBase = _framed(_answer)(request, stored, copy.stamp, is_live=is_live, now=now)
    answer["X-Frame-Options"] = "SAMEORIGIN"
    return answer


def _answer(
    request: HttpRequest, stored: Stored, stamp: Stamp, *, is_live: bool, now: datetime
) -> HttpResponseBase:
    """The file, or 304. HTML carries the page's age, so it is another text after each render."""
    etag, changed_at, body = stored.etag, stored.last_changed_at, stored.body
    if stored.content_type == HTML:
        line = _age_line(stamp, is_live=is_live, now=now)
        etag = sha256(f"{etag}{line}".encode()).hexdigest()[:32]
        changed_at = max(changed_at, stamp.rendered_at) if is_live else now
        body = body.replace(AGE_MARK, line, 1)
    response = HttpResponse(body, content_type=stored.content_type)
    seconds = int(changed_at.timestamp())
    answer = get_conditional_response(request, quote_etag(etag), seconds, response) or response
    for name, value in _headers(stored, stamp, is_live=is_live, now=now).items():
        answer[name] = value
    answer["ETag"], answer["Last-Modified"] = quote_etag(etag), http_date(seconds)
    return answer


def _headers(stored: Stored, stamp: Stamp, *, is_live: bool, now: datetime) -> dict[str, str]:
    """`Age` counts from the database's last agreement; while it cannot be reached, from the render."""
    seconds = 0 if is_live else max(0, int((now - stamp.rendered_at).total_seconds()))
    headers = {"Age": str(seconds), "Cache-Control": f"public, max-age={FRESH_SECONDS}, stale-if-error=86400"}
    # Browsers of other sites may read what is made for machines.
    return headers if stored.content_type == HTML else headers | {"Access-Control-Allow-Origin": "*"}


def _age_line(stamp: Stamp, *, is_live: bool, now: datetime) -> str:
    """The page's own age in plain words, all that a reader has when nothing behind it answers any more."""
    local = stamp.rendered_at.astimezone(ZoneInfo(stamp.time_zone))
    shown = format_html(
        '<time datetime="{}">{}</time>',
        local.isoformat(timespec="seconds"),
        date_format(local, "j M Y, H:i:s T"),
    )
    if is_live:
        return f'<p class="age">{_("As of %(time)s") % {"time": shown}}</p>'
    words = _("Shown as of %(time)s, %(ago)s; our systems cannot be reached right now") % {
        "time": shown,
        "ago": escape(moments.relative(stamp.rendered_at, now)),
    }
    return f'<p class="age stale" role="status">{words}.</p>'


def _missing() -> HttpResponse:
    """Plain, since the frame of our other pages asks the database who is reading."""
    return HttpResponse(
        _("There is no such status page.") + "\n", status=404, content_type="text/plain; charset=utf-8"
    )


def _unreachable() -> HttpResponse:
    words = _(
        "Our systems cannot be reached right now, and no copy of this page is at hand. Try again in a minute."
    )
    response = HttpResponse(f"{words}\n", status=503, content_type="text/plain; charset=utf-8")
    response["Retry-After"] = "60"
    return response
