"""The API's reference in a real Chromium, under the real content security policy."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.handlers.wsgi import WSGIHandler
from playwright.sync_api import ConsoleMessage, sync_playwright


class Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Tests say what they saw by themselves."""


@pytest.fixture
def address() -> Iterator[str]:
    """Pages that need no database, on loopback."""
    with make_server("127.0.0.1", 0, StaticFilesHandler(WSGIHandler()), handler_class=Quiet) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.browser
def test_the_reference_opens_without_a_complaint(address: str) -> None:
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    assert path, "bin/test installs Chromium where it can; see what it said at its start"
    said: list[str] = []

    def heard(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            said.append(f"{message.text} ({message.location.get('url')})")

    with sync_playwright() as playwright:
        flags = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=path, args=flags)
        page = browser.new_page()
        page.on("console", heard)
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("requestfailed", lambda request: said.append(f"failed: {request.url}"))
        page.goto(f"{address}/api/docs")
        page.locator("#operations-tag-incidents").click()
        page.get_by_text("/incidents/{id}/acknowledge").first.wait_for()
        page.locator("#operations-incidents-incidents_create .opblock-summary-control").click()
        page.get_by_text("Idempotency-Key").first.wait_for()
        page.get_by_role("button", name="Try it out").click()
        page.get_by_role("button", name="Execute").wait_for()
        page.get_by_role("button", name="Authorize").click()
        page.get_by_text("token (http, Bearer)").wait_for()
        browser.close()
    assert said == []
