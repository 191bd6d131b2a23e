"""Contact methods: nothing is sent to an address that nobody proved, and nobody loses their last one unawares."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from accounts.models import User
from lib.sealing import unseal
from notifications import outbox
from notifications.actions import methods
from notifications.actions.deliveries import send_notice
from notifications.models import ContactMethod, Delivery, NotificationRule, VerificationCode
from notifications.transports.base import Message
from tests import making
from tests.smtp import Mailbox, part

As = Callable[[User], Client]
Later = Callable[..., datetime]


def add(
    person: User, now: datetime, address: str = "new@example.test", transport: str = "email"
) -> ContactMethod:
    method, _secret = methods.add_method(
        actor=person, user=person, transport=transport, address=address, now=now
    )
    return method


def sent_code(method: ContactMethod) -> str:
    """The digits of the newest code, as they stand in the message."""
    newest = Delivery.objects.filter(method=method, kind="verification").order_by("-id")[0]
    return str(newest.message["code"])


def verify(method: ContactMethod, code: str, now: datetime) -> bool:
    methods.verify(actor=method.user, method=method, code=code, now=now)
    return ContactMethod.objects.get(pk=method.pk).is_usable


def another_code(method: ContactMethod) -> str:
    return f"{(int(sent_code(method)) + 1) % 1_000_000:06d}"


# --- Adding and proving


def test_a_new_method_is_mailed_a_code_and_works_after_it_was_typed(
    browser_of: As, member: User, mailbox: Mailbox
) -> None:
    client = browser_of(member)
    answer = client.post("/me/methods/new/email/", {"address": "home@example.test", "label": "Home"})
    method = ContactMethod.objects.get(address="home@example.test")
    assert answer["Location"] == f"/me/methods/{method.pk}/verify/"
    assert not method.is_usable
    outbox.send_due(worker="test")
    (mail,) = mailbox.to("home@example.test")
    found = re.search(r"\b\d{6}\b", part(mail, "plain"))
    assert found
    assert client.post(answer["Location"], {"code": f" {found[0][:3]} {found[0][3:]} "})["Location"] == "/me/"
    method.refresh_from_db()
    assert method.is_usable


def test_only_a_keyed_digest_of_the_code_is_kept(member: User, now: datetime) -> None:
    method = add(member, now)
    row = VerificationCode.objects.get(method=method)
    assert sent_code(method) not in row.digest
    assert len(row.digest) == 64


def test_the_code_of_one_method_does_not_verify_another(member: User, now: datetime) -> None:
    first, second = add(member, now), add(member, now, "second@example.test")
    if sent_code(first) != sent_code(second):
        with pytest.raises(methods.WrongCode):
            verify(second, sent_code(first), now)


def test_a_code_stops_working_after_fifteen_minutes(member: User, now: datetime, later: Later) -> None:
    method = add(member, now)
    with pytest.raises(methods.CodeSpent):
        verify(method, sent_code(method), later(minutes=15))
    assert verify(method, sent_code(method), later(minutes=14, seconds=59))


def test_a_code_stops_working_after_five_wrong_tries(member: User, now: datetime) -> None:
    method = add(member, now)
    for left in (4, 3, 2, 1, 0):
        with pytest.raises(methods.WrongCode) as refusal:
            verify(method, another_code(method), now)
        assert refusal.value.left == left
    with pytest.raises(methods.CodeSpent):
        verify(method, sent_code(method), now)


def test_a_code_works_once(member: User, now: datetime) -> None:
    method = add(member, now)
    assert verify(method, sent_code(method), now)
    with pytest.raises(methods.CodeSpent):
        verify(method, sent_code(method), now)


def test_a_new_code_replaces_the_old_one(member: User, now: datetime, later: Later) -> None:
    method = add(member, now)
    old = sent_code(method)
    methods.send_code(actor=member, method=method, now=later(minutes=1))
    if old != sent_code(method):
        with pytest.raises(methods.WrongCode):
            verify(method, old, later(minutes=2))
    assert verify(method, sent_code(method), later(minutes=2))


def test_codes_go_out_once_a_minute_and_ten_times_a_day(member: User, now: datetime, later: Later) -> None:
    method = add(member, now)
    with pytest.raises(methods.TooSoon) as refusal:
        methods.send_code(actor=member, method=method, now=later(seconds=59))
    assert refusal.value.wait == timedelta(seconds=1)
    for minutes in range(1, 10):
        methods.send_code(actor=member, method=method, now=later(minutes=minutes))
    with pytest.raises(methods.TooManyMessages):
        methods.send_code(actor=member, method=method, now=later(minutes=30))
    methods.send_code(actor=member, method=method, now=later(days=1, minutes=1))


def test_removing_and_adding_again_buys_no_more_codes(member: User, now: datetime, later: Later) -> None:
    method = add(member, now)
    Delivery.objects.update(state="failed")
    methods.remove_method(actor=member, method=method, now=now)
    with pytest.raises(methods.TooSoon):
        add(member, later(seconds=30))
    assert not ContactMethod.objects.filter(address="new@example.test").exists()


def test_one_person_cannot_have_strangers_mailed_without_end(member: User, now: datetime) -> None:
    for n in range(methods.MOST_METHODS - 1):
        add(member, now, f"stranger{n}@example.test")
    with pytest.raises(methods.TooManyMethods):
        add(member, now, "one-more@example.test")


def test_the_day_s_share_of_codes_holds_for_all_methods_together(
    member: User, now: datetime, later: Later, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(methods, "CODES_A_DAY_BY_ONE", 3)
    for n in range(3):
        add(member, now, f"stranger{n}@example.test")
    with pytest.raises(methods.TooManyMessages):
        add(member, later(hours=5), "one-more@example.test")


def test_the_page_says_how_many_tries_are_left_and_to_wait(
    browser_of: As, member: User, now: datetime
) -> None:
    with time_machine.travel(now, tick=False):
        client = browser_of(member)
        method = add(member, now)
        page = client.post(
            f"/me/methods/{method.pk}/verify/", {"code": another_code(method)}
        ).content.decode()
        assert "4 tries are left" in page
        page = client.post(f"/me/methods/{method.pk}/code/", follow=True).content.decode()
        assert "Wait 1 min" in page


@pytest.mark.parametrize(
    "code", ["", "12345", "1234567", "abcdef", "१२३४५६", "x" * 10_000, "\x00", "<script>"]
)
def test_what_is_not_six_digits_costs_no_try(browser_of: As, member: User, now: datetime, code: str) -> None:
    method = add(member, now)
    answer = browser_of(member).post(f"/me/methods/{method.pk}/verify/", {"code": code})
    assert answer.status_code == 200
    assert "field-error" in answer.content.decode()
    assert VerificationCode.objects.get().attempts == 0


BAD_ADDRESSES = [
    ("email", "no address"),
    ("email", "a@example.test\r\nBcc: b@example.test"),
    ("email", "a\x00@example.test"),
    ("email", "x" * 10_000 + "@example.test"),
    ("email", ""),
    ("webhook", "ftp://example.test/"),
    ("webhook", "javascript:alert(1)"),
    ("webhook", "https://user:secret@example.test/"),
    ("webhook", "https://example.test/" + "x" * 10_000),
    ("webhook", "https://[::1"),
]


@pytest.mark.parametrize(("transport", "address"), BAD_ADDRESSES)
def test_a_bad_address_is_an_error_on_the_form(
    browser_of: As, member: User, transport: str, address: str
) -> None:
    answer = browser_of(member).post(f"/me/methods/new/{transport}/", {"address": address})
    assert answer.status_code == 200
    assert "field-error" in answer.content.decode()
    assert ContactMethod.objects.filter(user=member).count() == 1


@pytest.mark.parametrize("label", ["a\r\nb", "\x00", "x" * 10_000, "\u202etxt"])
def test_a_bad_label_is_an_error_on_the_form(browser_of: As, member: User, label: str) -> None:
    answer = browser_of(member).post("/me/methods/new/email/", {"address": "a@example.test", "label": label})
    assert "field-error" in answer.content.decode()


def test_an_unknown_transport_is_404(browser_of: As, member: User) -> None:
    assert browser_of(member).get("/me/methods/new/pigeon/").status_code == 404


def test_the_same_address_twice_is_said_on_the_form(browser_of: As, member: User) -> None:
    page = browser_of(member).post("/me/methods/new/email/", {"address": member.email}).content.decode()
    assert "You have this one already" in page


def test_the_signing_secret_of_a_webhook_is_shown_once_and_sealed(browser_of: As, member: User) -> None:
    client = browser_of(member)
    answer = client.post("/me/methods/new/webhook/", {"address": "https://hooks.example.test/page"})
    found = re.search(r"whsec_[\w+/=]+", answer.content.decode())
    assert found
    assert "no-store" in answer["Cache-Control"]
    method = ContactMethod.objects.get(transport="webhook")
    assert found[0] not in method.secret
    assert unseal(method.secret) == found[0]
    for path in ("/me/", f"/me/methods/{method.pk}/verify/", f"/people/{member.pk}/"):
        assert "whsec_" not in client.get(path).content.decode()


# --- Trying out


def test_a_test_goes_by_the_method_and_what_became_of_it_stands_beside_it(
    browser_of: As, member: User, mailbox: Mailbox
) -> None:
    client = browser_of(member)
    method = member.contact_methods.get()
    client.post(f"/me/methods/{method.pk}/test/")
    outbox.send_due(worker="test")
    (mail,) = mailbox.to(member.email)
    assert "Test from Tocsin" in mail["Subject"]
    page = client.get("/me/").content.decode()
    assert re.search(r"Last test .*?: sent", page, re.S)


def test_a_test_that_fails_says_why(browser_of: As, member: User, mailbox: Mailbox) -> None:
    mailbox.answers[member.email] = "550 no such user here"
    client = browser_of(member)
    client.post(f"/me/methods/{member.contact_methods.get().pk}/test/")
    outbox.send_due(worker="test")
    assert "no such user here" in client.get("/me/").content.decode()


def test_tests_go_out_once_a_minute_and_only_by_what_works(member: User, now: datetime, later: Later) -> None:
    method = member.contact_methods.get()
    methods.send_test(actor=member, method=method, now=now)
    with pytest.raises(methods.TooSoon):
        methods.send_test(actor=member, method=method, now=later(seconds=30))
    methods.send_test(actor=member, method=method, now=later(seconds=60))
    with pytest.raises(methods.NotUsable):
        methods.send_test(actor=member, method=add(member, now), now=now)


# --- Removing


def test_a_method_goes_with_its_rules_and_its_messages_stay_in_the_ledger(
    browser_of: As, member: User, mailbox: Mailbox
) -> None:
    spare = making.make_method(member, address="spare@example.test")
    making.make_rule(spare)
    client = browser_of(member)
    client.post(f"/me/methods/{spare.pk}/test/")
    outbox.send_due(worker="test")
    assert "1 rule that uses it" in client.get(f"/me/methods/{spare.pk}/remove/").content.decode()
    client.post(f"/me/methods/{spare.pk}/remove/")
    assert not ContactMethod.objects.filter(pk=spare.pk).exists()
    assert not NotificationRule.objects.exists()
    assert Delivery.objects.get().address == "spare@example.test"


def test_a_method_by_which_messages_wait_is_switched_off_instead(
    member: User, now: datetime, later: Later
) -> None:
    spare = making.make_method(member, address="spare@example.test")
    making.make_rule(spare)
    waiting = send_notice(
        method=spare, kind="notice", subject="x:1", message=Message(kind="notice", headline="x"), now=now
    )
    assert not methods.remove_method(actor=member, method=spare, now=now)
    spare.refresh_from_db()
    waiting.refresh_from_db()
    assert spare.disabled_at == now
    assert waiting.method == spare
    assert not NotificationRule.objects.exists()
    Delivery.objects.update(state="sent", sent_at=now)
    assert methods.remove_method(actor=member, method=spare, now=later(minutes=1))


def test_a_method_that_was_switched_off_comes_back_by_a_new_code(
    browser_of: As, member: User, now: datetime
) -> None:
    method = member.contact_methods.get()
    ContactMethod.objects.update(disabled_at=now, disabled_reason="Bounced five times.")
    client = browser_of(member)
    assert "Bounced five times." in client.get("/me/").content.decode()
    client.post(f"/me/methods/{method.pk}/code/")
    client.post(f"/me/methods/{method.pk}/verify/", {"code": sent_code(method)})
    method.refresh_from_db()
    assert method.is_usable


def test_adding_an_address_again_that_was_switched_off_starts_it_anew(member: User, now: datetime) -> None:
    method = member.contact_methods.get()
    ContactMethod.objects.update(disabled_at=now)
    again = add(member, now, member.email)
    assert again.pk == method.pk
    assert again.disabled_at is None
    assert again.verified_at is None


def test_the_last_verified_method_goes_only_after_a_warning(browser_of: As, member: User) -> None:
    add(member, making.NOW)
    method = member.contact_methods.order_by("id")[0]
    client = browser_of(member)
    path = f"/me/methods/{method.pk}/remove/"
    assert "last working method" in client.get(path).content.decode()
    assert "Tick this to go on" in client.post(path).content.decode()
    assert ContactMethod.objects.filter(pk=method.pk).exists()
    assert client.post(path, {"without": "1"})["Location"] == "/me/"
    assert not ContactMethod.objects.filter(pk=method.pk).exists()


# --- Three actors


@pytest.mark.parametrize("who", ["owner", "stranger", "viewer", "admin"])
def test_nobody_touches_the_methods_and_rules_of_somebody_else(
    request: pytest.FixtureRequest, browser_of: As, member: User, who: str
) -> None:
    method = making.make_method(member, address="mine@example.test")
    rule = making.make_rule(method, 5)
    client = browser_of(request.getfixturevalue(who))
    for act in ("verify", "code", "test", "remove"):
        assert client.post(f"/me/methods/{method.pk}/{act}/").status_code == 404, act
    assert client.get(f"/me/methods/{method.pk}/verify/").status_code == 404
    assert client.post(f"/me/rules/{rule.pk}/move/", {"minutes": 0}).status_code == 404
    assert client.post(f"/me/rules/{rule.pk}/remove/").status_code == 404
    sent: dict[str, Any] = {"high-method": method.pk, "high-minutes": 0}
    assert "field-error" in client.post("/me/rules/high/", sent).content.decode()
    rule.refresh_from_db()
    assert rule.delay == timedelta(minutes=5)
    assert not Delivery.objects.exists()


def test_the_page_of_a_method_that_was_never_sent_a_code_offers_one(browser_of: As, member: User) -> None:
    method = making.make_method(member, address="unproven@example.test", verified=False)
    page = browser_of(member).get(f"/me/methods/{method.pk}/verify/").content.decode()
    assert "No code has been sent" in page
    assert 'name="code"' not in page
