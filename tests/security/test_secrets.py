"""Secrets stay where they belong: in no page of those who may not see them, in no log line, in no answer."""

from __future__ import annotations

import io
import json
import logging
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings as ours
from django.test import Client

from accounts.models import ApiToken, User
from alerts.actions.integrations import renew_key
from alerts.models import Integration
from lib.sealing import seal, unseal
from notifications import outbox
from notifications.actions.invitations import link_path
from notifications.models import ContactMethod, Delivery, VerificationCode
from tests import making
from tests.security.looking import Sight
from tests.security.routes import routes
from tests.security.site import FEED_URL, WEBHOOK_SECRET, Site


def _hidden(site: Site) -> dict[str, str]:
    """What nobody sees on any page, by what it is."""
    found = {f"password of {user.email}": user.password for user in User.objects.all()}
    for row in ApiToken.objects.all():
        found[f"digest of token {row.pk}"] = row.digest
    for code in VerificationCode.objects.all():
        found[f"digest of code {code.pk}"] = code.digest
    for door in Integration.objects.all():
        found |= {f"digest of key {door.pk}": door.key_digest, f"seal of key {door.pk}": door.key_sealed}
    beat = site.heartbeat
    found |= {"digest of a ping's key": beat.key_digest, "seal of a ping's key": beat.key_sealed}
    found["a ping's key"] = unseal(beat.key_sealed)
    for method in ContactMethod.objects.exclude(secret=""):
        found[f"seal of method {method.pk}"] = method.secret
    for sent in Delivery.objects.exclude(message={}):
        if digits := sent.message.get("code"):
            found[f"code of {sent.pk}"] = digits
    return found | {
        "text of a token": site.token_text,
        "secret of a webhook": WEBHOOK_SECRET,
        "address of a calendar that is read": FEED_URL,
        "seal of a calendar that is read": site.feed.url,
        "address of a calendar that is offered": site.calendar_secret,
        "digest of a calendar link": site.calendar_link.digest,
        "SECRET_KEY": ours.SECRET_KEY,
        "password of the database": ours.DATABASES["default"]["PASSWORD"],
        "a link that acknowledges": f"/ack/{site.delivery.pk}~",
        "an invitation": "/welcome/",
    }


# Where a secret is what the page is for.
MEANT = {
    ("incidents:ack-link", "a link that acknowledges"),
    ("notifications:welcome", "an invitation"),
    ("alerts:heartbeat", "a ping's key"),
}


def test_no_page_shows_a_secret_to_anybody(site: Site, sights: list[Sight]) -> None:
    """By admins, owners and everybody: all pages, Django's admin and the API."""
    hidden, wrong = _hidden(site), []
    assert len(hidden) > 15
    for sight in sights:
        for what, secret in hidden.items():
            is_meant = (sight.route.key, what) in MEANT
            if secret and not is_meant and secret.encode() in sight.answer.content:
                wrong.append((str(sight), what))
    assert not wrong, wrong


def test_a_key_is_shown_to_those_alone_who_may_change_the_service(site: Site) -> None:
    def shows(user: User) -> list[str]:
        browser = site.browser(user)
        addresses = [
            route.path(site) for route in routes() if route.name.startswith(("alerts:", "integration"))
        ]
        return [path for path in addresses if site.key.encode() in browser.get(path).content]

    page = f"/integrations/{site.integration.pk}/"
    assert shows(site.owner) == [page]
    assert shows(site.admin) == [page]
    for other in (site.member, site.stranger, site.viewer):
        assert shows(other) == []


def test_addresses_of_others_are_shown_to_admins_alone(site: Site) -> None:
    """A webhook's address is often a secret."""
    paths = [
        f"/people/{site.owner.pk}/",
        f"/incidents/{site.triaged.pk}/",
        f"/incidents/{site.triaged.pk}/pages/",
    ]
    paths += [f"/api/v1/incidents/{site.triaged.pk}/deliveries", "/api/v1/users"]
    Delivery.objects.filter(pk=site.delivery.pk).update(
        transport="webhook", address=site.method.address, user=site.owner
    )
    for user in (site.member, site.stranger, site.viewer):
        browser = site.browser(user)
        for path in paths:
            answer = browser.get(path)
            assert answer.status_code == 200, path
            assert b"secret-path" not in answer.content, path


def test_what_let_somebody_in_is_not_kept_in_the_ledger(site: Site) -> None:
    """Codes and links of messages that were sent are taken out of their rows."""
    outbox.send_due(worker="test", now=site.now)
    for sent in Delivery.objects.filter(state="sent", kind__in=("verification", "notice")):
        assert not sent.message.get("code")
        assert not sent.message.get("url")


