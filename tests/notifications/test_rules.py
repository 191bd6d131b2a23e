"""When a person is told by what."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.test import Client

from accounts.models import User
from notifications.actions import rules
from notifications.models import ContactMethod, NotificationRule, Urgency
from notifications.queries import lines_of
from tests import making

As = Callable[[User], Client]


def steps_of(person: User, urgency: str) -> list[tuple[int, str]]:
    """Minutes and address, in order of time, as a page would go."""
    (line,) = (line for line in lines_of(person) if line.urgency == urgency)
    return [
        (int(stop.delay.total_seconds() // 60), method.address)
        for stop in line.stops
        for method in stop.methods
    ]


def source_of(person: User, urgency: str) -> str:
    return next(line.source for line in lines_of(person) if line.urgency == urgency)


def test_rules_are_added_moved_and_removed_in_the_browser(browser_of: As, member: User) -> None:
    mail = member.contact_methods.get()
    hook = making.make_method(member, "webhook", "https://hooks.example.test/")
    client = browser_of(member)
    assert (
        client.post("/me/rules/high/", {"high-method": mail.pk, "high-minutes": 5})["Location"] == "/me/#high"
    )
    client.post("/me/rules/high/", {"high-method": hook.pk, "high-minutes": 2})
    assert steps_of(member, "high") == [(2, hook.address), (5, mail.address)]
    first = NotificationRule.objects.get(method=mail)
    client.post(f"/me/rules/{first.pk}/move/", {"minutes": 0})
    assert steps_of(member, "high") == [(0, mail.address), (2, hook.address)]
    client.post(f"/me/rules/{first.pk}/remove/")
    assert steps_of(member, "high") == [(2, hook.address)]


def test_without_rules_every_verified_method_is_used_at_once(member: User) -> None:
    hook = making.make_method(member, "webhook", "https://hooks.example.test/")
    making.make_method(member, address="unproven@example.test", verified=False)
    assert steps_of(member, "high") == [(0, member.email), (0, hook.address)]
    assert source_of(member, "high") == "all"


def test_rules_of_the_other_urgency_stand_in(member: User) -> None:
    making.make_rule(member.contact_methods.get(), 3, "low")
    assert steps_of(member, "high") == [(3, member.email)]
    assert source_of(member, "high") == "other"
    assert source_of(member, "low") == "rules"


def test_a_rule_whose_method_does_not_work_is_passed_over_and_still_shown(
    browser_of: As, member: User, now: datetime
) -> None:
    broken = making.make_method(member, address="broken@example.test")
    making.make_rule(broken)
    ContactMethod.objects.filter(pk=broken.pk).update(disabled_at=now)
    assert steps_of(member, "high") == [(0, member.email)]
    assert "is passed over" in browser_of(member).get("/me/").content.decode()


def test_nothing_works_without_a_usable_method(db: None) -> None:
    person = making.make_user(reachable=False)
    assert {source_of(person, urgency) for urgency in Urgency} == {"none"}


def test_the_same_step_twice_is_said(browser_of: As, member: User) -> None:
    mail = member.contact_methods.get()
    rule = making.make_rule(mail, 5)
    other = making.make_rule(mail, 6)
    client = browser_of(member)
    page = client.post("/me/rules/high/", {"high-method": mail.pk, "high-minutes": 5}).content.decode()
    assert "That stands there already" in page
    page = client.post(f"/me/rules/{other.pk}/move/", {"minutes": 5}, follow=True).content.decode()
    assert "That stands there already" in page
    assert list(NotificationRule.objects.values_list("delay", flat=True)) == [rule.delay, other.delay]


def test_there_is_an_end_to_rules(member: User, now: datetime) -> None:
    mail = member.contact_methods.get()
    for minutes in range(rules.MOST_RULES):
        making.make_rule(mail, minutes)
    with pytest.raises(rules.TooManyRules):
        rules.add_rule(actor=member, method=mail, urgency="high", delay=timedelta(hours=1), now=now)


@pytest.mark.parametrize("minutes", ["", "-1", "1441", "1.5", "abc", "9" * 10_000, "\x00", "NaN"])
def test_minutes_that_make_no_sense_are_an_error_on_the_form(
    browser_of: As, member: User, minutes: str
) -> None:
    mail = member.contact_methods.get()
    rule = making.make_rule(mail, 5)
    client = browser_of(member)
    answer = client.post("/me/rules/high/", {"high-method": mail.pk, "high-minutes": minutes})
    assert answer.status_code == 200
    assert "field-error" in answer.content.decode()
    page = client.post(f"/me/rules/{rule.pk}/move/", {"minutes": minutes}, follow=True).content.decode()
    assert "from 0 to 1440" in page
    assert NotificationRule.objects.get().delay == timedelta(minutes=5)


@pytest.mark.parametrize("method", ["", "0", "abc", str(10**30), "\x00"])
def test_a_rule_needs_a_method_of_mine_that_works(browser_of: As, member: User, method: str) -> None:
    answer = browser_of(member).post("/me/rules/high/", {"high-method": method, "high-minutes": 0})
    assert answer.status_code == 200
    assert "field-error" in answer.content.decode()
    assert not NotificationRule.objects.exists()


def test_an_unknown_urgency_is_404(browser_of: As, member: User) -> None:
    assert browser_of(member).post("/me/rules/medium/", {}).status_code == 404
