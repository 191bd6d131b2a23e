"""Action items: they are born in a review and followed up long after it."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from accounts.models import User
from lib.text import one_line
from postmortems import lifecycle
from postmortems.actions.errors import Changed
from postmortems.models import ActionItem, ActionKind, ActionState, Postmortem

LONGEST = 500  # characters


def add_action_item(
    *,
    postmortem: Postmortem,
    text: str,
    owner: User,
    due_on: date,
    kind: ActionKind,
    actor: User,
    now: datetime,
) -> ActionItem:
    """Say what `owner` will do and by when (a day on their own calendar). Possible in every state."""
    return ActionItem.objects.create(
        postmortem=postmortem,
        text=one_line(text, LONGEST),
        kind=kind,
        owner=owner,
        due_on=due_on,
        created_by=actor,
        created_at=now,
        changed_by=actor,
        changed_at=now,
    )


def edit_action_item(
    *, item: ActionItem, text: str, owner: User, due_on: date, kind: ActionKind, actor: User, now: datetime
) -> ActionItem:
    """Change what is done, by whom or by when."""
    item.text, item.kind, item.owner, item.due_on = one_line(text, LONGEST), kind, owner, due_on
    item.changed_by, item.changed_at = actor, now
    item.save(update_fields=["text", "kind", "owner", "due_on", "changed_by", "changed_at"])
    return item


@transaction.atomic
def move_action_item(*, item: ActionItem, verb: str, actor: User, now: datetime) -> ActionItem:
    """Complete, drop or reopen it (lifecycle.ACTION_ITEM). Raises IllegalTransition, Changed."""
    state = lifecycle.after(lifecycle.ACTION_ITEM, item.state, verb)
    is_open = state == ActionState.OPEN
    moved = ActionItem.objects.filter(pk=item.pk, state=item.state).update(
        state=state,
        closed_at=None if is_open else now,
        closed_by=None if is_open else actor,
        changed_at=now,
        changed_by=actor,
    )
    if not moved:
        raise Changed
    item.refresh_from_db()
    return item
