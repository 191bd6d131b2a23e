"""Begin a postmortem and write its sections."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.models import User
from incidents.models import Incident
from incidents.models import State as IncidentState
from lib.markdown import LONGEST
from lib.text import clean
from postmortems.actions.errors import Conflict, NotResolved
from postmortems.actions.rows import locked_draft, save_change
from postmortems.actions.timeline import import_timeline
from postmortems.models import Postmortem, Revision, Section


@transaction.atomic
def start(*, incident: Incident, actor: User, now: datetime) -> Postmortem:
    """The incident's postmortem: begun now with its timeline imported, or the one that exists. Raises NotResolved."""
    # Two people may press the button at once: the incident's row decides who begins.
    current = Incident.objects.select_for_update(of=("self",)).get(pk=incident.pk)
    if existing := Postmortem.objects.filter(incident=current).first():
        return existing
    if current.state != IncidentState.RESOLVED:
        raise NotResolved
    postmortem = Postmortem.objects.create(
        incident=current,
        summary=current.summary,
        author=actor,
        created_at=now,
        changed_at=now,
        changed_by=actor,
    )
    if current.summary:
        _keep(postmortem, Section.SUMMARY, actor, now)
    import_timeline(postmortem=postmortem, actor=actor, now=now)
    postmortem.refresh_from_db()
    return postmortem


@transaction.atomic
def save_section(
    *, postmortem: Postmortem, section: Section, text: str, seen: int, actor: User, now: datetime
) -> Postmortem:
    """Save one section. `seen` is the version that the writer started from.

    Changes of other sections do not disturb. Raises NotDraft, and Conflict when this section was saved by someone
    since; nothing is then overwritten.
    """
    row = locked_draft(postmortem)
    written = clean(text, LONGEST)
    if written == row.text_of(section):
        return row
    latest = row.revisions.filter(section=section, number__gt=seen).select_related("author").last()
    if latest:
        raise Conflict(latest, row.version)
    setattr(row, section.value, written)
    save_change(row, section.value, actor=actor, now=now)
    _keep(row, section, actor, now)
    return row


def _keep(row: Postmortem, section: Section, actor: User, now: datetime) -> None:
    Revision.objects.create(
        postmortem=row,
        number=row.version,
        section=section,
        text=row.text_of(section),
        author=actor,
        created_at=now,
    )
