"""How the writes hold and move the postmortem's row."""

from __future__ import annotations

from datetime import datetime

from accounts.models import User
from postmortems import lifecycle
from postmortems.actions.errors import Changed, NotDraft
from postmortems.models import Postmortem


def locked(postmortem: Postmortem) -> Postmortem:
    """The row as it is now, held until the transaction ends."""
    return Postmortem.objects.select_for_update(of=("self",)).get(pk=postmortem.pk)


def locked_draft(postmortem: Postmortem) -> Postmortem:
    """The same, only while it is a draft. Raises NotDraft."""
    row = locked(postmortem)
    if not row.is_draft:
        raise NotDraft
    return row


def save_change(row: Postmortem, *fields: str, actor: User, now: datetime) -> None:
    """Save `fields` of a locked row as a new version by `actor`."""
    row.version += 1
    row.changed_at, row.changed_by = now, actor
    row.save(update_fields=["version", "changed_at", "changed_by", *fields])


def move(row: Postmortem, verb: str, **changes: object) -> Postmortem:
    """Compare and set: from the state that the caller saw, or Changed. Raises IllegalTransition."""
    state = lifecycle.after(lifecycle.POSTMORTEM, row.state, verb)
    same = Postmortem.objects.filter(pk=row.pk, state=row.state, version=row.version)
    if not same.update(state=state, **changes):
        raise Changed
    row.refresh_from_db()
    return row
