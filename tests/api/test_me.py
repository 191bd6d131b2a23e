"""How I am reached, by the API: only my own, and each method proved by its code."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from notifications.models import ContactMethod, Delivery, NotificationRule, QuietHours
from tests.api.conftest import client_of
from tests.making import make_method, make_rule

pytestmark = pytest.mark.django_db
METHODS, RULES, QUIET = "/api/v1/me/methods", "/api/v1/me/rules", "/api/v1/me/quiet-hours"


@pytest.fixture
def mine(member: User) -> Client:
    return client_of(member)


def sent(client: Client, verb: str, path: str, body: dict[str, Any] | None = None) -> Any:
    return getattr(client, verb)(path, body or {}, "application/json")


def test_a_method_is_added_proved_by_its_code_changed_and_removed(mine: Client, member: User) -> None:
    answer = sent(
        mine, "post", METHODS, {"transport": "email", "address": " New@Example.test ", "label": "New"}
    )
    assert answer.status_code == 201, answer.content
    made = answer.json()
    assert (made["is_usable"], made["secret"]) == (False, "")
    path = f"{METHODS}/{made['id']}"
    assert sent(mine, "post", f"{path}/test").status_code == 409
    code = Delivery.objects.get(kind="verification").message["code"]
    wrong = sent(mine, "post", f"{path}/verify", {"code": "000000" if code != "000000" else "111111"})
    assert wrong.status_code == 400
    assert "4 tries" in wrong.json()["errors"]["code"][0]
    assert sent(mine, "post", f"{path}/verify", {"code": f"{code[:3]} {code[3:]}"}).json()["is_usable"]
    assert sent(mine, "post", f"{path}/verify", {"code": code}).status_code == 409
    changed = sent(mine, "patch", path, {"throttle": 90, "label": "Night"}).json()
    assert (changed["throttle"], changed["label"]) == (90, "Night")
    assert sent(mine, "patch", path, {"throttle": None}).json()["throttle"] is None
    assert sent(mine, "post", f"{path}/test").status_code == 202
    assert sent(mine, "post", f"{path}/test").status_code == 429
    assert len(mine.get(METHODS).json()["results"]) == member.contact_methods.count()
    Delivery.objects.all().delete()
    assert sent(mine, "delete", path).status_code == 204
    assert mine.get(path).status_code == 404


def test_the_last_usable_method_goes_only_when_that_is_confirmed(mine: Client, member: User) -> None:
    path = f"{METHODS}/{member.contact_methods.get().pk}"
    assert sent(mine, "delete", path).status_code == 409
    assert mine.delete(f"{path}?confirmed=true").status_code == 204
    assert not member.contact_methods.exists()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"transport": "email", "address": "nowhere"}, "address"),
        ({"transport": "sms", "address": "+4915112345678"}, "transport"),
        ({"transport": "push", "address": "https://push.example.test"}, "transport"),
        ({"transport": "pigeon", "address": "x"}, "transport"),
        ({"transport": "email", "address": "a@example.test", "verified_at": "2026-01-01"}, "verified_at"),
    ],
)
def test_what_cannot_be_a_method_is_said_on_its_field(
    mine: Client, member: User, body: dict[str, str], field: str
) -> None:
    answer = sent(mine, "post", METHODS, body)
    assert answer.status_code == 400
    assert set(answer.json()["errors"]) == {field}
    assert member.contact_methods.count() == 1


def test_rules_are_added_moved_and_removed(mine: Client, member: User) -> None:
    method = member.contact_methods.get()
    body = {"urgency": "high", "method": method.pk, "delay": 120}
    made = sent(mine, "post", RULES, body)
    assert made.status_code == 201, made.content
    assert sent(mine, "post", RULES, body).status_code == 409
    path = f"{RULES}/{made.json()['id']}"
    assert sent(mine, "patch", path, {"delay": 300}).json()["delay"] == 300
    assert sent(mine, "patch", path, {"delay": -1}).status_code == 400
    assert [each["delay"] for each in mine.get(RULES).json()["results"]] == [300]
    assert NotificationRule.objects.get().delay == timedelta(minutes=5)
    assert sent(mine, "delete", path).status_code == 204
    assert not NotificationRule.objects.exists()


def test_quiet_hours_are_set_read_and_taken_away(mine: Client, member: User) -> None:
    assert mine.get(QUIET).status_code == 404
    hours = {"starts": "22:00:00", "ends": "06:30:00", "weekends": True}
    assert sent(mine, "put", QUIET, hours).json() == hours
    assert mine.get(QUIET).json() == hours
    assert sent(mine, "put", QUIET, {**hours, "ends": "22:00"}).status_code == 400
    assert sent(mine, "delete", QUIET).status_code == 204
    assert not QuietHours.objects.exists()


def test_a_stranger_finds_nothing_of_mine(member: User, stranger: User) -> None:
    theirs = client_of(stranger)
    method = member.contact_methods.get()
    rule = make_rule(method)
    for verb, path in (
        *((verb, f"{METHODS}/{method.pk}") for verb in ("get", "patch", "delete")),
        *(("post", f"{METHODS}/{method.pk}/{act}") for act in ("code", "test")),
        *((verb, f"{RULES}/{rule.pk}") for verb in ("delete",)),
    ):
        assert sent(theirs, verb, path).status_code == 404, (verb, path)
    assert sent(theirs, "post", f"{METHODS}/{method.pk}/verify", {"code": "123456"}).status_code == 404
    taken = sent(theirs, "post", RULES, {"urgency": "low", "method": method.pk})
    assert taken.status_code == 400
    assert {each["id"] for each in theirs.get(METHODS).json()["results"]} == {
        each.pk for each in stranger.contact_methods.all()
    }


def test_a_secret_address_is_not_shown_and_a_reading_token_changes_nothing(member: User) -> None:
    make_method(member, "ntfy", "https://ntfy.example.test/very-secret-topic")
    reader = client_of(member, read_only=True)
    assert "very-secret-topic" not in reader.get(METHODS).content.decode()
    body = {"transport": "email", "address": "other@example.test"}
    assert sent(reader, "post", METHODS, body).status_code == 403
    assert sent(reader, "put", QUIET, {"starts": "22:00", "ends": "06:00"}).status_code == 403
    assert ContactMethod.objects.filter(user=member).count() == 2
