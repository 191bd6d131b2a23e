"""A link that acknowledges opens one thing, for one person, once; and no address of ours leads to another site."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.core import signing

from accounts.models import User
from incidents.actions.paging import page_again
from incidents.models import Escalation, Incident
from notifications import acks
from notifications.models import Delivery
from tests import making
from tests.security.site import Site
from tests.security.watching import watched

ELSEWHERE = [
    *("https://evil.example/", "//evil.example/", "///evil.example", "/\\evil.example", "\\\\evil.example"),
    *(
        "javascript:alert(1)",
        "http:evil.example",
        "/\t/evil.example",
        " //evil.example",
        "https:///evil.example",
    ),
    *(
        "data:text/html,x",
        "http://127.0.0.1/",
        "https://tocsin@evil.example/",
        "%2F%2Fevil.example",
    ),
]


def _is_waiting(site: Site) -> bool:
    return Escalation.objects.running().filter(incident=site.triaged).exists()


def test_nothing_but_a_press_acknowledges(site: Site) -> None:
    for method in ("get", "head", "options", "put", "patch", "delete", "trace"):
        with watched() as watch:
            getattr(site.browser(None), method)(
                f"/ack/{site.ack_token}",
                headers={"Purpose": "prefetch", "Sec-Purpose": "prefetch", "X-Moz": "prefetch"},
            )
        assert not watch.writes, method
    assert _is_waiting(site)


def test_a_press_from_another_site_does_nothing(site: Site) -> None:
    browser = site.browser(None, enforce_csrf_checks=True)
    with watched() as watch:
        assert (
            browser.post(f"/ack/{site.ack_token}", headers={"Origin": "https://evil.example"}).status_code
            == 403
        )
    assert not watch.writes


def test_a_token_that_was_made_for_something_else_does_nothing(site: Site) -> None:
    number = str(site.delivery.pk)
    forged = [
        signing.TimestampSigner(salt="tocsin.other", sep="~").sign(number),
        signing.TimestampSigner(salt=acks.SALT, sep="~", key="x" * 50).sign(number),
        signing.TimestampSigner(salt=acks.SALT).sign(number),
        site.ack_token.replace(number, str(site.delivery.pk + 1), 1),
        acks.token(10**30),
        acks.token(-1),
        acks.token(0),
        f"{number}~~",
        "~~",
        number,
        "%00",
        "x" * 5000,
    ]
    for token in forged:
        with watched() as watch:
            answer = site.browser(None).post(f"/ack/{token}")
        assert answer.status_code == 404, (token, watch.why)
        assert not watch.writes, token
    assert _is_waiting(site)


def test_after_two_days_it_does_nothing(site: Site) -> None:
    token = site.ack_token
    with time_machine.travel(site.now + timedelta(days=2, hours=1), tick=False):
        assert site.browser(None).post(f"/ack/{token}").status_code == 410
    assert _is_waiting(site)


def test_it_acknowledges_no_other_incident(site: Site) -> None:
    before = set(Incident.objects.exclude(pk=site.triaged.pk).values_list("pk", "state", "acknowledged_at"))
    assert site.browser(None).post(f"/ack/{site.ack_token}").status_code == 200
    assert not _is_waiting(site)
    assert (
        set(Incident.objects.exclude(pk=site.triaged.pk).values_list("pk", "state", "acknowledged_at"))
        == before
    )


def test_a_used_link_does_not_stop_what_pages_anew(site: Site) -> None:
    """A phone that restores its tabs posts again, unread."""
    browser, path = site.browser(None), f"/ack/{site.ack_token}"
    assert browser.post(path).status_code == 200
    page_again(incident_id=site.triaged.pk, actor=site.owner, now=site.now + timedelta(minutes=9))
    assert browser.post(path).status_code == 404
    assert _is_waiting(site)
    shown = browser.get(path)
    assert shown.status_code == 404
    assert "Open the newest page that you got" in shown.content.decode()


def test_the_link_of_who_was_made_a_viewer_does_nothing(site: Site) -> None:
    User.objects.filter(pk=site.delivery.user_id).update(role="viewer")
    assert site.browser(None).post(f"/ack/{site.ack_token}").status_code == 404
    assert _is_waiting(site)


def test_a_verification_is_no_page(site: Site) -> None:
    other = Delivery.objects.filter(kind="verification").earliest("id")
    assert site.browser(None).post(f"/ack/{acks.token(other.pk)}").status_code == 404


@pytest.mark.parametrize("target", ELSEWHERE)
def test_next_leads_to_no_other_site(site: Site, target: str) -> None:
    browser = site.browser(None)
    signed_in = browser.post(
        "/account/login/", {"login": site.member.email, "password": making.PASSWORD, "next": target}
    )
    assert signed_in.headers["Location"] == "/", target
    profile = {"name": "Milan", "time_zone": "UTC", "next": target}
    assert browser.post("/settings/profile/", profile).headers["Location"] == "/settings/"
    done = browser.post(
        f"/postmortems/{site.reviewed.pk}/actions/{site.action_item.pk}/complete/", {"next": target}
    )
    assert done.headers["Location"].startswith("/postmortems/")
    acted = browser.post(f"/incidents/{site.triaged.pk}/acknowledge/", {"back": target})
    assert acted.headers["Location"].startswith("/?")
    out = browser.post("/account/logout/", {"next": target})
    assert out.headers["Location"] == "/account/login/"


def test_next_leads_on_where_it_is_ours(site: Site) -> None:
    data = {"login": site.member.email, "password": making.PASSWORD, "next": "/oncall/?page=2"}
    assert site.browser(None).post("/account/login/", data).headers["Location"] == "/oncall/?page=2"
