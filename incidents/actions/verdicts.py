"""Was this page useful? One tap by somebody who was paged."""

from __future__ import annotations

from datetime import datetime

from accounts.models import User
from incidents.messages import subject_of
from incidents.models import Incident, PageVerdict
from notifications.models import Delivery, DeliveryKind


class NotPaged(Exception):
    """Only those who were paged can say whether that was of use."""


def judge(*, incident: Incident, user: User, is_useful: bool, now: datetime) -> PageVerdict:
    """Remember what this person thinks of having been paged; a second word replaces the first. Raises NotPaged."""
    if not was_paged(incident, user):
        raise NotPaged(f"{user} was not paged about incident #{incident.pk}")
    verdict, _made = PageVerdict.objects.update_or_create(
        incident=incident, user=user, defaults={"is_useful": is_useful, "at": now}
    )
    return verdict


def was_paged(incident: Incident, user: User) -> bool:
    """Whether a page about it was sent to them."""
    pages = Delivery.objects.about(subject_of(incident)).filter(user=user, kind=DeliveryKind.PAGE)
    return pages.filter(sent_at__isnull=False).exists()
