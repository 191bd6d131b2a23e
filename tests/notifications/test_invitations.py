"""People join by invitation: the link lets them in once and proves their address."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from accounts.actions import EmailTaken
from accounts.models import User
from notifications import outbox
from notifications.actions import invitations, methods
from notifications.models import ContactMethod, Delivery
from tests import making
from tests.smtp import Mailbox, part

As = Callable[[User], Client]
SENT = {"email": "Nina.New@Example.test", "name": "Nina New", "role": "responder", "time_zone": "Europe/Oslo"}
ANSWER = {
    "name": "Nina N.",
    "time_zone": "Europe/Oslo",
    "password": "a good long password",
    "again": "a good long password",
}


@pytest.fixture
def nina(admin: User, now: datetime) -> User:
    return invitations.invite(
        actor=admin, email="nina@example.test", name="Nina", role="responder", time_zone="UTC", now=now
    )


def test_an_invited_person_joins_by_the_link_in_the_mail_and_is_reachable(
    browser_of: As, admin: User, client: Client, mailbox: Mailbox
) -> None:
    answer = browser_of(admin).post("/people/invite/", SENT)
    person = User.objects.get(email="nina.new@example.test")
    assert answer["Location"] == f"/people/{person.pk}/"
    assert not person.has_usable_password()
    assert not person.contact_methods.get().is_usable
    outbox.send_due(worker="test")
    (mail,) = mailbox.to("nina.new@example.test")
    assert "Ada Admin invites you" in mail["Subject"]
    found = re.search(r"http://[^/\s]+(/welcome/\S+)", part(mail, "plain"))
    assert found
    assert "nina.new@example.test" in client.get(found[1]).content.decode()
    assert client.post(found[1], ANSWER)["Location"] == "/me/"
    assert client.get("/me/").status_code == 200
    person.refresh_from_db()
    assert (person.name, person.time_zone) == ("Nina N.", "Europe/Oslo")
    assert person.contact_methods.get().is_usable
    assert client.get(found[1]).status_code == 404
    assert (
        Client().post("/account/login/", {"login": person.email, "password": ANSWER["password"]}).status_code
        == 302
    )


def test_only_an_admin_invites(browser_of: As, owner: User, member: User, viewer: User, nina: User) -> None:
    for who in (owner, member, viewer):
        assert browser_of(who).get("/people/invite/").status_code == 404
        assert browser_of(who).post("/people/invite/", SENT).status_code == 404
        assert browser_of(who).post(f"/people/{nina.pk}/invite/").status_code == 404
    assert not User.objects.filter(email__iexact=SENT["email"]).exists()


def test_an_address_that_is_here_already_is_said_whatever_its_case(
    browser_of: As, admin: User, member: User, now: datetime
) -> None:
    page = browser_of(admin).post("/people/invite/", {**SENT, "email": member.email.upper()}).content.decode()
    assert "already here" in page
    with pytest.raises(EmailTaken):
        invitations.invite(actor=admin, email=member.email, name="x", role="viewer", time_zone="UTC", now=now)


def test_the_link_does_not_work_after_three_days(client: Client, nina: User) -> None:
    path = invitations.link_path(nina)
    assert client.get(path).status_code == 200
    with time_machine.travel(timezone.now() + timedelta(days=3, minutes=1), tick=False):
        answer = client.get(path)
    assert answer.status_code == 404
    assert "does not work any more" in answer.content.decode()


def test_the_link_of_somebody_who_was_deactivated_does_not_work(client: Client, nina: User) -> None:
    path = invitations.link_path(nina)
    User.objects.filter(pk=nina.pk).update(is_active=False)
    assert client.post(path, ANSWER).status_code == 404


@pytest.mark.parametrize(
    "path", ["/welcome/zzzzzzzzzzzzz/abc-def/", "/welcome/1/x/", "/welcome/-/-/", "/welcome/0/0-0/"]
)
def test_a_link_that_was_made_up_does_not_work(client: Client, nina: User, path: str) -> None:
    assert client.get(path).status_code == 404


def test_a_link_for_one_person_does_not_let_in_another(client: Client, nina: User, member: User) -> None:
    uid, token = invitations.link_path(nina).strip("/").split("/")[1:]
    other = invitations.invite(
        actor=member, email="o@example.test", name="O", role="viewer", time_zone="UTC", now=making.NOW
    )
    other_uid = invitations.link_path(other).strip("/").split("/")[1]
    assert uid != other_uid
    assert client.get(f"/welcome/{other_uid}/{token}/").status_code == 404


def test_an_invitation_is_no_link_for_a_new_password(client: Client, nina: User) -> None:
    uid, token = invitations.link_path(nina).strip("/").split("/")[1:]
    page = client.get(f"/account/password/reset/key/{uid}-{token}/", follow=True).content.decode()
    assert "does not work any more" in page


BAD_ANSWERS = [
    {"password": "short", "again": "short"},
    {"password": "password123", "again": "password123"},
    {"again": "another long password"},
    {"password": "", "again": ""},
    {"password": "x" * 10_000, "again": "x" * 10_000},
    {"password": "a\x00" + "b" * 12, "again": "a\x00" + "b" * 12},
    {"name": "a\r\nb"},
    {"name": ""},
    {"time_zone": "Mars/Olympus"},
]


@pytest.mark.parametrize("fields", BAD_ANSWERS)
def test_a_bad_answer_to_an_invitation_is_an_error_on_the_form(
    client: Client, nina: User, fields: dict[str, str]
) -> None:
    answer = client.post(invitations.link_path(nina), {**ANSWER, **fields})
    assert answer.status_code == 200
    assert "field-error" in answer.content.decode()
    assert not User.objects.get(pk=nina.pk).has_usable_password()


BAD_INVITATIONS = [
    {"email": "no address"},
    {"email": "a@example.test\nBcc: b@example.test"},
    {"email": "x" * 10_000 + "@example.test"},
    {"email": "a\x00@example.test"},
    {"name": "a\x00"},
    {"name": "x" * 10_000},
    {"role": "god"},
    {"time_zone": ""},
]


@pytest.mark.parametrize("fields", BAD_INVITATIONS)
def test_a_bad_invitation_is_an_error_on_the_form(
    browser_of: As, admin: User, fields: dict[str, str]
) -> None:
    answer = browser_of(admin).post("/people/invite/", {**SENT, **fields})
    assert answer.status_code == 200
    assert "field-error" in answer.content.decode()
    assert User.objects.count() == 1


def test_an_invitation_is_sent_again_once_a_minute_until_its_person_joined(
    browser_of: As, admin: User, nina: User, now: datetime
) -> None:
    with time_machine.travel(now + timedelta(seconds=30), tick=False):
        page = browser_of(admin).post(f"/people/{nina.pk}/invite/", follow=True).content.decode()
        assert "One invitation a minute" in page
    with time_machine.travel(now + timedelta(seconds=90), tick=False):
        browser_of(admin).post(f"/people/{nina.pk}/invite/")
    assert Delivery.objects.filter(address=nina.email).count() == 2
    invitations.accept(person=nina, name="Nina", time_zone="UTC", password="a good long password", now=now)
    with pytest.raises(invitations.AlreadyJoined):
        invitations.invite_again(actor=admin, person=nina, now=now + timedelta(hours=1))
    with pytest.raises(invitations.BadInvitation):
        invitations.accept(person=nina, name="Evil", time_zone="UTC", password="another password", now=now)


def test_joining_proves_only_the_address_that_was_invited(nina: User, now: datetime) -> None:
    other = methods.add_method(
        actor=nina, user=nina, transport="email", address="else@example.test", now=now
    )[0]
    invitations.accept(person=nina, name="Nina", time_zone="UTC", password="a good long password", now=now)
    assert ContactMethod.objects.get(address=nina.email).is_usable
    assert not ContactMethod.objects.get(pk=other.pk).is_usable
