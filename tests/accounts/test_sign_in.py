"""Signing in, its limits, and a password that was forgotten."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from accounts.models import User
from notifications import outbox
from notifications.models import Delivery
from tests import making
from tests.smtp import Mailbox, part

LOGIN = "/account/login/"


def sign_in(client: Client, person: User, password: str = making.PASSWORD, **headers: Any) -> Any:
    return client.post(LOGIN, {"login": person.email, "password": password}, **headers)


def signed_in(client: Client) -> bool:
    return client.get("/me/").status_code == 200


def test_a_person_signs_in_by_e_mail_in_any_case(client: Client, member: User) -> None:
    answer = client.post(LOGIN, {"login": member.email.upper(), "password": making.PASSWORD})
    assert answer.status_code == 302
    assert signed_in(client)


def test_the_sixth_wrong_password_for_one_address_gets_429_from_wherever_it_comes(
    client: Client, member: User
) -> None:
    for n in range(5):
        assert sign_in(client, member, "wrong", REMOTE_ADDR=f"192.0.2.{n}").status_code == 200
    answer = sign_in(client, member, "wrong", REMOTE_ADDR="192.0.2.99")
    assert answer.status_code == 429
    assert "Too many tries" in answer.content.decode()
    # The right one is not even looked at meanwhile, else guessing could go on.
    assert sign_in(client, member, REMOTE_ADDR="192.0.2.100").status_code == 429
    assert not signed_in(client)


def test_wrong_passwords_for_one_address_do_not_lock_out_another(
    client: Client, member: User, owner: User
) -> None:
    for n in range(6):
        sign_in(client, member, "wrong", REMOTE_ADDR=f"192.0.2.{n}")
    assert sign_in(client, owner, REMOTE_ADDR="192.0.2.50").status_code == 302


def test_right_passwords_do_not_count_against_their_person(member: User) -> None:
    for _ in range(8):
        assert sign_in(Client(), member).status_code == 302


def test_an_unknown_address_looks_like_a_wrong_password(client: Client, member: User) -> None:
    known = sign_in(client, member, "wrong").content.decode()
    unknown = client.post(LOGIN, {"login": "nobody@example.test", "password": "wrong"}).content.decode()

    def errors(page: str) -> list[str]:
        return re.findall(r'role="alert"[^>]*>.*?</div>', page, re.S)

    assert errors(known) == errors(unknown) != []


def test_signing_in_works_while_the_cache_is_down(
    client: Client, member: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend: Any = cache._connections["default"]  # type: ignore[attr-defined] # the real one behind the proxy
    monkeypatch.setattr(backend, "_servers", ["redis://127.0.0.1:1/0"])
    backend.__dict__.pop("_cache", None)
    try:
        assert sign_in(client, member, "wrong").status_code == 200
        assert sign_in(client, member).status_code == 302
        assert signed_in(client)
    finally:
        backend.__dict__.pop("_cache", None)


def test_somebody_who_was_deactivated_cannot_sign_in(client: Client, member: User) -> None:
    User.objects.filter(pk=member.pk).update(is_active=False)
    sign_in(client, member)
    assert not signed_in(client)


def test_nobody_signs_up_by_themselves(client: Client, db: None) -> None:
    sent = {"email": "new@example.test", "password1": making.PASSWORD, "password2": making.PASSWORD}
    client.post("/account/signup/", sent)
    assert not User.objects.filter(email="new@example.test").exists()


def test_django_s_admin_has_no_sign_in_of_its_own(client: Client, admin: User) -> None:
    answer = client.get("/admin/login/?next=/admin/")
    assert answer.status_code == 302
    assert answer["Location"].startswith(LOGIN)


def test_admins_look_at_rows_without_secrets_and_others_do_not(
    client: Client, admin: User, member: User
) -> None:
    client.force_login(admin)
    for path in (
        "accounts/user/",
        f"accounts/user/{member.pk}/change/",
        "notifications/delivery/",
        "accounts/apitoken/",
    ):
        assert client.get(f"/admin/{path}").status_code == 200, path
    assert member.password not in client.get(f"/admin/accounts/user/{member.pk}/change/").content.decode()
    assert client.post(f"/admin/accounts/user/{member.pk}/change/", {"role": "admin"}).status_code == 403
    client.force_login(member)
    assert client.get("/admin/accounts/user/").status_code in (302, 403)


# --- A forgotten password


def ask(client: Client, email: str) -> Any:
    return client.post("/account/password/reset/", {"email": email}, follow=True)


def without_csrf(answer: Any) -> str:
    return re.sub(r"[A-Za-z0-9]{64}", "", answer.content.decode())


def test_asking_for_a_password_answers_the_same_for_an_unknown_address(client: Client, member: User) -> None:
    known, unknown = ask(client, member.email), ask(client, "nobody@example.test")
    assert known.redirect_chain == unknown.redirect_chain
    assert known.status_code == unknown.status_code == 200
    assert without_csrf(known) == without_csrf(unknown)
    assert list(Delivery.objects.values_list("address", flat=True)) == [member.email]


def test_a_forgotten_password_is_replaced_by_the_link_in_the_mail(
    client: Client, member: User, mailbox: Mailbox
) -> None:
    ask(client, member.email)
    outbox.send_due(worker="test")
    (mail,) = mailbox.to(member.email)
    found = re.search(r"http://[^/\s]+(/account/password/reset/key/\S+)", part(mail, "plain"))
    assert found
    page = client.get(found[1], follow=True)
    sent = {"password1": "a new long password", "password2": "a new long password"}
    assert client.post(page.redirect_chain[-1][0], sent).status_code == 302
    assert sign_in(Client(), member).status_code == 200
    assert sign_in(Client(), member, "a new long password").status_code == 302


def test_asking_for_a_password_works_while_the_mail_server_is_down(
    client: Client, member: User, settings: Any
) -> None:
    settings.EMAIL_PORT = 1
    assert ask(client, member.email).status_code == 200
    outbox.send_due(worker="test")
    assert Delivery.objects.get().state == "pending"


def test_asking_too_often_for_one_address_is_refused(client: Client, member: User) -> None:
    answers = [ask(client, member.email).status_code for _ in range(6)]
    assert answers[:5] == [200] * 5
    assert answers[5] == 429


@pytest.mark.parametrize("field", ["login", "password"])
@pytest.mark.parametrize(
    "value", ["x" * 10_000, "a\x00b", "a\r\nb@example.test", "<script>alert(1)</script>", "\u202e"]
)
def test_nonsense_on_the_sign_in_page_is_an_error_on_the_form(
    client: Client, member: User, field: str, value: str
) -> None:
    answer = client.post(LOGIN, {"login": member.email, "password": making.PASSWORD, field: value})
    assert answer.status_code == 200
    assert "<script>alert" not in answer.content.decode()
