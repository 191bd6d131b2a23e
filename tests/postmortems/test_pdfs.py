"""A PDF that was asked for is made, whatever happens to the broker and to workers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from celery import Celery, current_app
from django.test import Client
from django.urls import reverse
from kombu.exceptions import OperationalError

from accounts.models import User
from lib.wake import client
from postmortems import actions, pdf, tasks
from postmortems.actions import pdfs
from postmortems.models import PdfFile, PdfState, Postmortem

BYTES = b"%PDF-1.7 made %%EOF"
Calls = list[int]


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Calls:
    """The PDFs that a worker was called for."""
    called: Calls = []
    monkeypatch.setattr(current_app, "send_task", lambda name, args, **_kwargs: called.extend(args))
    return called


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A typesetter that takes no time; the real one has tests of its own."""
    monkeypatch.setattr(pdf, "typeset", lambda html: (BYTES, 3))


def ask(postmortem: Postmortem, actor: User, now: datetime) -> PdfFile:
    return actions.request_pdf(postmortem=postmortem, actor=actor, now=now)


@pytest.mark.usefixtures("quick")
def test_it_is_asked_for_called_for_after_commit_and_made(
    written: Postmortem, owner: User, now: datetime, calls: Calls, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        wish = ask(written, owner, now)
        assert not calls
    assert calls == [wish.pk]
    assert actions.render_pdf(pdf_id=wish.pk, now=now)
    wish.refresh_from_db()
    assert (wish.state, wish.version, wish.pages) == (PdfState.READY, written.version, 3)
    assert wish.sha256 == hashlib.sha256(BYTES).hexdigest()


def test_the_calls_name_tasks_that_workers_know(settings: Any) -> None:
    names = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    assert tasks.wake_waiting_pdfs.name in names
    assert tasks.render_pdf.name == pdfs.TASK
    assert current_app.main == "tocsin"


def test_the_wish_reaches_a_real_broker(
    written: Postmortem, owner: User, now: datetime, django_capture_on_commit_callbacks: Any
) -> None:
    client().delete("celery")
    with django_capture_on_commit_callbacks(execute=True):
        wish = ask(written, owner, now)
    [message] = client().lrange("celery", 0, -1)
    client().delete("celery")
    headers = json.loads(message)["headers"]
    assert (headers["task"], headers["argsrepr"]) == (pdfs.TASK, f"[{wish.pk}]")


@pytest.mark.usefixtures("quick")
def test_the_tasks_do_it(written: Postmortem, owner: User, now: datetime, calls: Calls) -> None:
    wish = ask(written, owner, now)
    tasks.wake_waiting_pdfs()
    assert calls == [wish.pk]
    tasks.render_pdf(wish.pk)
    assert PdfFile.objects.get().is_ready


def test_asking_twice_is_asking_once(written: Postmortem, owner: User, member: User, now: datetime) -> None:
    assert ask(written, owner, now) == ask(written, member, now)


def test_without_a_broker_the_wish_waits_and_the_chore_finds_it(
    written: Postmortem,
    owner: User,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
) -> None:
    def refuse(*_args: object, **_kwargs: object) -> None:
        raise OperationalError("no broker")

    with monkeypatch.context() as broken:
        broken.setattr(current_app, "send_task", refuse)
        with django_capture_on_commit_callbacks(execute=True):
            wish = ask(written, owner, now)
    wish.refresh_from_db()
    assert wish.state == PdfState.REQUESTED
    called: Calls = []
    monkeypatch.setattr(current_app, "send_task", lambda name, args, **_kwargs: called.extend(args))
    assert actions.wake_waiting(now=now) == 1
    assert called == [wish.pk]


def test_a_stopped_broker_does_not_break_the_page(
    written: Postmortem,
    as_owner: Client,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    django_capture_on_commit_callbacks: Any,
) -> None:
    with Celery("nowhere", set_as_current=False) as nowhere:
        nowhere.config_from_object("django.conf:settings", namespace="CELERY")
        nowhere.conf.broker_url = "redis://127.0.0.1:1/0"
        monkeypatch.setattr(pdfs, "current_app", nowhere)
        with django_capture_on_commit_callbacks(execute=True):
            answer = as_owner.post(reverse("postmortems:pdf", args=[written.incident_id]))
    assert answer.status_code == 302
    assert "The broker is away" in caplog.text
    assert PdfFile.objects.get().state == PdfState.REQUESTED


@pytest.mark.usefixtures("quick")
def test_two_workers_do_not_make_the_same_one(written: Postmortem, owner: User, now: datetime) -> None:
    wish = ask(written, owner, now)
    PdfFile.objects.filter(pk=wish.pk).update(state=PdfState.WORKING, lease_until=now + timedelta(minutes=1))
    assert not actions.render_pdf(pdf_id=wish.pk, now=now)


@pytest.mark.usefixtures("quick")
def test_one_whose_worker_died_is_made_by_the_next(written: Postmortem, owner: User, now: datetime) -> None:
    wish = ask(written, owner, now)
    PdfFile.objects.filter(pk=wish.pk).update(state=PdfState.WORKING, lease_until=now, attempts=1)
    assert actions.render_pdf(pdf_id=wish.pk, now=now)


def test_one_that_kills_every_worker_is_given_up(written: Postmortem, owner: User, now: datetime) -> None:
    wish = ask(written, owner, now)
    PdfFile.objects.filter(pk=wish.pk).update(
        state=PdfState.WORKING, lease_until=now, attempts=pdfs.MOST_ATTEMPTS
    )
    assert not actions.render_pdf(pdf_id=wish.pk, now=now)
    wish.refresh_from_db()
    assert wish.state == PdfState.FAILED


def test_a_failure_is_told_to_the_reader_and_a_new_one_can_be_asked_for(
    written: Postmortem, owner: User, as_owner: Client, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_html: str) -> tuple[bytes, int]:
        raise pdf.CannotRender("WeasyPrint cannot load Pango")

    monkeypatch.setattr(pdf, "typeset", fail)
    wish = ask(written, owner, now)
    assert not actions.render_pdf(pdf_id=wish.pk, now=now)
    page = as_owner.get(reverse("postmortems:detail", args=[written.incident_id])).content.decode()
    assert "WeasyPrint cannot load Pango" in page
    assert ask(written, owner, now) != wish


@pytest.mark.usefixtures("quick")
def test_published_ones_are_kept_and_old_drafts_go(
    published: Postmortem, owner: User, now: datetime, later: Callable[..., datetime]
) -> None:
    kept = PdfFile.objects.get()
    actions.render_pdf(pdf_id=kept.pk, now=now)
    draft = actions.reopen(postmortem=published, reason="once more", actor=owner, now=now)
    for minute in range(pdfs.KEPT_DRAFTS + 2):
        actions.render_pdf(pdf_id=ask(draft, owner, now).pk, now=later(minutes=minute))
    assert PdfFile.objects.filter(was_published=False).count() == pdfs.KEPT_DRAFTS
    assert PdfFile.objects.filter(pk=kept.pk).exists()


@pytest.mark.usefixtures("quick")
def test_the_download_has_a_name_that_says_what_it_is(
    written: Postmortem, owner: User, as_owner: Client, now: datetime
) -> None:
    wish = ask(written, owner, now)
    address = reverse("postmortems:pdf-file", args=[written.incident_id, wish.pk])
    assert as_owner.get(address).status_code == 404
    actions.render_pdf(pdf_id=wish.pk, now=now)
    answer = as_owner.get(address)
    assert answer["Content-Type"] == "application/pdf"
    name = f"postmortem-{written.incident_id}-checkout-answers-502-v{written.version}-draft.pdf"
    assert answer["Content-Disposition"] == f'attachment; filename="{name}"'
    assert answer.content == BYTES


def test_who_waits_sees_it_wait_and_a_worker_is_called_again(
    written: Postmortem, as_owner: Client, owner: User, calls: Calls, now: datetime
) -> None:
    wish = ask(written, owner, now)  # long before the real clock, by which the page looks
    answer = as_owner.get(
        reverse("postmortems:pdf", args=[written.incident_id]), headers={"HX-Request": "true"}
    )
    assert "hx-trigger" in answer.content.decode()
    assert calls == [wish.pk]
