"""Copies in memory and on disk, and a database that comes and goes."""

from __future__ import annotations

import json
import threading
import time
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.db import OperationalError
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from statuspage import actions, copies, disk
from statuspage.copies import Copies
from statuspage.models import Component, StatusPage
from tests.statuspage.conftest import Tell


def test_a_check_that_finds_nothing_new_costs_one_query(
    page: StatusPage, process: Copies, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    process.page("acme")
    with django_assert_num_queries(1):
        process.page("acme")


def test_only_bodies_that_changed_are_read(
    page: StatusPage,
    component: Component,
    tell: Tell,
    process: Copies,
    django_assert_num_queries: DjangoAssertNumQueries,
    now: datetime,
) -> None:
    before = process.page("acme")
    tell("investigating")
    with django_assert_num_queries(3):
        after = process.page("acme")
    assert before is not None
    assert after is not None
    quiet = "api/v2/scheduled-maintenances.json"
    assert before.files["index.html"] != after.files["index.html"]
    assert set(after.files) - set(before.files) == {
        path for path in after.files if path.startswith("incidents/")
    }
    assert quiet in after.files


def test_the_disk_holds_what_memory_holds(
    page: StatusPage, component: Component, tell: Tell, process: Copies, tmp_path: Path
) -> None:
    tell("investigating")
    known = process.page("acme")
    assert known is not None
    stored = disk.read("acme")
    assert {path: (file.body, file.etag, file.content_type) for path, file in stored.items()} == {
        path: (file.body, file.etag, file.content_type) for path, file in known.files.items()
    }
    assert disk.read_stamp("acme") == known.stamp
    assert not list(tmp_path.rglob("*.part"))


def test_files_that_left_the_page_leave_the_disk(
    page: StatusPage,
    component: Component,
    tell: Tell,
    process: Copies,
    owner: User,
    now: datetime,
    tmp_path: Path,
) -> None:
    tell("investigating")
    process.page("acme")
    assert list(tmp_path.glob("statuspage/acme/incidents/*.html"))
    actions.delete_component(actor=owner, component=component, now=now)
    process.page("acme")
    assert not list(tmp_path.glob("statuspage/acme/incidents/*.html"))


def test_a_deleted_page_leaves_memory_and_disk(
    page: StatusPage, process: Copies, owner: User, now: datetime, tmp_path: Path
) -> None:
    process.page("acme")
    actions.delete_page(actor=owner, page=page, now=now)
    assert process.page("acme") is None
    assert not (tmp_path / "statuspage" / "acme").exists()


def test_a_lost_disk_is_filled_again(page: StatusPage, process: Copies, now: datetime) -> None:
    process.page("acme")
    disk.delete_page("acme")
    actions.render(page=page, now=now + timedelta(minutes=1))
    process.page("acme")
    assert "index.html" in disk.read("acme")


def test_a_full_disk_does_not_stop_the_page(
    page: StatusPage, process: Copies, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(disk, "write", full)
    assert process.page("acme") is not None
    assert "could not be written" in caplog.text


@pytest.mark.parametrize("written", ["", "{", "[]", '{"version": 1}', "\x00"])
def test_a_broken_stamp_is_no_copy(tmp_path: Path, written: str) -> None:
    folder = tmp_path / "statuspage" / "acme"
    folder.mkdir(parents=True)
    (folder / disk.STAMP).write_text(written)
    assert disk.read_stamp("acme") is None


def test_another_database_behind_an_old_disk_is_believed(
    page: StatusPage, process: Copies, now: datetime
) -> None:
    """A copy from disk never counts as current by its number alone."""
    process.page("acme")
    disk.write("acme", "index.html", disk.Stored("old", "text/html; charset=utf-8", "e", now))
    restarted = Copies()
    restarted._from_disk("acme")
    restarted.update()
    assert "<h1>" in restarted._pages["acme"].files["index.html"].body
    assert "<h1>" in disk.read("acme")["index.html"].body


# --- A real thread, and a database that is slow or gone


class Database(Copies):
    """Copies whose check does what the test wants, without any database."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0
        self.may_answer = threading.Event()
        self.may_answer.set()
        self.fails = False

    def update(self) -> None:
        self.asked += 1
        assert self.may_answer.wait(10)
        if self.fails:
            raise OperationalError("connection refused")


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copies, "PATIENCE", 0.1)
    monkeypatch.setattr(copies, "CHECK_EVERY", 0.0)
    monkeypatch.setattr(copies, "CHECK_AGAIN", 0.0)


def test_a_database_that_refuses_is_noticed_and_forgiven(quick: None) -> None:
    database = Database()
    database.freshen()
    assert database.confirmed
    database.fails = True
    database.freshen()
    assert not database.confirmed
    database.fails = False
    database.freshen()
    assert database.confirmed


def test_a_database_that_does_not_answer_holds_nobody_up(quick: None) -> None:
    database = Database()
    database.may_answer.clear()
    database.freshen()
    assert not database.confirmed
    started = time.monotonic()
    for _ in range(20):
        database.freshen()
    assert time.monotonic() - started < 0.1
    assert database.asked == 1
    database.may_answer.set()
    _until(lambda: database.confirmed)


def test_after_a_failure_the_database_is_left_alone_for_a_while(
    quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copies, "CHECK_AGAIN", 60.0)
    database = Database()
    database.fails = True
    for _ in range(20):
        database.freshen()
    assert (database.asked, database.confirmed) == (1, False)


def test_requests_at_once_share_one_check(quick: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copies, "PATIENCE", 5.0)
    database = Database()
    database.may_answer.clear()
    threads = [threading.Thread(target=database.freshen) for _ in range(8)]
    for thread in threads:
        thread.start()
    _until(lambda: database.asked == 1)
    database.may_answer.set()
    for thread in threads:
        thread.join(5)
    assert database.confirmed
    assert database.asked <= 8


def test_the_copy_on_disk_is_plain_json_and_files(page: StatusPage, process: Copies, tmp_path: Path) -> None:
    process.page("acme")
    folder = tmp_path / "statuspage" / "acme"
    assert json.loads((folder / "api/v2/status.json").read_text())["status"]["indicator"] == "none"


def _until(holds: object, seconds: float = 5.0) -> None:
    assert callable(holds)
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)
