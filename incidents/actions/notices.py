"""Telling everybody who was paged that somebody has it, or that it is over: once, and as quietly as their channel can.

Runs in the transaction that ends the paging. A channel that can change a message has its page changed, at this and
every later state; by others one quiet notice goes out, the first time only. A call cannot be quiet: who was only called
hears by another of their ways.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from django.utils.translation import gettext as _

from accounts.models import User
from incidents.cards import card, headline
from incidents.messages import incident_url, subject_of
from incidents.models import Incident, State
from lib.text import one_line
from notifications import transports
from notifications.actions.deliveries import build, enqueue
from notifications.models import ContactMethod, Delivery, DeliveryKind, DeliveryState
from notifications.transports.base import Carries, Message

HANDED_OVER = (DeliveryState.SENT, DeliveryState.DELIVERED)


def changed(*, incident: Incident, now: datetime, by: User | None) -> int:
    """Bring those paged in this run up to date; returns how many messages that makes."""
    if incident.state == State.TRIAGE:
        return 0
    pages = list(
        Delivery.objects.about(subject_of(incident))
        .filter(kind=DeliveryKind.PAGE, state__in=HANDED_OVER, user__isnull=False)
        .select_related("method", "user")
        .order_by("id")
    )
    return _tell(incident, pages, now, by) if pages else 0


def overtaken(incident_id: int, delivery: Delivery, now: datetime) -> None:
    """A page had reached its provider when it was taken back: its reader is told too (notifications.subjects)."""
    incident = Incident.objects.select_related("service", "acknowledged_by").get(pk=incident_id)
    if incident.state != State.TRIAGE:
        _tell(incident, [delivery], now, incident.acknowledged_by)


def _tell(incident: Incident, pages: list[Delivery], now: datetime, by: User | None) -> int:
    changed = [page for page in pages if _can_change(page)]
    Delivery.objects.filter(replaces__in=changed, state=DeliveryState.PENDING).update(
        state=DeliveryState.CANCELLED, settled_at=now, outcome="a newer state stands in its place"
    )
    edits = [_edit(incident, page, now, by) for page in changed]
    plain = [page for page in pages if not _can_change(page) and page.user_id != (by.pk if by else None)]
    return enqueue(deliveries=[*edits, *_notices(incident, plain, now, by)])


def _can_change(page: Delivery) -> bool:
    """A message that carried several pages is left alone: it speaks of the others too."""
    return (
        bool(page.provider_id) and not page.bundle_id and _carries(page.transport).edits and not _leads(page)
    )


def _leads(page: Delivery) -> bool:
    return page.bundled.exists()


def _carries(transport: str) -> Carries:
    try:
        return transports.get(transport).carries
    except transports.UnknownTransport:
        return Carries()


def _edit(incident: Incident, page: Delivery, now: datetime, by: User | None) -> Delivery:
    row = build(
        method=page.method,
        # The timeline has grown by this change, so its length names it.
        key=f"edit:{page.pk}:{incident.timeline_length}",
        group=page.group,
        kind=DeliveryKind.EDIT,
        subject=page.subject,
        message=card(incident, by=by),
        now=now,
        due_at=now,
        reason={"after": incident.state},
        user_id=page.user_id,
        address=page.address,
        transport=page.transport,
    )
    row.replaces = page
    return row


def _notices(
    incident: Incident, pages: Iterable[Delivery], now: datetime, by: User | None
) -> Iterator[Delivery]:
    told: set[tuple[int | None, int | None]] = set()
    for page in pages:
        method = page.method if page.method is None or _carries(page.transport).quiet else _quieter(page)
        if page.method is not None and method is None:
            continue
        if (page.user_id, method.pk if method else None) not in told:
            told.add((page.user_id, method.pk if method else None))
            yield _notice(incident, page, method, now, by)


def _quieter(page: Delivery) -> ContactMethod | None:
    """Another way of the same person that makes no noise: who was called is not called again."""
    own = ContactMethod.objects.usable().filter(user=page.user_id).order_by("id")
    return next((method for method in own if _carries(method.transport).quiet), None)


def _notice(
    incident: Incident, page: Delivery, method: ContactMethod | None, now: datetime, by: User | None
) -> Delivery:
    run = ":".join(page.group.split(":")[:3])
    reason: dict[str, object] = {"after": incident.state}
    if method and method.transport != page.transport:
        reason["instead_of"] = page.transport
    return build(
        method=method,
        key=f"over:{run}:{page.user_id}:{method.pk if method else 'account'}",
        group=f"over:{run}:{page.user_id}",
        kind=DeliveryKind.NOTICE,
        subject=page.subject,
        message=_over(incident, by, now),
        now=now,
        due_at=now,
        reason=reason,
        user_id=page.user_id,
        address=page.address,
    )


def _over(incident: Incident, by: User | None, now: datetime) -> Message:
    clock = f"{now:%H:%M} UTC"
    if incident.is_open:
        what = _("Acknowledged by %(name)s at %(clock)s") if by else _("Acknowledged at %(clock)s")
    else:
        what = _("Over since %(clock)s, by %(name)s") if by else _("Over since %(clock)s")
        if incident.merged_into_id:
            what = (
                _("Merged into #%(into)s at %(clock)s, by %(name)s")
                if by
                else _("Merged into #%(into)s at %(clock)s")
            )
    said = what % {"name": by, "clock": clock, "into": incident.merged_into_id}
    return Message(
        kind="notice",
        headline=one_line(f"{said}: {headline(incident, by)}", 200),
        intro=_("You were paged for this. There is nothing left for you to do."),
        facts=((_("Incident"), f"#{incident.pk} {incident.title}"), (_("Service"), incident.service.name)),
        url=incident_url(incident),
        link_text=_("Open incident #%(number)s") % {"number": incident.pk},
        thread=subject_of(incident),
        data={"incident": incident.pk, "state": incident.state},
        quiet=True,
    )
