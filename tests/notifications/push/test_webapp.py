"""What makes the site an app: the same for everybody, and nothing of anybody."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

from accounts.models import User

pytestmark = pytest.mark.django_db


def test_the_manifest_names_the_organisation_and_its_icons_exist(settings: Any) -> None:
    settings.ORGANISATION = "Pellworth"
    answer = Client().get("/manifest.webmanifest")
    assert answer["Content-Type"] == "application/manifest+json"
    said = answer.json()
    assert (said["name"], said["short_name"]) == ("Tocsin · Pellworth", "Tocsin")
    assert (said["display"], said["scope"], said["start_url"]) == ("standalone", "/", "/")
    assert {each["purpose"] for each in said["icons"]} == {"any", "maskable"}
    assert {each["sizes"] for each in said["icons"]} == {"192x192", "512x512"}
    for name in ("app-192", "app-512", "app-maskable-512", "apple-touch-180", "badge-96"):
        assert finders.find(f"icons/{name}.png")


def test_the_worker_is_served_for_the_whole_site_and_never_stale() -> None:
    answer = Client().get("/sw.js")
    assert answer["Content-Type"].startswith("text/javascript")
    assert answer["Service-Worker-Allowed"] == "/"
    assert "no-cache" in answer["Cache-Control"]
    assert "worker-src 'self'" in answer["Content-Security-Policy"]
    script = answer.content.decode()
    assert "{{" not in script
    assert "{%" not in script
    assert "Not acknowledged: no connection. Tap to try again." in script


def test_every_page_leads_to_the_manifest(browser_of: Callable[[User], Client], member: User) -> None:
    for client, path in ((Client(), "/account/login/"), (browser_of(member), "/me/")):
        assert '<link rel="manifest" href="/manifest.webmanifest">' in client.get(path).content.decode()


def test_the_offline_page_holds_nothing_private(browser_of: Callable[[User], Client], member: User) -> None:
    mine = browser_of(member).get("/offline").content
    assert mine == Client().get("/offline").content
    assert member.name.encode() not in mine
    assert "Set-Cookie" not in Client().get("/offline").headers


def test_the_libraries_are_loaded_when_the_channel_is_first_used() -> None:
    asked = (
        "import django; django.setup(); import config.urls, sys; from notifications import transports; "
        "transports.every(); "
        "print([name for name in ('http_ece', 'py_vapid', 'pywebpush') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
