"""Setting up channels from a terminal: by admins, and secrets neither on the command line nor in what is printed."""

from __future__ import annotations

import io
import json

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from lib.sealing import seal
from notifications import providers
from notifications.models import Provider

TOKEN, SIGNING = "xoxb-1-2-abcdef", "a1b2c3d4e5f6a7b8c9d0"
LINES = f"bot_token={TOKEN}\nsigning_secret={SIGNING}\n"


def run(*words: str) -> str:
    out = io.StringIO()
    call_command("provider", *words, stdout=out)
    providers.forget()
    return out.getvalue()


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(LINES))


def test_secrets_come_by_stdin_and_are_never_printed(typed: None, admin: User) -> None:
    said = run("set", "slack", "--by", admin.email, "--stdin") + run("show", "slack") + run("show")
    found = providers.values("slack")
    assert found is not None
    assert (found["bot_token"], found["signing_secret"]) == (TOKEN, SIGNING)
    assert "bot_token: (kept)" in said
    assert TOKEN not in said
    assert SIGNING not in said
    assert Provider.objects.get().updated_by == admin


def test_secrets_come_from_the_environment(admin: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOCSIN_SLACK_BOT_TOKEN", TOKEN)
    monkeypatch.setenv("TOCSIN_SLACK_SIGNING_SECRET", SIGNING)
    run("set", "slack", "--by", admin.email)
    assert (providers.values("slack") or {})["bot_token"] == TOKEN


def test_a_secret_on_the_command_line_is_refused_and_not_repeated(admin: User) -> None:
    with pytest.raises(CommandError) as refused:
        run("set", "slack", f"bot_token={TOKEN}", "--by", admin.email)
    assert TOKEN not in str(refused.value)
    assert not Provider.objects.exists()


@pytest.mark.parametrize("line", ["tken=hush-hush", "hush-hush"])
def test_what_is_no_field_is_refused_and_not_repeated(admin: User, line: str) -> None:
    with pytest.raises(CommandError) as refused:
        run("set", "slack", line, "--by", admin.email)
    assert "hush-hush" not in str(refused.value)


def test_a_change_keeps_what_it_does_not_name(typed: None, admin: User) -> None:
    run("set", "slack", "--by", admin.email, "--stdin")
    run("set", "slack", "api_url=https://slack.com/api/v2/", "--by", admin.email)
    found = providers.values("slack") or {}
    assert found["api_url"] == "https://slack.com/api/v2/"
    assert found["bot_token"] == TOKEN
    with pytest.raises(CommandError, match="bot_token: The address leads elsewhere"):
        run("set", "slack", "api_url=https://slack.example.test/api/", "--by", admin.email)


def test_a_secret_that_is_not_needed_is_forgotten_by_an_empty_value(admin: User) -> None:
    values = ["address=duty@example.test", "secret="]
    run("set", "fallback", "transport=email", *values, "--by", admin.email)
    row = Provider.objects.get()
    row.values = seal(json.dumps({"transport": "email", "address": "duty@example.test", "secret": "x"}))
    row.save()
    providers.forget()
    run("set", "fallback", "address=other@example.test", "--by", admin.email)
    providers.forget()
    assert (providers.values("fallback") or {})["secret"] == "x"
    run("set", "fallback", "secret=", "--by", admin.email)
    providers.forget()
    assert (providers.values("fallback") or {})["secret"] == ""


def test_wrong_values_are_said_by_field(admin: User) -> None:
    with pytest.raises(CommandError, match="address"):
        run("set", "fallback", "transport=email", "address=nowhere", "--by", admin.email)
    assert not Provider.objects.exists()


def test_only_an_admin_sets_and_removes(typed: None, admin: User, owner: User) -> None:
    with pytest.raises(CommandError, match="Only admins"):
        run("set", "fallback", "address=duty@example.test", "--by", owner.email)
    with pytest.raises(CommandError, match="Nobody"):
        run("remove", "fallback", "--by", "nobody@example.test")
    run("set", "slack", "--by", admin.email, "--stdin")
    with pytest.raises(CommandError, match="Only admins"):
        run("remove", "slack", "--by", owner.email)
    assert run("remove", "slack", "--by", admin.email) == "slack: removed\n"
    assert providers.values("slack") is None
