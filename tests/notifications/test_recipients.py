"""Quiet hours and the last resort, as the sweep uses them."""

from __future__ import annotations

from datetime import datetime, time, timedelta

import pytest

from accounts.models import User
from catalog.models import Service
from lib.sealing import seal
from notifications.models import ContactMethod, Delivery, Provider, QuietHours
from notifications.recipients import due_at, people
from tests.incidents.making import triaged

pytestmark = pytest.mark.django_db


@pytest.fixture
def quiet(member: User, now: datetime) -> QuietHours:
    """Around `now`, which is noon in UTC."""
    return QuietHours.objects.create(user=member, starts=time(11), ends=time(13))


def test_low_urgency_waits_for_the_end_of_quiet_hours_and_the_ledger_says_so(
    service: Service, member: User, quiet: QuietHours, now: datetime
) -> None:
    triaged(service, now, urgency="low")
    page = Delivery.objects.get(user=member)
    assert page.due_at == now + timedelta(hours=1)
    assert page.reason["quiet_until"] == page.due_at.isoformat()


def test_high_urgency_knows_no_quiet_hours(
    service: Service, member: User, quiet: QuietHours, now: datetime
) -> None:
    triaged(service, now)
    assert Delivery.objects.get(user=member).due_at == now


def test_a_delay_that_ends_in_quiet_hours_waits_too(member: User, quiet: QuietHours, now: datetime) -> None:
    person = people([member.pk])[member.pk]
    early = now - timedelta(hours=2)
    assert due_at(person, "low", early, timedelta(hours=1)) == now + timedelta(hours=1)


def test_who_has_no_method_is_paged_by_the_fallback_and_not_waited_for(
    service: Service, member: User, now: datetime
) -> None:
    ContactMethod.objects.filter(user=member).delete()
    Provider.objects.create(
        name="fallback", values=seal('{"transport": "email", "address": "noc@example.test"}'), updated_at=now
    )
    triaged(service, now)
    row = Delivery.objects.get(address="noc@example.test")
    assert row.user == member
    assert row.reason["fallback"]
    assert Delivery.objects.exclude(pk=row.pk).exists(), "the next step is paged at once"
