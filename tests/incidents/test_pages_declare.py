"""Declaring an incident by hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from catalog.models import Service
from incidents.models import Escalation, Incident, State
from tests.incidents.making import triaged

Browser = Callable[[User], Client]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("standing_clock")]


def typed(where: Service, **values: Any) -> dict[str, Any]:
    """What the browser sends."""
    return {
        "service": where.pk,
        "title": "Checkout answers 502",
        "severity": "2",
        "summary": "Since the deploy",
        "page": "on",
        "key": "a1b2",
        **values,
    }


def test_a_responder_declares_leads_and_pages(browser_of: Browser, stranger: User, service: Service) -> None:
    answer = browser_of(stranger).post("/incidents/declare/", typed(service))
    incident = Incident.objects.get()
    assert answer["Location"] == f"/incidents/{incident.pk}/"
    assert (incident.state, incident.severity, incident.created_by) == (State.ACTIVE, 2, stranger)
    assert incident.roles.get().user == stranger
    assert Escalation.objects.get().state == "running"


def test_without_the_tick_nobody_is_paged(browser_of: Browser, member: User, service: Service) -> None:
    browser_of(member).post("/incidents/declare/", typed(service, page=""))
    assert Incident.objects.count() == 1
    assert not Escalation.objects.exists()


def test_a_second_press_opens_no_second_incident(browser_of: Browser, member: User, service: Service) -> None:
    browser = browser_of(member)
    first = browser.post("/incidents/declare/", typed(service))
    second = browser.post("/incidents/declare/", typed(service))
    assert first["Location"] == second["Location"]
    other = browser.post("/incidents/declare/", typed(service, title="Something else"))
    assert "This form has opened an incident already" in other.content.decode()
    assert "Something else" in other.content.decode()
    assert Incident.objects.count() == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"title": ""},
        {"title": "x" * 301},
        {"title": "two\nlines"},
        {"title": "nul \0"},
        {"severity": ""},
        {"severity": "7"},
        {"service": ""},
        {"service": "999999"},
        {"summary": "x" * 10_001},
        {"key": ""},
    ],
)
def test_errors_keep_what_was_typed(
    browser_of: Browser, member: User, service: Service, wrong: dict[str, str]
) -> None:
    answer = browser_of(member).post("/incidents/declare/", typed(service, **wrong))
    assert answer.status_code == 200
    assert answer.context["form"].errors
    assert ("Since the deploy" in answer.content.decode()) or "summary" in wrong
    assert not Incident.objects.exists()


def test_the_form_says_who_would_be_paged_and_what_is_open_already(
    browser_of: Browser, member: User, owner: User, service: Service, now: datetime
) -> None:
    incident = triaged(service, now, "Cards are refused")
    browser = browser_of(owner)
    page = browser.get("/incidents/declare/?service=payments-api").content.decode()
    part = browser.get("/incidents/declare/who/", {"service": service.pk}).content.decode()
    for text in (page, part):
        assert "<b>Milan Member</b>" in text
        assert f'href="/incidents/{incident.pk}/"' in text
    assert (
        "that is you" in browser_of(member).get("/incidents/declare/?service=payments-api").content.decode()
    )
    for nonsense in ("", "x", "9" * 40, "\0"):
        assert browser.get("/incidents/declare/who/", {"service": nonsense}).status_code == 200
        assert browser.get("/incidents/declare/", {"service": nonsense}).status_code == 200


def test_a_viewer_is_told_why_not_and_sees_no_button(
    browser_of: Browser, viewer: User, service: Service
) -> None:
    browser = browser_of(viewer)
    for answer in (browser.get("/incidents/declare/"), browser.post("/incidents/declare/", typed(service))):
        assert answer.status_code == 403
        assert "Viewers follow incidents" in answer.content.decode()
    assert 'href="/incidents/declare/"' not in browser.get("/").content.decode()
    assert not Incident.objects.exists()


def test_without_a_service_the_page_says_what_to_make_first(browser_of: Browser, member: User) -> None:
    assert "No service yet" in browser_of(member).get("/incidents/declare/").content.decode()


def test_signed_out_is_sent_to_sign_in(client: Client) -> None:
    assert client.get("/incidents/declare/")["Location"].startswith("/account/login/")
