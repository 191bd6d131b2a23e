"""API tokens: shown once, stored as a digest, ended by their person or an admin."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client

from accounts import actions, tokens
from accounts.models import ApiToken, User
from lib.secrets import digest
from tests import making

As = Callable[[User], Client]


def make(client: Client, **fields: object) -> str:
    """Makes a token in the browser and returns the text that the page shows."""
    page = client.post("/settings/tokens/", {"name": "Deploys", **fields}).content.decode()
    found = re.search(r'<code id="token">(toc_[\w-]+)</code>', page)
    assert found, page
    return found[1]


def test_a_token_is_shown_once_and_only_its_digest_is_kept(browser_of: As, member: User) -> None:
    client = browser_of(member)
    text = make(client)
    row = ApiToken.objects.get()
    assert row.digest == digest(text)
    assert text not in client.get("/settings/").content.decode()
    assert row.hint in client.get("/settings/").content.decode()


def test_the_page_with_the_token_is_not_cached(browser_of: As, member: User) -> None:
    assert "no-store" in browser_of(member).post("/settings/tokens/", {"name": "x"})["Cache-Control"]


def test_a_token_acts_for_its_person_until_it_is_revoked(browser_of: As, member: User, now: datetime) -> None:
    text = make(browser_of(member))
    found = tokens.authenticate(text, now=now)
    assert found is not None
    assert found.user == member
    browser_of(member).post(f"/settings/tokens/{found.pk}/revoke/")
    assert tokens.authenticate(text, now=now) is None


def test_a_token_ends_with_its_last_day_on_the_clock_of_its_person(browser_of: As, db: None) -> None:
    person = making.make_user(time_zone="Asia/Tokyo")
    with time_machine.travel(datetime(2026, 3, 10, 12, tzinfo=UTC), tick=False):
        text = make(browser_of(person), expires_on="2026-03-11")
    end = datetime(2026, 3, 11, 15, tzinfo=UTC)
    assert ApiToken.objects.get().expires_at == end
    assert tokens.authenticate(text, now=end - timedelta(seconds=1)) is not None
    assert tokens.authenticate(text, now=end) is None


@pytest.mark.parametrize("day", ["2020-01-01", "9999-12-31", "0001-01-01", "soon", "\x00", "2026-02-30"])
def test_a_last_day_that_makes_no_sense_is_an_error_on_the_form(
    browser_of: As, member: User, day: str
) -> None:
    answer = browser_of(member).post("/settings/tokens/", {"name": "x", "expires_on": day})
    assert answer.status_code == 200
    assert "field-error" in answer.content.decode()
    assert not ApiToken.objects.exists()


@pytest.mark.parametrize("name", ["", "a\r\nb", "a\x00b", "x" * 10_000])
def test_a_bad_token_name_is_an_error_on_the_form(browser_of: As, member: User, name: str) -> None:
    assert "field-error" in browser_of(member).post("/settings/tokens/", {"name": name}).content.decode()
    assert not ApiToken.objects.exists()


def test_nobody_revokes_the_token_of_somebody_else(
    browser_of: As, member: User, owner: User, stranger: User, viewer: User, now: datetime
) -> None:
    token, text = actions.create_token(actor=member, name="Mine", now=now)
    for who in (owner, stranger, viewer):
        assert browser_of(who).post(f"/settings/tokens/{token.pk}/revoke/").status_code == 404
        assert "Mine" not in browser_of(who).get("/settings/").content.decode()
    assert tokens.authenticate(text, now=now) is not None


def test_an_admin_sees_and_revokes_the_tokens_of_all(
    browser_of: As, admin: User, member: User, now: datetime
) -> None:
    token, text = actions.create_token(actor=member, name="Old robot", now=now)
    client = browser_of(admin)
    assert "Old robot" in client.get("/settings/").content.decode()
    assert "Old robot" in client.get(f"/people/{member.pk}/").content.decode()
    client.post(f"/settings/tokens/{token.pk}/revoke/")
    assert tokens.authenticate(text, now=now) is None


def test_revoking_needs_a_post(browser_of: As, member: User, now: datetime) -> None:
    token, _text = actions.create_token(actor=member, name="Mine", now=now)
    assert browser_of(member).get(f"/settings/tokens/{token.pk}/revoke/").status_code == 405


def test_browser_posts_need_a_csrf_token(member: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(member)
    for path in ("/settings/tokens/", "/settings/profile/", "/me/rules/high/", "/me/methods/new/email/"):
        assert client.post(path, {"name": "x"}).status_code == 403, path
