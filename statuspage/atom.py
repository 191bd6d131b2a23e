"""The history as an Atom feed: one entry for an incident, which stays the same entry while its text grows.

RFC 4287, with the ids and the content of Statuspage's history.atom. The HTML of an entry's content is escaped
once more as text inside XML; readers unescape it once.
"""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import urlsplit
from xml.sax.saxutils import escape, quoteattr
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from incidents.models import Phase
from lib.markdown import render as markdown
from statuspage.picture import Picture, PublicIncident, PublicUpdate

MOST_ENTRIES = 25


def feed(picture: Picture) -> str:
    """The feed's XML, newest incident first."""
    frame = picture.frame
    entries = "".join(_entry(picture, one) for one in picture.newest_incidents(MOST_ENTRIES))
    title = _("%(name)s Status - Incident History") % {"name": frame.name}
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<feed xml:lang="{get_language()}" xmlns="http://www.w3.org/2005/Atom">'
        f"<id>tag:{_host(picture)},2005:/status/{frame.slug}/history</id>"
        f'<link rel="alternate" type="text/html" href={quoteattr(frame.url)}/>'
        f'<link rel="self" type="application/atom+xml" href={quoteattr(frame.url + "history.atom")}/>'
        f"<title>{escape(title)}</title>"
        f"<updated>{_time(picture.updated_at)}</updated>"
        f"<author><name>{escape(frame.name)}</name></author>"
        f"{entries}</feed>\n"
    )


def _entry(picture: Picture, one: PublicIncident) -> str:
    link = f"{picture.frame.url}incidents/{one.id}/"
    return (
        f"<entry><id>tag:{_host(picture)},2005:Incident/{one.id}</id>"
        f"<published>{_time(one.created_at)}</published>"
        f"<updated>{_time(one.changed_at)}</updated>"
        f'<link rel="alternate" type="text/html" href={quoteattr(link)}/>'
        f"<title>{escape(one.title)}</title>"
        f'<content type="html">{escape(_content(picture, one))}</content></entry>'
    )


def _content(picture: Picture, one: PublicIncident) -> SafeString:
    zone = ZoneInfo(picture.frame.time_zone)
    return format_html_join("", "{}", ([_told(update, zone)] for update in reversed(one.updates)))


def _told(update: PublicUpdate, zone: ZoneInfo) -> SafeString:
    local = update.at.astimezone(zone)
    return format_html(
        "<p><small>{} <var data-var='date'>{}</var>, <var data-var='time'>{}</var> {}</small><br>"
        "<strong>{}</strong></p>{}",
        date_format(local, "M"),
        date_format(local, "j"),
        date_format(local, "H:i"),
        local.tzname(),
        Phase(update.phase).label,
        markdown(update.body),
    )


def _host(picture: Picture) -> str:
    return urlsplit(picture.frame.url).hostname or "localhost"


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
