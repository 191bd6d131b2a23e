"""At most one message in a while to one phone: the first at once, the others together and counted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from accounts.models import User
from catalog.models import Service
from incidents.actions.opening import declare_new
from incidents.sweep import sweep
from notifications import outbox
from notifications.models import Attempt, ContactMethod, Delivery, DeliveryState
from tests.smtp import Mailbox

pytestmark = pytest.mark.django_db
Later = Callable[..., datetime]
Page = Callable[[str, datetime], None]


@pytest.fixture
def method(member: User) -> ContactMethod:
    method = ContactMethod.objects.get(user=member)
    method.throttle = timedelta(seconds=60)
    method.save()
    return method


@pytest.fixture
def page(service: Service, owner: User) -> Page:
    """An incident that pages at that moment, as far as it comes."""

    def paged(title: str, at: datetime) -> None:
        declare_new(actor=owner, service=service, title=title, severity=1, now=at)
        sweep(now=at)
        outbox.send_due(worker="test", now=at)

    return paged


def test_the_first_page_is_never_held_back(
    page: Page, method: ContactMethod, mailbox: Mailbox, now: datetime
) -> None:
    page("First", now)
    assert len(mailbox.mails) == 1


def test_those_that_follow_are_told_together_with_an_honest_count(
    page: Page, method: ContactMethod, mailbox: Mailbox, now: datetime, later: Later
) -> None:
    page("First", now)
    for second, title in ((5, "Second"), (10, "Third"), (15, "Fourth")):
        page(title, later(seconds=second))
    assert len(mailbox.mails) == 1
    assert Attempt.objects.count() == 1, "waiting is no try"
    outbox.send_due(worker="test", now=later(seconds=60))
    assert len(mailbox.mails) == 2
    together = mailbox.mails[1]
    assert together["Subject"].startswith("3 pages: ")
    body = together.get_body(("plain",))
    assert body is not None
    assert "Third" in body.get_content()
    assert "Fourth" in body.get_content()
    leader = Delivery.objects.exclude(bundled=None).distinct().get()
    assert leader.bundled.count() == 2
    assert set(Delivery.objects.values_list("state", flat=True)) == {DeliveryState.SENT}


def test_a_bundle_that_fails_for_now_is_told_as_soon_as_it_can_be(
    page: Page, method: ContactMethod, mailbox: Mailbox, now: datetime, later: Later
) -> None:
    page("First", now)
    page("Second", later(seconds=5))
    page("Third", later(seconds=6))
    mailbox.data = "451 busy"
    outbox.send_due(worker="test", now=later(seconds=60))
    mailbox.data = ""
    outbox.send_due(worker="test", now=later(seconds=66))
    assert len(mailbox.mails) == 2
    assert not Delivery.objects.filter(state=DeliveryState.PENDING).exists()


def test_without_a_throttle_every_page_is_its_own_message(
    service: Service, owner: User, mailbox: Mailbox, member: User, now: datetime
) -> None:
    for title in ("First", "Second", "Third"):
        declare_new(actor=owner, service=service, title=title, severity=1, now=now)
    sweep(now=now)
    outbox.send_due(worker="test", now=now)
    assert len(mailbox.to(member.email)) == 3
