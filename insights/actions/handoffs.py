"""What people write about being on call."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from insights.access import may_remark
from insights.models import HandoffNote
from lib.text import clean
from oncall.drafts import Refused

LONGEST_REMARK = 5000


@transaction.atomic
def write_remark(
    *, actor: User, now: datetime, note: HandoffNote, text: str, before: str | None = None
) -> HandoffNote:
    """What the note's facts do not say, in Markdown; an empty text takes it away.

    `before` is the remark that the writer saw: when somebody wrote another one since, it is not lost. Raises Refused.
    """
    locked = (
        HandoffNote.objects.select_for_update(of=("self",)).select_related("schedule__team").get(pk=note.pk)
    )
    if not may_remark(actor, locked):
        raise Refused("", _("Only those of the hand-off and the schedule’s team may write here."))
    text = text.replace("\r\n", "\n").strip()
    if len(text) > LONGEST_REMARK:
        raise Refused("remark", _("A remark has at most %(n)s characters.") % {"n": LONGEST_REMARK})
    if before is not None and before.replace("\r\n", "\n").strip() != locked.remark:
        raise Refused(
            "remark",
            _("%(name)s changed the remark meanwhile. Read it above, then save yours again.")
            % {"name": locked.remark_by},
        )
    locked.remark = clean(text, LONGEST_REMARK)
    locked.remark_by = actor if text else None
    locked.save(update_fields=["remark", "remark_by"])
    return locked
