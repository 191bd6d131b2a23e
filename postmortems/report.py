"""Everything a postmortem's document says, read once and then typeset or shown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction

from incidents.models import Incident
from postmortems.evidence import Chain, Ledger, Page, check_chain, ledger
from postmortems.models import ActionItem, Decision, Postmortem, Review, Revision, TimelineItem

MOST_ENTRIES = 5_000


@dataclass(frozen=True, slots=True)
class Report:
    """A picture of one moment (`made_at`), for the local clock of `zone`.

    `hidden` are the numbers of the entries that the authors left out; `left_out` counts what did not fit into a
    document of bounded length.
    """

    postmortem: Postmortem
    made_at: datetime
    zone: ZoneInfo
    organisation: str
    roles: list[tuple[str, str]]
    items: list[TimelineItem]
    hidden: list[int]
    left_out: int
    ledger: Ledger
    reviews: list[Review]
    revisions: list[Revision]
    action_items: list[ActionItem]
    chain: Chain

    @property
    def incident(self) -> Incident:
        return self.postmortem.incident

    @property
    def pages(self) -> list[Page]:
        """The lines of the ledger."""
        return self.ledger.pages

    @property
    def pinned(self) -> list[TimelineItem]:
        """The key moments."""
        return [item for item in self.items if item.is_pinned]

    @property
    def taken(self) -> int:
        """How many messages a provider took."""
        return sum(page.sent_at is not None for page in self.pages)

    @property
    def approvals(self) -> list[Review]:
        """Those that count for what is printed."""
        mine = (self.postmortem.version, Decision.APPROVED)
        return [review for review in self.reviews if (review.version, review.decision) == mine]

    @property
    def waived(self) -> bool:
        """Whether this version was published without an approval."""
        mine = (self.postmortem.version, Decision.WAIVED)
        return any((review.version, review.decision) == mine for review in self.reviews)

    @property
    def open_items(self) -> int:
        return sum(item.is_open for item in self.action_items)

    @property
    def today(self) -> date:
        """The day of printing, on the local clock."""
        return self.made_at.astimezone(self.zone).date()

    @property
    def has_local(self) -> bool:
        """Whether a local clock says more than UTC."""
        return self.zone.key not in ("UTC", "Etc/UTC")

    @property
    def lasted(self) -> timedelta | None:
        incident = self.incident
        return incident.resolved_at - incident.started_at if incident.resolved_at else None

    @property
    def acknowledged_after(self) -> timedelta | None:
        incident = self.incident
        return incident.acknowledged_at - incident.created_at if incident.acknowledged_at else None

    @property
    def first_page_after(self) -> timedelta | None:
        """From the incident's opening to the first page that a provider took."""
        sent = [page.sent_at for page in self.pages if page.sent_at and page.kind == "page"]
        return min(sent) - self.incident.created_at if sent else None


@transaction.atomic
def read_report(postmortem_id: int, *, zone: ZoneInfo, now: datetime) -> Report:
    """The postmortem as it stands; its row is held while the rest is read, so that texts and marks fit together."""
    related = ("incident__service__team", "incident__acknowledged_by", "author", "published_by")
    rows = Postmortem.objects.select_for_update(of=("self",)).select_related(*related)
    postmortem = rows.get(pk=postmortem_id)
    items = list(postmortem.items.shown()[:MOST_ENTRIES])
    hidden = list(postmortem.items.filter(is_hidden=True).order_by("number").values_list("number", flat=True))
    return Report(
        postmortem=postmortem,
        made_at=now,
        zone=zone,
        organisation=settings.ORGANISATION,
        roles=roles(postmortem.incident),
        items=items,
        hidden=hidden,
        left_out=max(postmortem.timeline_length - len(hidden) - len(items), 0),
        ledger=ledger(postmortem.incident, now=now),
        reviews=list(postmortem.reviews.select_related("user")),
        revisions=list(postmortem.revisions.select_related("author").defer("text")),
        action_items=list(postmortem.action_items.select_related("owner")),
        chain=check_chain(postmortem),
    )


def roles(incident: Incident) -> list[tuple[str, str]]:
    """Who held which role: ("Incident commander", "Ada Byron")."""
    return [(str(row.get_role_display()), str(row.user)) for row in incident.roles.select_related("user")]
