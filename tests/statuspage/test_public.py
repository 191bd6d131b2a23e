"""The public addresses: what they answer, with which headers, and that they need no database."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
import time_machine
from django.db import connection
from django.test import Client

from accounts.models import User
from statuspage import actions
from statuspage.copies import Copies
from statuspage.models import Component, Rendition, StatusPage
from tests.statuspage.conftest import Tell

PATHS = [
    "/status/acme/",
    "/status/acme/history/",
    "/status/acme/history.atom",
    "/status/acme/api/v2/summary.json",
    "/status/acme/api/v2/status.json",
    "/status/acme/api/v2/components.json",
    "/status/acme/api/v2/incidents.json",
    "/status/acme/api/v2/incidents/unresolved.json",
    "/status/acme/api/v2/scheduled-maintenances.json",
]
FOR_MACHINES = PATHS[2:]


@pytest.fixture
def cut(process: Copies, db: None) -> Iterator[Callable[[], None]]:
    """Take the database away: any use of it fails the test. Comes back before `db` needs it to clean up."""

    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError("a public page asked the database")

    with pytest.MonkeyPatch.context() as patch:

        def do() -> None:
            process.confirmed = False
            patch.setattr(process, "freshen", lambda: None)
            patch.setattr(connection, "cursor", refuse)
            patch.setattr(connection, "ensure_connection", refuse)

        yield do


@pytest.mark.parametrize("path", PATHS)
def test_everybody_reads_every_public_address(client: Client, component: Component, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    assert not answer.cookies
    assert "Cookie" not in answer.get("Vary", "")


def test_the_incidents_link_leads_to_it(client: Client, component: Component, tell: Tell) -> None:
    tell("investigating", body="A disk is full.")
    summary = json.loads(client.get("/status/acme/api/v2/summary.json").content)
    link = summary["incidents"][0]["shortlink"]
    assert link.startswith("http")
    assert "A disk is full." in client.get(urlsplit(link).path).content.decode()


def test_the_bare_address_leads_to_the_default_page(
    client: Client, page: StatusPage, owner: User, now: datetime
) -> None:
    actions.create_page(actor=owner, name="Other", slug="other", is_default=True, now=now)
    assert client.get("/status/").headers["Location"] == "/status/other/"
    assert client.get("/status/acme").headers["Location"] == "/status/acme/"


@pytest.mark.parametrize(
    "path",
    [
        "/status/nobody/",
        "/status/acme/api/v2/secrets.json",
        "/status/acme/incidents/abcdefghijkl/",
        "/status/acme/api/v2/../../copy.json",
    ],
)
def test_what_is_not_there_is_404(client: Client, page: StatusPage, path: str) -> None:
    assert client.get(path).status_code == 404


@pytest.mark.django_db
def test_without_any_page_the_bare_address_is_404(client: Client) -> None:
    assert client.get("/status/").status_code == 404


@pytest.mark.parametrize("path", PATHS)
def test_nothing_but_reading_is_allowed(client: Client, page: StatusPage, path: str) -> None:
    assert client.post(path).status_code == 405


def test_the_page_tells_its_age_in_its_own_zone(
    client: Client, page: StatusPage, owner: User, now: datetime
) -> None:
    actions.change_page(
        actor=owner,
        page=page,
        name="Acme",
        headline="",
        support_url="",
        time_zone="Asia/Tokyo",
        is_default=True,
        now=now,
    )
    assert "As of <time" in client.get("/status/acme/").content.decode()
    assert "10 Mar 2026, 21:00:00 JST" in client.get("/status/acme/").content.decode()


@pytest.mark.parametrize("path", PATHS)
def test_a_reader_who_has_it_already_gets_304(
    client: Client, component: Component, tell: Tell, now: datetime, path: str
) -> None:
    tell("investigating")
    first = client.get(path)
    again = client.get(path, headers={"If-None-Match": first["ETag"]})
    by_date = client.get(path, headers={"If-Modified-Since": first["Last-Modified"]})
    assert (again.status_code, again.content, by_date.status_code) == (304, b"", 304)
    tell("identified", at=now + timedelta(minutes=1))
    changed = client.get(path, headers={"If-None-Match": first["ETag"]})
    assert changed.status_code == (
        304 if "maintenances" in path and changed["ETag"] == first["ETag"] else 200
    )


@pytest.mark.parametrize("path", FOR_MACHINES)
def test_what_machines_read_keeps_its_etag_while_nothing_changes(
    client: Client, component: Component, page: StatusPage, now: datetime, path: str
) -> None:
    first = client.get(path)
    actions.render(page=page, now=now + timedelta(minutes=7))
    assert client.get(path, headers={"If-None-Match": first["ETag"]}).status_code == 304


@pytest.mark.parametrize("path", FOR_MACHINES)
def test_other_sites_may_read_what_is_made_for_machines(client: Client, page: StatusPage, path: str) -> None:
    answer = client.get(path)
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert client.get(path, headers={"If-None-Match": answer["ETag"]})["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Origin" not in client.get("/status/acme/")


def test_the_policy_allows_no_script_and_only_our_own_frame(client: Client, page: StatusPage) -> None:
    answer = client.get("/status/acme/")
    policy = answer["Content-Security-Policy"]
    assert "frame-ancestors 'self'" in policy
    assert "unsafe" not in policy
    assert answer["X-Frame-Options"] == "SAMEORIGIN"
    assert "<script" not in answer.content.decode()


@pytest.mark.parametrize("path", PATHS)
def test_it_is_served_without_the_database_also_to_somebody_signed_in(
    browser_of: Callable[[User], Client],
    member: User,
    component: Component,
    cut: Callable[[], None],
    path: str,
) -> None:
    client = browser_of(member)
    assert client.get(path).status_code == 200
    cut()
    assert client.get(path).status_code == 200


def test_a_copy_says_since_when_and_that_we_cannot_be_reached(
    client: Client, component: Component, tell: Tell, cut: Callable[[], None], now: datetime
) -> None:
    tell("investigating", "major_outage")
    live = client.get("/status/acme/")
    assert (live["Age"], "cannot be reached" in live.content.decode()) == ("0", False)
    cut()
    with time_machine.travel(now + timedelta(minutes=14), tick=False):
        copy = client.get("/status/acme/", headers={"If-None-Match": live["ETag"]})
    text = copy.content.decode()
    assert copy.status_code == 200
    assert "<h1>All systems are down</h1>" in text
    assert "10 Mar 2026, 12:00:00 UTC" in text
    assert "14 min ago; our systems cannot be reached right now." in text
    assert copy["Age"] == "840"


def test_after_a_restart_without_database_the_disk_serves(
    client: Client, component: Component, tell: Tell, process: Copies, cut: Callable[[], None]
) -> None:
    tell("investigating", body="A disk is full.")
    assert client.get("/status/acme/").status_code == 200
    process._pages.clear()
    cut()
    for path in PATHS:
        assert client.get(path).status_code == 200
    assert "A disk is full." in client.get("/status/acme/").content.decode()
    assert client.get("/status/").headers["Location"] == "/status/acme/"
    assert client.get("/status/nobody/").status_code == 503


def test_without_database_and_copy_it_says_so(client: Client, db: None, cut: Callable[[], None]) -> None:
    cut()
    answer = client.get("/status/acme/")
    assert (answer.status_code, answer["Retry-After"]) == (503, "60")


def test_last_modified_is_when_the_file_last_changed(client: Client, page: StatusPage, now: datetime) -> None:
    Rendition.objects.filter(path="history.atom").update(
        last_changed_at=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    )
    assert client.get("/status/acme/history.atom")["Last-Modified"] == "Fri, 02 Jan 2026 03:04:05 GMT"
