"""Who may ask, and who may act."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.test import Client

from accounts.actions import create_token, revoke_token
from accounts.models import User
from catalog.models import Service
from incidents.models import Incident, State
from tests.api.conftest import client_of

READS = (
    "/api/v1/incidents",
    "/api/v1/alerts",
    "/api/v1/services",
    "/api/v1/oncall",
    "/api/v1/postmortems",
    "/api/v1/users",
    "/api/v1/users/me",
)
WRITES = ("acknowledge", "declare", "resolve", "transition", "notes", "updates")


@pytest.mark.parametrize("path", READS)
def test_nobody_reads_without_saying_who_they_are(as_nobody: Client, db: None, path: str) -> None:
    answer = as_nobody.get(path)
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == 'Bearer realm="tocsin"'
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["title"] == "Unauthorized"


@pytest.mark.parametrize("path", READS)
def test_a_viewer_and_a_stranger_read_everything(
    as_viewer: Client, as_stranger: Client, service: Service, path: str
) -> None:
    assert as_viewer.get(path).status_code == 200
    assert as_stranger.get(path).status_code == 200


@pytest.mark.parametrize("verb", WRITES)
def test_a_viewer_writes_nothing(as_viewer: Client, triaged: Incident, verb: str) -> None:
    answer = as_viewer.post(f"/api/v1/incidents/{triaged.pk}/{verb}", {}, "application/json")
    assert answer.status_code == 403
    assert answer.json()["detail"] == "Your role is to read; acting needs a responder or an admin."
    triaged.refresh_from_db()
    assert (triaged.state, triaged.timeline_length) == (State.TRIAGE, 1)


@pytest.mark.parametrize("verb", WRITES)
def test_a_token_that_may_only_read_writes_nothing(admin: User, triaged: Incident, verb: str) -> None:
    reader = client_of(admin, read_only=True)
    answer = reader.post(f"/api/v1/incidents/{triaged.pk}/{verb}", {}, "application/json")
    assert answer.status_code == 403
    assert answer.json()["detail"] == "This token may only read."
    assert reader.get(f"/api/v1/incidents/{triaged.pk}").json()["state"] == "triage"


def test_a_viewer_and_a_reading_token_declare_nothing(
    as_viewer: Client, admin: User, service: Service
) -> None:
    body = {"service": service.slug, "title": "Down", "severity": 1}
    for client in (as_viewer, client_of(admin, read_only=True)):
        assert client.post("/api/v1/incidents", body, "application/json").status_code == 403
    assert not Incident.objects.exists()


@pytest.mark.parametrize("header", ["Bearer", "Bearer x", "bearer toc_wrong", "Bearer ünknown", "Bearer a b"])
def test_a_token_that_is_none_is_refused(as_nobody: Client, db: None, header: str) -> None:
    answer = as_nobody.get("/api/v1/users/me", headers={"Authorization": header})
    assert answer.status_code == 401
    assert answer.json()["detail"] == "The token is unknown, expired or revoked."


def test_a_revoked_and_an_expired_token_are_refused(as_nobody: Client, member: User, now: datetime) -> None:
    revoked, first = create_token(actor=member, name="old", now=now)
    revoke_token(actor=member, token=revoked, now=now)
    _, second = create_token(
        actor=member, name="past", now=now, expires_at=datetime(2001, 1, 1, tzinfo=now.tzinfo)
    )
    _, third = create_token(actor=member, name="good", now=now, expires_at=now + timedelta(days=40_000))
    for text, status in ((first, 401), (second, 401), (third, 200)):
        answer = as_nobody.get("/api/v1/users/me", headers={"Authorization": f"Bearer {text}"})
        assert answer.status_code == status


def test_somebody_who_left_cannot_use_their_token_or_session(member: User) -> None:
    by_token, by_session = client_of(member), Client()
    by_session.force_login(member)
    User.objects.filter(pk=member.pk).update(is_active=False)
    assert by_token.get("/api/v1/users/me").status_code == 401
    assert by_session.get("/api/v1/users/me").status_code == 401


def test_a_browser_reads_by_its_session_and_writes_only_with_a_csrf_token(
    member: User, triaged: Incident
) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(member)
    assert browser.get("/api/v1/users/me").json()["name"] == member.name
    path = f"/api/v1/incidents/{triaged.pk}/acknowledge"
    refused = browser.post(path)
    assert refused.status_code == 403
    assert refused["Content-Type"] == "application/problem+json"
    assert "CSRF" in refused.json()["detail"]
    browser.get("/api/docs", {"script": ""})
    token = browser.cookies["csrftoken"].value
    answer = browser.post(path, {}, "application/json", headers={"X-CSRFToken": token})
    assert answer.status_code == 200


def test_a_token_needs_no_csrf_token(member: User, triaged: Incident) -> None:
    _, text = create_token(actor=member, name="script", now=triaged.created_at)
    strict = Client(enforce_csrf_checks=True, headers={"Authorization": f"Bearer {text}"})
    assert strict.post(f"/api/v1/incidents/{triaged.pk}/acknowledge").status_code == 200


def test_people_are_shown_without_anything_that_they_sign_in_with(as_viewer: Client, admin: User) -> None:
    [shown] = [each for each in as_viewer.get("/api/v1/users").json()["results"] if each["id"] == admin.pk]
    assert set(shown) == {"id", "name", "email", "role", "time_zone", "is_active", "teams"}
