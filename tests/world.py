"""A whole Tocsin with real processes, a mail server that keeps mails, and a real Chromium. A pytest plugin.

The stack serves the whole session; each scenario has people and services of its own in it (tests/seed.py). Chromium
ends with its module: Playwright keeps an event loop running, and the other tests must not find one.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

from ops import programs
from ops.layout import ROOT
from ops.ports import free_port
from ops.stack import Stack
from tests.smtp import Mailbox, part, running

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Response

T = TypeVar("T")
PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 900}
FLAGS = ["--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update"]
PATIENCE = 30.0
BROWSER_PATIENCE = 15_000.0  # milliseconds, as Playwright counts


@dataclass
class World:
    """The running stack, its mail, and what the seed made."""

    stack: Stack
    mailbox: Mailbox
    seed: dict[str, str]
    live_port: int
    sessions: dict[str, Any] = field(default_factory=dict)

    def start_live(self) -> None:
        """The event stream; `stack.end("live")` ends it."""
        self.stack.start("live", programs.live(self.live_port))

    def until(self, asked: Callable[[], T], seconds: float = PATIENCE) -> T:
        """Wait for something that must come and return it; fails when it does not."""
        deadline = time.monotonic() + seconds
        while not (found := asked()):
            assert time.monotonic() < deadline, f"not within {seconds} s; mails: {self.subjects()}"
            time.sleep(0.05)
        return found

    def subjects(self) -> list[tuple[str, str]]:
        """To whom and about what, in the order of arrival."""
        return [(mail["To"], mail["Subject"]) for mail in list(self.mailbox.mails)]

    def pages(self, address: str, about: str) -> list[EmailMessage]:
        """The pages that a person got about something."""
        mails = self.mailbox.to(address)
        return [mail for mail in mails if "you are paged" in mail["Subject"] and about in mail["Subject"]]

    def ask(self, sql: str) -> str:
        """A statement in the stack's database."""
        return self.stack.postgres.ask(sql)

    def fire(self, key: str, title: str) -> int:
        """Post an alert as PagerDuty's clients do; returns the number of the incident that it opened."""
        payload = {"summary": title, "source": "probe", "severity": "critical"}
        event = {"routing_key": key, "event_action": "trigger", "dedup_key": title, "payload": payload}
        self.post("/v2/enqueue", event)
        found = f"select max(id) from incidents_incident where title = '{title}'"  # noqa: S608 - a test's title
        return int(self.until(lambda: self.ask(found).strip()))

    def post(self, path: str, body: object) -> None:
        """A machine's JSON to the intake."""
        request = urllib.request.Request(  # noqa: S310 - our own loopback address
            f"{self.stack.url}{path}", json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - as above
            assert answer.status == 202

    def get_json(self, path: str) -> Any:
        """What a machine reads, without signing in."""
        with urllib.request.urlopen(f"{self.stack.url}{path}", timeout=10) as answer:  # noqa: S310 - as above
            return json.load(answer)


def ack_link(mail: EmailMessage) -> str:
    """The address in a page that acknowledges."""
    found = re.search(r"https?://\S+/ack/\S+", part(mail, "plain"))
    assert found, part(mail, "plain")
    return found.group()


@dataclass
class Visit:
    """A page of a browser and what went wrong on it: errors and warnings of console and scripts, failed requests."""

    page: Page
    problems: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.problems.append(f"script: {error}"))
        self.page.on("requestfailed", self._failed)
        self.page.on("response", self._answered)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.problems.append(f"{message.type}: {message.text} ({message.location.get('url')})")

    def _failed(self, request: Request) -> None:
        # Whoever leaves a page breaks its event stream and its last question; that is no failure.
        if request.failure != "net::ERR_ABORTED":
            self.problems.append(f"failed: {request.url} {request.failure}")

    def _answered(self, response: Response) -> None:
        if response.status >= 400:
            self.problems.append(f"answered {response.status}: {response.request.method} {response.url}")


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("world")
    caught = folder / "mail"
    caught.mkdir()
    with running() as mailbox, Stack(folder, durable=False, mail_port=mailbox.port) as stack:
        live = free_port()
        stack.extra["TOCSIN_LIVE_URL"] = f"http://127.0.0.1:{live}/live/events"
        stack.extra["TOCSIN_DEV_MAIL_DIR"] = str(caught)
        stack.extra["TOCSIN_OUTBOUND_ALLOW"] = "127.0.0.0/8"
        seed = [sys.executable, "-m", "tests.seed"]
        done = subprocess.run(seed, env=stack.env, cwd=ROOT, check=False, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        world = World(stack, mailbox, json.loads(done.stdout.splitlines()[-1]), live)
        world.start_live()
        stack.start_worker()
        stack.start_web(workers=1)
        yield world


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only browser tests pay for it

    path = shutil.which("chromium") or shutil.which("chromium-browser")
    assert path, "bin/test installs Chromium where it can; see what it said at its start"
    flags = [*FLAGS, "--no-sandbox"] if os.geteuid() == 0 else FLAGS
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=flags)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def open_session(chromium: Browser, world: World) -> Callable[..., BrowserContext]:
    """`open_session("sven@example.test", viewport=PHONE)`: a fresh browser session, signed in if an address is given.

    Who signed in by the form once is remembered, so that the limit of tries per minute is kept for the tests of it.
    """

    def open_one(email: str = "", **options: Any) -> BrowserContext:
        if email and email not in world.sessions:
            world.sessions[email] = _session(chromium, world, email)
        given: dict[str, Any] = {
            "viewport": DESKTOP,
            "reduced_motion": "reduce",
            "locale": "en-GB",
            **options,
        }
        context = chromium.new_context(
            base_url=world.stack.url, storage_state=world.sessions.get(email), **given
        )
        context.set_default_timeout(BROWSER_PATIENCE)
        return context

    return open_one


@pytest.fixture
def visitor(open_session: Callable[..., BrowserContext]) -> Iterator[Callable[..., Visit]]:
    """A page in a session of its own, which ends with the test; the arguments are those of `open_session`."""
    opened: list[BrowserContext] = []

    def open_one(email: str = "", **options: Any) -> Visit:
        opened.append(open_session(email, **options))
        return Visit(opened[-1].new_page())

    yield open_one
    for context in opened:
        context.close()


def _session(chromium: Browser, world: World, email: str) -> Any:
    context = chromium.new_context(base_url=world.stack.url)
    page = context.new_page()
    sign_in(page, world, email)
    state = context.storage_state()
    context.close()
    return state


def sign_in(page: Page, world: World, email: str) -> None:
    """By the form, as a person does."""
    page.goto("/account/login/")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password", exact=True).fill(world.seed["password"])
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/")
