"""What the frame around the pages needs: the entries of the navigation, and which of them is open."""

from dataclasses import dataclass, field, replace

from django import template
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

register = template.Library()


@dataclass(frozen=True)
class Entry:
    """One page in the navigation. `thumb` entries stand in the phone's bottom bar; what is `for_responders` is no page
    for viewers."""

    name: str
    label: str | Promise
    icon: str
    thumb: bool = False
    for_responders: bool = False
    url: str = ""
    current: bool = False


@dataclass(frozen=True)
class Group:
    label: str | Promise
    entries: tuple[Entry, ...] = field(default=())


NAVIGATION = (
    Group(
        _("Respond"),
        (
            Entry("incidents:list", _("Incidents"), "flame", thumb=True),
            Entry("alerts:alerts", _("Alerts"), "alert-circle"),
            Entry("alerts:mutes", _("Mutes"), "bell-off"),
            Entry("oncall:now", _("On call"), "bell-ringing", thumb=True),
            Entry("statuspage:manage", _("Status"), "broadcast", thumb=True),
            Entry("postmortems:list", _("Postmortems"), "notebook"),
        ),
    ),
    Group(
        _("Prepare"),
        (
            Entry("catalog:services", _("Services"), "stack-2"),
            Entry("oncall:schedules", _("Schedules"), "calendar-time"),
            Entry("oncall:policies", _("Escalation"), "ladder"),
            Entry("alerts:integrations", _("Integrations"), "plug"),
            Entry("alerts:routes", _("Routes"), "route"),
            Entry("alerts:heartbeats", _("Heartbeats"), "activity"),
        ),
    ),
    Group(
        _("Organise"),
        (
            Entry("accounts:people", _("People"), "user"),
            Entry("accounts:teams", _("Teams"), "users-group"),
            Entry("insights:operations", _("Operations"), "heartbeat", for_responders=True),
            Entry("insights:noise", _("Noise"), "gauge", for_responders=True),
            Entry("accounts:settings", _("Settings"), "settings"),
        ),
    ),
)
ME = Entry("notifications:me", _("Me"), "user-circle", thumb=True)


def _resolved(entry: Entry, request: HttpRequest | None = None) -> Entry | None:
    """The entry with its address, or None where this installation has no such page, or none for the reader."""
    reader = getattr(request, "user", None)
    if entry.for_responders and reader is not None and not getattr(reader, "can_respond", False):
        return None
    try:
        return replace(entry, url=reverse(entry.name))
    except NoReverseMatch:
        return None


def _closeness(entry: Entry, request: HttpRequest | None) -> int:
    """How well the entry fits the open page: the longest address that its path starts with, else its app."""
    if request is None:
        return 0
    below = entry.url != "/" and request.path.startswith(entry.url.rstrip("/") + "/")
    if below or request.path == entry.url:
        return 10 + len(entry.url)
    match = request.resolver_match
    return 1 if match and match.namespace == entry.name.partition(":")[0] else 0


def navigation_for(request: HttpRequest | None) -> tuple[list[Group], Entry | None]:
    """The groups that have pages, and the reader's own page; the entry that fits best is `current`."""
    groups = [
        Group(group.label, tuple(found for each in group.entries if (found := _resolved(each, request))))
        for group in NAVIGATION
    ]
    me = _resolved(ME)
    entries = [entry for group in groups for entry in group.entries] + ([me] if me else [])
    best = max(entries, key=lambda entry: _closeness(entry, request), default=None)
    if best is None or not _closeness(best, request):
        return [group for group in groups if group.entries], me

    def marked(entry: Entry) -> Entry:
        return replace(entry, current=entry is best)

    shown = [Group(group.label, tuple(map(marked, group.entries))) for group in groups if group.entries]
    return shown, marked(me) if me else None


@register.simple_tag(takes_context=True)
def navigation(context: template.Context) -> dict[str, object]:
    """`groups` for the sidebar, `thumbs` for the bottom bar, `rest` for its More, `me`."""
    groups, me = navigation_for(context.get("request"))
    entries = [entry for group in groups for entry in group.entries]
    thumbs = [entry for entry in entries if entry.thumb] + ([me] if me else [])
    rest = [entry for entry in entries if not entry.thumb]
    rest_open = any(entry.current for entry in rest)
    return {"groups": groups, "me": me, "thumbs": thumbs, "rest": rest, "rest_open": rest_open}
