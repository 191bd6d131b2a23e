"""Who is told of a request for cover, and in which words."""

from __future__ import annotations

from datetime import timedelta
from email.message import EmailMessage

import time_machine

from accounts.models import Team, User
from lib.intervals import Interval
from notifications import outbox
from notifications.models import Delivery
from oncall import actions
from oncall.models import CoverState
from oncall.tasks import chase_covers
from tests.making import NOW
from tests.oncall.conftest import HERS, HIS, Ask
from tests.smtp import Mailbox, part

DAY = timedelta(days=1)


def subject(mail: EmailMessage) -> str:
    """Without the fold that a long one may begin with."""
    return str(mail["Subject"]).strip()


def test_everybody_of_the_team_is_mailed_once(
    ask: Ask, owner: User, third: User, viewer: User, team: Team, mailbox: Mailbox
) -> None:
    team.memberships.create(user=viewer)
    User.objects.filter(pk=owner.pk).update(time_zone="Asia/Tokyo")
    request = ask(note="Wedding")
    outbox.send_due(worker="test", now=NOW)
    assert sorted(str(mail["To"]) for mail in mailbox.mails) == sorted([owner.email, third.email])
    (mail,) = mailbox.to(owner.email)
    assert subject(mail) == (
        "Milan Member looks for cover: Payments primary, Mon 16 Mar, 18:00 – Mon 23 Mar, 18:00"
    )
    for kind in ("plain", "html"):
        text = part(mail, kind)
        assert f"/oncall/covers/{request.pk}/" in text
        assert "Wedding" in text
        assert "Asia/Tokyo" in text


def test_the_one_who_is_asked_is_mailed_and_nobody_else(
    ask: Ask, owner: User, third: User, mailbox: Mailbox
) -> None:
    ask(asked=owner, swap=Interval(*HERS))
    outbox.send_due(worker="test", now=NOW)
    (mail,) = mailbox.mails
    assert mail["To"] == owner.email
    assert subject(mail).startswith("Milan Member asks you to cover Payments primary")
    for kind in ("plain", "html"):
        assert "It is a swap" in part(mail, kind)
        assert "Mon 23 Mar, 09:00 – Mon 30 Mar, 09:00" in part(mail, kind)


def test_the_asker_is_told_who_took_it(ask: Ask, owner: User, member: User, mailbox: Mailbox) -> None:
    actions.accept_cover(actor=owner, now=NOW, request=ask())
    outbox.send_due(worker="test", now=NOW)
    (mail,) = mailbox.to(member.email)
    assert subject(mail).startswith("Olga Owner covers you: Payments primary")
    assert "You are not on call for Payments primary then." in part(mail, "plain")


def test_the_asker_is_told_that_it_was_declined(
    ask: Ask, owner: User, member: User, mailbox: Mailbox
) -> None:
    actions.decline_cover(actor=owner, now=NOW, request=ask(asked=owner))
    outbox.send_due(worker="test", now=NOW)
    (mail,) = mailbox.to(member.email)
    assert subject(mail).startswith("Olga Owner cannot cover Payments primary")
    assert "You are still on call then." in part(mail, "html")


def test_who_was_asked_by_name_is_told_that_it_is_not_needed(
    ask: Ask, owner: User, member: User, mailbox: Mailbox
) -> None:
    actions.withdraw_cover(actor=member, now=NOW, request=ask(asked=owner))
    outbox.send_due(worker="test", now=NOW)
    assert subject(mailbox.to(owner.email)[-1]).startswith("No longer needed")


def test_the_asker_is_reminded_once_a_day_before_when_nobody_took_it(
    ask: Ask, member: User, mailbox: Mailbox
) -> None:
    ask()
    assert actions.remind_of_covers(now=HIS[0] - DAY - timedelta(minutes=1)) == 0
    for _ in range(2):
        actions.remind_of_covers(now=HIS[0] - DAY)
    outbox.send_due(worker="test", now=HIS[0] - DAY)
    (mail,) = mailbox.to(member.email)
    assert subject(mail).startswith("Nobody has taken Payments primary yet")


def test_the_chore_reminds_and_writes_down_what_is_over(ask: Ask) -> None:
    request = ask()
    with time_machine.travel(HIS[0] - DAY, tick=False):
        chase_covers()
    assert Delivery.objects.filter(key__startswith=f"cover:{request.pk}:unanswered").count() == 1
    with time_machine.travel(HIS[1], tick=False):
        chase_covers()
    request.refresh_from_db()
    assert request.state == CoverState.EXPIRED


def test_nobody_is_reminded_of_what_they_asked_within_the_last_day(ask: Ask) -> None:
    ask(now=HIS[0] - timedelta(hours=20))
    assert actions.remind_of_covers(now=HIS[0] - timedelta(hours=1)) == 0
