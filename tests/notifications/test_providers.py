"""Setting up channels: admins only, secrets sealed and shown to nobody, wrong values said on their field."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from lib.signing import new_secret, sign
from notifications import outbox, providers
from notifications.actions.methods import send_test
from notifications.actions.providers import NotYours, Wrong, remove_provider, save_provider, try_fallback
from notifications.models import Circuit, ContactMethod, Delivery, Provider, QuietHours
from notifications.recipients import last_resort
from tests.making import make_method, make_rule
from tests.notifications.chats.server import running
from tests.notifications.sms.common import with_twilio
from tests.smtp import Mailbox

pytestmark = pytest.mark.django_db
GATEWAY = {
    "url": "https://gateway.example.test/send",
    "method": "POST",
    "content_type": "json",
    "body": '{"to": "{to}", "text": "{text}", "key": "{secret}"}',
    "secret": "s3cret",
    "inbound_secret": "i" * 20,
}
SLACK = {"bot_token": "xoxb-1-2-abcdef", "signing_secret": "a1b2c3d4e5f6a7b8c9d0"}


@pytest.fixture
def as_admin(client: Client, admin: User) -> Client:
    client.force_login(admin)
    return client


def test_an_admin_sets_up_slack_and_its_secrets_are_nowhere_in_the_page_or_the_table(
    as_admin: Client,
) -> None:
    answer = as_admin.post(reverse("notifications:provider", args=["slack"]), SLACK)
    assert answer.status_code == 302, answer.content
    stored = Provider.objects.get(name="slack").values
    providers.forget()
    found = providers.values("slack")
    assert found is not None
    assert found["bot_token"] == SLACK["bot_token"]
    page = as_admin.get(reverse("notifications:provider", args=["slack"])).content.decode()
    for secret in SLACK.values():
        assert secret not in stored
        assert secret not in page


def test_a_secret_that_is_left_empty_stays(admin: User, now: datetime) -> None:
    save_provider(actor=admin, name="slack", values=SLACK, now=now)
    kept = {"bot_token": "", "signing_secret": ""}
    save_provider(actor=admin, name="slack", values=kept, now=now)
    providers.forget()
    found = providers.values("slack")
    assert found is not None
    assert found["signing_secret"] == SLACK["signing_secret"]


def test_what_cannot_be_right_is_said_on_its_field_and_nothing_is_kept(as_admin: Client) -> None:
    answer = as_admin.post(
        reverse("notifications:provider", args=["slack"]), {**SLACK, "bot_token": "xoxp-wrong"}
    )
    assert "xoxb-" in answer.content.decode()
    assert not Provider.objects.exists()


@pytest.mark.parametrize("role", ["owner", "member", "stranger"])
def test_nobody_but_an_admin_sees_or_changes_them(
    client: Client, request: pytest.FixtureRequest, role: str, now: datetime
) -> None:
    person: User = request.getfixturevalue(role)
    client.force_login(person)
    assert client.get(reverse("notifications:providers")).status_code == 404
    assert client.post(reverse("notifications:provider", args=["slack"]), SLACK).status_code == 404
    assert client.post(reverse("notifications:provider-remove", args=["slack"])).status_code == 404
    with pytest.raises(NotYours):
        save_provider(actor=person, name="slack", values=SLACK, now=now)


def test_removing_it_deletes_its_secrets(admin: User, now: datetime) -> None:
    save_provider(actor=admin, name="slack", values=SLACK, now=now)
    assert remove_provider(actor=admin, name="slack", now=now)
    providers.forget()
    assert providers.values("slack") is None
    assert not remove_provider(actor=admin, name="slack", now=now)


def test_a_secret_that_is_not_needed_can_be_forgotten(as_admin: Client, admin: User, now: datetime) -> None:
    path = reverse("notifications:provider", args=["gateway-sms"])
    assert "Forget it" not in as_admin.get(path).content.decode()
    save_provider(actor=admin, name="gateway-sms", values=GATEWAY, now=now)
    providers.forget()
    assert "Forget it: Secret in the address for replies" in as_admin.get(path).content.decode()
    as_admin.post(path, {**GATEWAY, "inbound_secret": "", "clear_inbound_secret": "on", "secret": ""})
    providers.forget()
    found = providers.values("gateway-sms")
    assert found is not None
    assert (found["inbound_secret"], found["secret"]) == ("", "s3cret")
    save_provider(actor=admin, name="slack", values=SLACK, now=now)
    providers.forget()
    slack = as_admin.get(reverse("notifications:provider", args=["slack"])).content.decode()
    assert "Forget it" not in slack, "what is needed stays"


@pytest.mark.parametrize(
    ("name", "values", "field"),
    [("slack", SLACK, "api_url"), ("gateway-sms", {**GATEWAY, "inbound_secret": ""}, "url")],
)
def test_an_address_that_leads_elsewhere_asks_for_its_secrets_again(
    admin: User, now: datetime, name: str, values: dict[str, str], field: str
) -> None:
    about = providers.declared(name)
    secrets = {each.name for each in about.fields if each.kind == "secret" and values.get(each.name)}
    save_provider(actor=admin, name=name, values=values, now=now)
    emptied = {**values, **dict.fromkeys(secrets, "")}
    elsewhere = {**emptied, field: "https://elsewhere.example.test/api/"}
    with pytest.raises(Wrong) as wrong:
        save_provider(actor=admin, name=name, values=elsewhere, now=now)
    assert set(wrong.value.errors) == secrets
    save_provider(actor=admin, name=name, values={**values, field: elsewhere[field]}, now=now)
    same_host = {**emptied, field: "https://elsewhere.example.test/another/path"}
    save_provider(actor=admin, name=name, values=same_host, now=now)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({"transport": "sms", "address": "+49 151 1234-5678"}, "+4915112345678"),
        ({"transport": "voice", "address": "0049 (151) 12345678"}, "+4915112345678"),
    ],
)
def test_a_fallback_by_telephone_is_kept_as_its_channel_keeps_it(
    admin: User, now: datetime, given: dict[str, str], kept: str
) -> None:
    with pytest.raises(Wrong) as wrong:
        save_provider(actor=admin, name="fallback", values=given, now=now)
    assert set(wrong.value.errors) == {"transport"}, "nothing carries it yet"
    with_twilio("https://api.example.test", now)
    save_provider(actor=admin, name="fallback", values=given, now=now)
    providers.forget()
    assert last_resort() == {"transport": given["transport"], "address": kept}


def test_a_fallback_by_webhook_signs_with_a_secret_that_its_receiver_knows(
    admin: User, now: datetime, settings: Any
) -> None:
    settings.OUTBOUND_ALLOW = ["127.0.0.0/8"]
    with running() as hook:
        values = {"transport": "webhook", "address": f"{hook.root}/duty", "secret": ""}
        with pytest.raises(Wrong):
            save_provider(actor=admin, name="fallback", values=values, now=now)
        values["secret"] = new_secret()
        save_provider(actor=admin, name="fallback", values=values, now=now)
        providers.forget()
        try_fallback(actor=admin, now=now)
        outbox.send_due(worker="test", now=now)
        assert Delivery.objects.get().state == "sent"
        headers = sign([values["secret"]], hook.last.headers["webhook-id"], now, hook.last.body)
        assert hook.last.headers["webhook-signature"] == headers["webhook-signature"]


def test_an_admin_sends_a_test_to_the_fallback_and_sees_what_became_of_it(
    as_admin: Client, admin: User, mailbox: Mailbox
) -> None:
    test, page = reverse("notifications:fallback-test"), reverse("notifications:provider", args=["fallback"])
    assert "Set it up first" in as_admin.post(test, follow=True).content.decode()
    as_admin.post(page, {"transport": "email", "address": " Duty@Example.test "})
    providers.forget()
    assert "Send a test there" in as_admin.get(page).content.decode()
    assert "on its way" in as_admin.post(test, follow=True).content.decode()
    assert "Wait a minute" in as_admin.post(test, follow=True).content.decode()
    outbox.send_due(worker="test")
    [mail] = mailbox.mails
    assert "reach nobody else" in mail["Subject"]
    assert "Last test" in as_admin.get(page).content.decode()


def test_djangos_admin_shows_no_whole_address(as_admin: Client, member: User, now: datetime) -> None:
    method = make_method(member, "sms", "+4915112345678")
    send_test(actor=member, method=method, now=now)
    [delivery] = Delivery.objects.all()
    make_rule(method)
    for name in ("contactmethod", "delivery", "notificationrule"):
        found = as_admin.get(reverse(f"admin:notifications_{name}_changelist")).content.decode()
        assert "4915112345678" not in found
        assert "…" in found or "*" in found or "·" in found
    for name, row in (("contactmethod", method), ("delivery", delivery)):
        found = as_admin.get(reverse(f"admin:notifications_{name}_change", args=[row.pk])).content.decode()
        assert "4915112345678" not in found


def test_a_fallback_needs_an_address_of_its_channel(admin: User, now: datetime) -> None:
    with pytest.raises(Wrong) as wrong:
        save_provider(
            actor=admin, name="fallback", values={"transport": "email", "address": "nowhere"}, now=now
        )
    assert set(wrong.value.errors) == {"address"}


def test_the_list_says_what_is_down_and_why(as_admin: Client, now: datetime) -> None:
    Circuit.objects.create(
        name="email", failures=3, opened_at=now, retry_at=now, reason="451 disk full", changed_at=now
    )
    assert "451 disk full" in as_admin.get(reverse("notifications:providers")).content.decode()


def test_a_channel_that_is_not_set_up_is_not_offered(client: Client, member: User) -> None:
    client.force_login(member)
    page = client.get(reverse("notifications:method-choose")).content.decode()
    assert reverse("notifications:method-new", args=["email"]) in page
    assert reverse("notifications:method-new", args=["slack"]) not in page


def test_an_address_that_is_a_secret_is_not_shown(client: Client, member: User) -> None:
    make_method(member, "ntfy", "https://ntfy.example.test/very-secret-topic")
    client.force_login(member)
    assert "very-secret-topic" not in client.get(reverse("notifications:me")).content.decode()


def test_my_quiet_hours_are_set_changed_and_taken_away(client: Client, member: User) -> None:
    client.force_login(member)
    path = reverse("notifications:quiet")
    client.post(path, {"starts": "22:00", "ends": "06:30", "weekends": "on"})
    hours = QuietHours.objects.get(user=member)
    assert (hours.starts, hours.ends, hours.weekends) == (time(22), time(6, 30), True)
    assert "22:00" in client.get(reverse("notifications:me")).content.decode()
    wrong = client.post(path, {"starts": "07:00", "ends": "07:00"})
    assert "never or always" in wrong.content.decode()
    client.post(path, {"off": "1"})
    assert not QuietHours.objects.exists()


def test_a_throttle_is_set_by_its_owner_only(client: Client, member: User, stranger: User) -> None:
    method = ContactMethod.objects.get(user=member)
    path = reverse("notifications:method-throttle", args=[method.pk])
    client.force_login(stranger)
    assert client.post(path, {"seconds": "60"}).status_code == 404
    client.force_login(member)
    client.post(path, {"seconds": "60"})
    method.refresh_from_db()
    assert method.throttle is not None
    assert method.throttle.total_seconds() == 60
    client.post(path, {"seconds": ""})
    method.refresh_from_db()
    assert method.throttle is None


def test_an_admin_tries_it_out_with_a_method_of_their_own(
    as_admin: Client, admin: User, now: datetime
) -> None:
    path = reverse("notifications:provider", args=["slack"])
    assert "Try it out" not in as_admin.get(path).content.decode()
    save_provider(actor=admin, name="slack", values=SLACK, now=now)
    providers.forget()
    assert reverse("notifications:method-choose") in as_admin.get(path).content.decode()
    method = make_method(admin, "slack", "U0ADMIN")
    assert reverse("notifications:method-test", args=[method.pk]) in as_admin.get(path).content.decode()


def test_telegram_is_told_only_by_an_admin_and_only_when_it_is_set_up(
    client: Client, as_admin: Client, member: User
) -> None:
    path = reverse("notifications:provider-register")
    assert "Set it up first" in as_admin.post(path, follow=True).content.decode()
    client.force_login(member)
    assert client.post(path).status_code == 404
