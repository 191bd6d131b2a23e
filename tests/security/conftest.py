"""One installation with one of everything, made once for all of these tests, each of which leaves it as it was."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import call_command
from django.test import override_settings
from django.utils import timezone

from accounts import fields
from statuspage import copies
from statuspage import forms as statuspage_forms
from tests.security.filling import Form, forms_in
from tests.security.looking import Sight, look
from tests.security.site import Site, build, make_people
from tests.smtp import running

if TYPE_CHECKING:
    from pytest_django.plugin import DjangoDbBlocker

MAIL = b"To: ada@example.test\r\nSubject: Hello\r\nContent-Type: text/html\r\n\r\n<p>Hello</p>\r\n"
CHEAP = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(scope="package")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where mail was caught, as under bin/up."""
    made = tmp_path_factory.mktemp("security")
    (made / "mail").mkdir()
    (made / "mail" / "1.eml").write_bytes(MAIL)
    return made


@pytest.fixture(scope="package")
def built(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Site]:
    """The installation, committed, so that each test can begin with it; the tables are emptied in the end."""
    now = timezone.now()
    with (
        django_db_blocker.unblock(),
        running() as box,
        override_settings(EMAIL_HOST="127.0.0.1", EMAIL_PORT=box.port, PASSWORD_HASHERS=CHEAP),
    ):
        made = build(make_people(now), now)
    yield made
    with django_db_blocker.unblock():
        call_command("flush", interactive=False, verbosity=0)


@pytest.fixture
def site(built: Site, db: None, folder: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Site:
    """As it is after a bad morning. Whatever the test does to it is taken back."""
    settings.DATA_DIR, settings.DEV_MAIL_DIR = folder, str(folder / "mail")
    monkeypatch.setattr(copies, "shared", _fresh())
    for module in (fields, statuspage_forms):  # four hundred options would be most of what is rendered
        monkeypatch.setattr(module, "zone_names", lambda: ("UTC", "Europe/Paris", "Asia/Kolkata"))
    return built


def _fresh() -> copies.Copies:
    """This process's public pages, which ask the test's own connection."""
    fresh = copies.Copies()

    def freshen() -> None:
        fresh.update()
        fresh.confirmed = True

    fresh.freshen = freshen  # type: ignore[method-assign]
    return fresh


@pytest.fixture
def sights(site: Site) -> list[Sight]:
    """Every page, looked at once."""
    if not _seen or _seen[0][0] is not site:
        _seen[:] = [(site, list(look(site)))]
    return _seen[0][1]


_seen: list[tuple[Site, list[Sight]]] = []


@pytest.fixture
def forms(site: Site, sights: list[Sight]) -> list[Form]:
    """Every form of every page."""
    return forms_in(sights, site)
