"""A whole Tocsin with real processes, a mail server that keeps mails, and a real Chromium."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from ops import programs
from ops.layout import ROOT
from ops.ports import free_port
from ops.stack import Stack
from tests.smtp import Mailbox, running

PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 900}
FLAGS = ["--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update"]


@dataclass
class World:
    """The running stack, its mail, and what the seed made."""

    stack: Stack
    mailbox: Mailbox
    seed: dict[str, str]


@dataclass
class Visit:
    """A page of a browser and what went wrong on it."""

    page: Page
    problems: list[str] = field(default_factory=list)

    def watch(self) -> None:
        """Note errors of the console, of scripts and of answers."""
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.problems.append(f"script: {error}"))

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.problems.append(f"{message.type}: {message.text} ({message.location.get('url')})")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("loop")
    with running() as mailbox, Stack(folder, durable=False, mail_port=mailbox.port) as stack:
        seed = [sys.executable, "-m", "tests.loop.seed"]
        done = subprocess.run(seed, env=stack.env, cwd=ROOT, check=True, capture_output=True, text=True)
        live = free_port()
        stack.extra["TOCSIN_LIVE_URL"] = f"http://127.0.0.1:{live}/live/events"
        stack.start("live", programs.live(live))
        stack.start_web(workers=1)
        stack.start_worker()
        yield World(stack, mailbox, json.loads(done.stdout.splitlines()[-1]))


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    assert path, "bin/test installs Chromium where it can; see what it said at its start"
    flags = [*FLAGS, "--no-sandbox"] if os.geteuid() == 0 else FLAGS
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=flags)
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium: Browser, world: World, request: pytest.FixtureRequest) -> Iterator[Visit]:
    """A fresh browser session at desktop width, or as `@pytest.mark.parametrize("viewport", …)` says."""
    size: Any = getattr(request, "param", DESKTOP)
    context = chromium.new_context(viewport=size, base_url=world.stack.url, reduced_motion="reduce")
    context.set_default_timeout(15_000)
    visit = Visit(context.new_page())
    visit.watch()
    yield visit
    context.close()


def sign_in(visit: Visit, world: World, email: str) -> None:
    """By the form, as a person does."""
    visit.page.goto("/account/login/")
    visit.page.get_by_label("E-mail").fill(email)
    visit.page.get_by_label("Password", exact=True).fill(world.seed["password"])
    visit.page.get_by_role("button", name="Sign in").click()
    visit.page.wait_for_url("**/")
