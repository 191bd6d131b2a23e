"""The mail itself: what its subject, text and HTML say, and that nothing in them can be forged."""

from __future__ import annotations

from datetime import datetime

import pytest

from accounts.models import User
from catalog.models import Service
from incidents.actions.opening import declare_new
from incidents.sweep import sweep
from notifications import outbox
from notifications.models import Delivery, DeliveryState
from tests.smtp import Mailbox, part

pytestmark = pytest.mark.django_db
HOSTILE = "Down\r\nBcc: all@example.test <script>alert(1)</script> \u202e"


def paged(service: Service, owner: User, title: str, now: datetime, **fields: str) -> None:
    declare_new(actor=owner, service=service, title=title, severity=1, now=now, **fields)  # type: ignore[arg-type]
    sweep(now=now)
    outbox.send_due(worker="test", now=now)


def test_the_subject_alone_says_what_is_down_and_that_the_reader_is_wanted(
    service: Service, owner: User, mailbox: Mailbox, now: datetime
) -> None:
    paged(service, owner, "Checkout answers 502", now)
    subject = mailbox.mails[0]["Subject"]
    assert subject == "SEV1 Payments API: Checkout answers 502, you are paged (step 1 of 2)"


def test_text_and_html_carry_the_same_link_facts_and_summary(
    service: Service, owner: User, mailbox: Mailbox, now: datetime
) -> None:
    paged(service, owner, "Checkout answers 502", now, summary="One request in three fails.")
    mail = mailbox.mails[0]
    for kind in ("plain", "html"):
        text = part(mail, kind)
        for words in (
            "/ack/",
            "/incidents/",
            "One request in three fails.",
            "Payments API",
            "2026-03-10 12:00 UTC",
        ):
            assert words in text, f"{words} in the {kind} part"
    assert len(mail.as_bytes()) < 20_000


def test_a_hostile_title_neither_adds_a_header_nor_a_tag(
    service: Service, owner: User, mailbox: Mailbox, now: datetime
) -> None:
    paged(service, owner, HOSTILE, now)
    mail = mailbox.mails[0]
    assert mail["Bcc"] is None
    assert "Down Bcc: all@example.test" in mail["Subject"]
    assert "<script>" not in part(mail, "html")


def test_a_repeat_after_a_crash_is_the_same_mail_to_a_mailbox(
    service: Service, owner: User, mailbox: Mailbox, now: datetime
) -> None:
    paged(service, owner, "Checkout answers 502", now)
    Delivery.objects.update(state=DeliveryState.PENDING, due_at=now, sent_at=None)
    outbox.send_due(worker="test", now=now)
    first, second = mailbox.mails
    assert first["Message-ID"] == second["Message-ID"]


def test_a_refused_code_is_judged_by_its_class(
    service: Service, owner: User, member: User, mailbox: Mailbox, now: datetime
) -> None:
    mailbox.answers[member.email] = "452 mailbox full"
    paged(service, owner, "Checkout answers 502", now)
    delivery = Delivery.objects.get(user=member)
    assert (delivery.state, "452" in delivery.outcome) == (DeliveryState.PENDING, True)