def test_stored_events_do_not_hold_the_key_that_they_came_by(site: Site) -> None:
    pager, key = making.make_integration(site.service, "pagerduty")
    body = {
        "routing_key": key,
        "event_action": "trigger",
        "dedup_key": key,
        "payload": {
            "summary": f"{key} is down",
            "source": key,
            "severity": "error",
            "custom_details": {key: key},
        },
    }
    for raw in (json.dumps(body), json.dumps(body).replace(key, "".join(f"\\u{ord(c):04x}" for c in key))):
        answer = Client().post("/v2/enqueue", raw, content_type="application/json")
        assert answer.status_code == 202, answer.content
    for event in pager.events.all():
        assert key not in event.body + event.dedup_key
        assert key not in json.dumps(json.loads(event.body))
    assert pager.events.count() == 2


@pytest.fixture
def logged(settings: Any) -> Iterator[Callable[[], str]]:
    """Everything that the process has logged so far, at the most talkative level, as it would be written."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    wanted = dict(settings.LOGGING["formatters"]["json"])
    handler.setFormatter(wanted.pop("()")(**wanted))
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield stream.getvalue
    root.removeHandler(handler)
    root.setLevel(level)


INTAKE_BODIES = [
    (b'{"summary": "x"}', "application/json"),
    (b"{", "application/json"),
    (b"", "application/json"),
    (b"[" * 100 + b"]" * 100, "application/json"),
    (b"x" * 600_000, "application/json"),
    (b"\xff\xfe\xfd", "text/plain; charset=nonsense"),
    (b'"text"', "application/json"),
]


def test_no_log_line_holds_the_key_of_an_integration(site: Site, logged: Callable[[], str]) -> None:
    """Whatever becomes of the request: taken, refused for its body, its method or its path."""
    for path in (
        f"/in/json/{site.key}",
        f"/in/alertmanager/{site.key}",
        f"/in/json/{site.key}/",
        f"/in/{site.key}",
    ):
        for body, kind in INTAKE_BODIES:
            Client(raise_request_exception=False).generic("POST", path, body, content_type=kind)
        Client(raise_request_exception=False).get(path)
    for body in (b'{"routing_key": "%s"}' % site.key.encode(), b'{"routing_key": "%s", ' % site.key.encode()):
        Client().post("/v2/enqueue", body, content_type="application/json")
    text = logged()
    assert site.key not in text
    assert text.count("/in/") >= 10, "what was refused is logged, but for the key"


def test_no_log_line_holds_a_link_that_lets_somebody_in(site: Site, logged: Callable[[], str]) -> None:
    token, welcome = site.ack_token, link_path(site.invited)
    browser = site.browser(None, enforce_csrf_checks=True)
    for path in (f"/ack/{token}", f"/ack/{token}/x", welcome, f"{welcome}x/"):
        for method in ("get", "post", "put"):
            getattr(browser, method)(path)
    reset = "/account/password/reset/key/1-c2abcd-1234567890abcdef1234567890abcdef/"
    browser.get(reset)
    browser.put(reset)
    text = logged()
    for secret in (token, welcome.rstrip("/").rpartition("/")[2], "1234567890abcdef1234567890abcdef"):
        assert secret not in text


def test_no_log_line_holds_a_password_a_token_or_a_session(site: Site, logged: Callable[[], str]) -> None:
    browser = Client(raise_request_exception=False)
    browser.post("/account/login/", {"login": site.member.email, "password": "wrong-but-telling"})
    browser.post("/account/login/", {"login": site.member.email, "password": making.PASSWORD})
    browser.get("/no-such-page/")
    bearer = {"Authorization": f"Bearer {site.token_text}"}
    browser.get("/api/v1/incidents/999999", headers=bearer)
    browser.get("/api/v1/incidents?limit=x", headers={"Authorization": "Bearer toc_wrong-but-telling"})
    text = logged()
    for secret in ("wrong-but-telling", making.PASSWORD, site.token_text, browser.cookies["sessionid"].value):
        assert secret not in text


def test_a_refusal_of_the_intake_does_not_repeat_the_key(site: Site) -> None:
    for body, kind in INTAKE_BODIES:
        for path in (f"/in/json/{site.key}", f"/in/alertmanager/{site.key}"):
            answer = Client().generic("POST", path, body, content_type=kind)
            assert site.key.encode() not in answer.content


def test_what_is_sealed_opens_for_nobody_without_the_key(site: Site, settings: Any) -> None:
    sealed = seal("whsec_1")
    assert "whsec_1" not in sealed
    assert unseal(sealed) == "whsec_1"
    assert unseal(Integration.objects.get(pk=site.integration.pk).key_sealed) == site.key


def test_a_renewed_key_ends_the_old_one(site: Site) -> None:
    new = renew_key(actor=site.owner, integration=site.integration)
    assert re.fullmatch(r"[\w-]{20,80}", new)
    for key, status in ((site.key, 404), (new, 202)):
        assert (
            Client().post(f"/in/json/{key}", {"summary": "x"}, content_type="application/json").status_code
            == status
        )
