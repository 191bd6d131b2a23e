"""The simulator's page: a question in its address, an answer as a ladder."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from catalog.models import Service
from notifications import providers
from notifications.actions.providers import save_provider
from notifications.models import QuietHours
from oncall.models import EscalationPolicy, Override, Schedule
from tests import making

Browser = Callable[[User], Client]
PATH = "/oncall/simulator/"
AT = {"at": "2026-03-28T03:00", "zone": "Europe/Berlin"}
pytestmark = pytest.mark.django_db


def text(client: Client, query: dict[str, str]) -> str:
    answer = client.get(PATH, query)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_everybody_reads_who_is_paged_when_how_and_why(
    browser_of: Browser, viewer: User, stranger: User, service: Service, member: User
) -> None:
    making.make_rule(member.contact_methods.get(), 2)
    for person in (viewer, stranger):
        page = text(browser_of(person), {"service": service.slug, "severity": "2", **AT})
        assert "03:00:00" in page
        assert "E-mail after 2 min" in page
        assert "(Payments primary)" in page
        assert page.index("Milan Member") < page.index("03:05:00") < page.index("Fallback")
        assert "again every 30 min until somebody acknowledges" in page
        assert "Milan Member is paged after 2 min." in page
        assert "Expect this answer" not in page


def test_who_is_not_signed_in_is_sent_to_sign_in(client: Client, service: Service) -> None:
    assert client.get(PATH).headers["Location"].startswith("/account/login/")


def test_a_step_with_nobody_is_said_in_so_many_words(
    browser_of: Browser, owner: User, service: Service, member: User
) -> None:
    member.contact_methods.all().delete()
    page = text(browser_of(owner), {"service": service.slug, **AT})
    assert "Step 1 has nobody: passed over at once" in page
    assert "Cannot be reached: Milan Member" in page


def test_without_a_question_it_is_about_my_service_now(
    browser_of: Browser, owner: User, service: Service, stranger: User, other_team: object
) -> None:
    other = making.make_service(making.make_team("Aardvark"), service.policy, "Aardvark", tier=1)
    assert f'value="{service.slug}" selected' in text(browser_of(owner), {})
    assert f'value="{other.slug}" selected' in text(browser_of(stranger), {})


def test_a_quick_choice_leads_to_an_address_that_can_be_sent(
    browser_of: Browser, owner: User, service: Service
) -> None:
    for when, hour in (("night", "T03:00"), ("saturday", "T14:00"), ("now", "T")):
        answer = browser_of(owner).get(PATH, {"service": service.slug, "severity": "4", "when": when})
        assert answer.status_code == 302
        asked = parse_qs(urlsplit(answer["Location"]).query)
        assert hour in asked["at"][0]
        assert (asked["service"], asked["severity"], asked["zone"]) == ([service.slug], ["4"], ["UTC"])
        assert "when" not in asked


def test_an_address_means_the_same_moment_to_every_reader(
    browser_of: Browser, owner: User, service: Service
) -> None:
    User.objects.filter(pk=owner.pk).update(time_zone="Asia/Tokyo")
    page = text(browser_of(owner), {"service": service.slug, **AT})
    assert "Times are those of Europe/Berlin." in page
    assert 'datetime="2026-03-28T03:00:00+01:00"' in page
    assert "at=2026-03-28T11%3A00" in page  # the same on their own clock


def test_what_ifs_change_the_answer_and_nothing_else(
    browser_of: Browser, owner: User, member: User, stranger: User, service: Service, schedule: Schedule
) -> None:
    asked = {"service": service.slug, **AT}
    page = text(
        browser_of(owner),
        {**asked, "schedule": str(schedule.pk), "user": str(stranger.pk), "kind": "replace"},
    )
    assert "What if Stella Stranger is on call alone in Payments primary?" in page
    assert "Stella Stranger is paged at once." in page
    assert "As it stands: Milan Member is paged at once." in page
    assert page.index("Stella Stranger</span>") < page.index("03:05:00")
    page = text(browser_of(owner), {**asked, "away": str(member.pk)})
    assert "Step 1 has nobody" in page
    policy = making.make_policy(service.team, (stranger,), fallback=(stranger,))
    page = text(browser_of(owner), {**asked, "policy": str(policy.pk)})
    assert f"What if it paged by {policy}?" in page
    assert "Expect this answer" not in page
    assert not Override.objects.exists()
    assert Service.objects.get(pk=service.pk).policy_id != policy.pk


def test_what_is_wrong_stands_on_its_field(browser_of: Browser, owner: User, service: Service) -> None:
    wrong = (
        ({"service": "nope"}, "There is no such service. Choose one from the list."),
        ({"at": "tomorrow"}, "Write a date and a time"),
        ({"severity": "9"}, "Select a valid choice"),
        ({"schedule": "1"}, "Select a valid choice"),
        ({"user": str(owner.pk)}, "An override needs a schedule and a person."),
        ({"away": str(owner.pk), "away_ends": "2020-01-01T00:00"}, "The end must be after the start."),
        ({"policy": "99999999999999999999"}, "Select a valid choice"),
    )
    for query, message in wrong:
        page = text(browser_of(owner), {"service": service.slug, **AT, **query})
        assert message in page, query
        assert "If nobody acknowledges" not in page


def test_without_a_service_there_is_one_next_step(browser_of: Browser, owner: User) -> None:
    page = text(browser_of(owner), {})
    assert "No service yet" in page
    assert "<select" not in page


def test_htmx_gets_the_question_and_the_answer_alone(
    browser_of: Browser, owner: User, service: Service
) -> None:
    answer = browser_of(owner).get(PATH, {"service": service.slug, **AT}, headers={"HX-Request": "true"})
    assert answer.content.decode().strip().startswith('<div id="simulator">')


def test_htmx_is_told_that_a_question_is_wrong(browser_of: Browser, owner: User, service: Service) -> None:
    asked = {"service": service.slug, **AT, "user": str(owner.pk)}
    assert browser_of(owner).get(PATH, asked, headers={"HX-Request": "true"}).status_code == 422
    assert browser_of(owner).get(PATH, asked).status_code == 200


def test_a_zone_that_is_none_is_the_readers(browser_of: Browser, owner: User, service: Service) -> None:
    page = text(browser_of(owner), {"service": service.slug, "at": AT["at"], "zone": "Mars/Olympus"})
    assert "Times are those of UTC." in page


def test_the_page_costs_the_same_for_a_longer_ladder(
    browser_of: Browser, owner: User, service: Service, policy: EscalationPolicy
) -> None:
    browser = browser_of(owner)
    browser.get(PATH)
    counted = []
    for repeats in (0, 9):
        EscalationPolicy.objects.filter(pk=policy.pk).update(repeats=repeats)
        with CaptureQueriesContext(connection) as queries:
            text(browser, {"service": service.slug, **AT})
        counted.append(len(queries))
    assert counted[0] == counted[1] <= 45


def test_the_manager_is_offered_to_expect_the_answer(
    browser_of: Browser, owner: User, member: User, admin: User, service: Service
) -> None:
    query = {"service": service.slug, "severity": "2", **AT}
    for person, may in ((owner, True), (admin, True), (member, False)):
        assert ("Expect this answer" in text(browser_of(person), query)) is may


def test_quiet_hours_and_a_throttle_of_their_own_are_told(
    browser_of: Browser, viewer: User, service: Service, member: User
) -> None:
    """03:00 in Berlin at low urgency: it waits for the morning; high urgency does not."""
    member.time_zone = "Europe/Berlin"
    member.save()
    method = member.contact_methods.get()
    method.throttle = timedelta(minutes=5)
    method.save()
    QuietHours.objects.create(user=member, starts=time(22), ends=time(7), weekends=False)
    low = text(browser_of(viewer), {"service": service.slug, "severity": "4", **AT})
    assert "E-mail after 4 h (quiet hours until Sat 07:00) (further ones within 5 min together)" in low
    high = text(browser_of(viewer), {"service": service.slug, "severity": "2", **AT})
    assert "E-mail at once (further ones within 5 min together)" in high
    assert "quiet hours" not in high


def test_whoever_cannot_be_reached_is_paged_by_the_fallback(
    browser_of: Browser, viewer: User, admin: User, service: Service, member: User, now: datetime
) -> None:
    member.contact_methods.all().delete()
    query = {"service": service.slug, **AT}
    assert "No fallback is set up for them" in text(browser_of(viewer), query)
    values = {"transport": "email", "address": "noc@example.test"}
    save_provider(actor=admin, name="fallback", values=values, now=now)
    providers.forget()
    assert "go to the fallback of the installation (E-mail)" in text(browser_of(viewer), query)
