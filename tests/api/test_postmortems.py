"""Reading postmortems and fetching their PDF."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from catalog.models import Service
from incidents.models import Incident
from postmortems import actions
from postmortems.models import ActionKind, PdfFile, PdfState, Postmortem
from tests.postmortems import conftest as reviewing


@pytest.fixture(autouse=True)
def sent(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What a worker was asked to do."""
    asked: list[Any] = []
    monkeypatch.setattr("celery.current_app.send_task", lambda name, **kwargs: asked.append(name))
    return asked


@pytest.fixture
def resolved(service: Service, member: User, owner: User) -> Incident:
    return reviewing.make_resolved(service, member, owner)


@pytest.fixture
def written(resolved: Incident, owner: User, now: datetime) -> Postmortem:
    return reviewing.write(actions.start(incident=resolved, actor=owner, now=now), owner, now)


def ready(postmortem: Postmortem, content: bytes = b"%PDF-1.7 one", **fields: Any) -> PdfFile:
    values: dict[str, Any] = {
        "state": PdfState.READY,
        "version": postmortem.version,
        "requested_at": timezone.now(),
        "made_at": timezone.now(),
        "content": content,
        "sha256": "ab" * 32,
    }
    return PdfFile.objects.create(postmortem=postmortem, **values | fields)


def test_a_postmortem_is_shown_with_its_texts_items_and_timeline(
    as_viewer: Client, written: Postmortem, member: User, owner: User, now: datetime
) -> None:
    actions.add_action_item(
        postmortem=written,
        text="Size the pool",
        kind=ActionKind.PREVENT,
        owner=member,
        due_on=date(2026, 1, 1),
        actor=owner,
        now=now,
    )
    hidden = written.items.order_by("number").first()
    assert hidden
    type(hidden).objects.filter(pk=hidden.pk).update(is_hidden=True)
    shown = as_viewer.get(f"/api/v1/postmortems/{written.incident_id}").json()
    assert (shown["id"], shown["state"], shown["author"]["id"]) == (written.incident_id, "draft", owner.pk)
    assert shown["sections"]["went_well"] == "The page came in 2 s."
    [item] = shown["action_items"]
    assert (item["text"], item["due_on"], item["owner"]["id"]) == ("Size the pool", "2026-01-01", member.pk)
    assert shown["open_items"] == 1
    assert len(shown["timeline"]) == written.items.count() - 1
    assert all(each["hash"] for each in shown["timeline"])


def test_postmortems_are_listed_and_filtered(as_viewer: Client, written: Postmortem) -> None:
    asked = {
        "": 1,
        "state=draft": 1,
        "state=in_review,published": 0,
        "service=payments-api": 1,
        "team=payments": 1,
        "team=search": 0,
    }
    assert {query: as_viewer.get(f"/api/v1/postmortems?{query}").json()["count"] for query in asked} == asked
    [row] = as_viewer.get("/api/v1/postmortems").json()["results"]
    assert row["incident"] == {"id": written.incident_id, "title": "Checkout answers 502"}


@pytest.mark.parametrize("number", ["4711", "9" * 30])
@pytest.mark.parametrize("part", ["", "/pdf"])
def test_an_incident_without_a_postmortem_is_not_found(
    as_viewer: Client, triaged: Incident, number: str, part: str
) -> None:
    for path in (number, str(triaged.pk)):
        answer = as_viewer.get(f"/api/v1/postmortems/{path}{part}")
        assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")


@pytest.mark.parametrize("accept", ["application/pdf", "*/*", "application/json"])
def test_the_newest_pdf_of_what_stands_there_is_handed_out(
    as_viewer: Client, written: Postmortem, accept: str
) -> None:
    ready(written, b"%PDF-1.7 old")
    ready(written)
    answer = as_viewer.get(f"/api/v1/postmortems/{written.incident_id}/pdf", headers={"Accept": accept})
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    name = f"postmortem-{written.incident_id}-checkout-answers-502-v{written.version}-draft.pdf"
    assert answer["Content-Disposition"] == f'attachment; filename="{name}"'
    assert answer.content == b"%PDF-1.7 one"


def test_a_pdf_that_does_not_stand_there_yet_is_asked_for_once(
    as_viewer: Client,
    written: Postmortem,
    sent: list[Any],
    django_capture_on_commit_callbacks: Any,
) -> None:
    ready(written, version=written.version - 1)
    path = f"/api/v1/postmortems/{written.incident_id}/pdf"
    with django_capture_on_commit_callbacks(execute=True):
        answer = as_viewer.get(path, headers={"Accept": "application/pdf"})
    assert (answer.status_code, answer["Retry-After"]) == (202, "3")
    body = answer.json()
    assert (body["status"], body["pdf"]["state"]) == (202, "requested")
    assert sent == ["postmortems.tasks.render_pdf"]
    with django_capture_on_commit_callbacks(execute=True):
        assert as_viewer.get(path).status_code == 202
    assert (PdfFile.objects.waiting().count(), len(sent)) == (1, 1)


def test_a_pdf_that_could_not_be_made_is_said_and_then_tried_again(
    as_viewer: Client, written: Postmortem
) -> None:
    path = f"/api/v1/postmortems/{written.incident_id}/pdf"
    failed = PdfFile.objects.create(
        postmortem=written,
        version=written.version,
        state=PdfState.FAILED,
        error="A font is missing.",
        requested_at=timezone.now(),
    )
    answer = as_viewer.get(path, headers={"Accept": "application/pdf"})
    assert (answer.status_code, answer["Retry-After"]) == (503, "60")
    assert "A font is missing." in answer.json()["detail"]
    PdfFile.objects.filter(pk=failed.pk).update(requested_at=timezone.now() - timedelta(minutes=2))
    assert as_viewer.get(path).status_code == 202
