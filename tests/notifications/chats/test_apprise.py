"""Everything else by apprise: what may be used, that nothing gets past our own way out, and what comes of a message."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import apprise
import pytest
import requests
from django.core.exceptions import ValidationError

from lib import http
from notifications.transports.apprise import guard, transport
from notifications.transports.apprise.allowed import HOSTED, PLUGINS
from notifications.transports.apprise.transport import TRANSPORT
from notifications.transports.base import Envelope, PermanentFailure, TemporaryFailure
from ops.layout import ROOT
from tests.notifications.chats import common
from tests.notifications.chats.server import HANG, Chat

Made = Callable[..., Envelope]
FOLDER = Path(apprise.__file__).parent / "plugins"
# A plugin that imports one of these speaks past `requests`, or to this machine.
FOREIGN = {
    *("socket", "ssl", "smtplib", "asyncio", "subprocess", "select", "http", "ftplib", "tempfile", "shutil"),
    *(
        "paho",
        "pika",
        "proton",
        "slixmpp",
        "smpplib",
        "gi",
        "dbus",
        "gntp",
        "hid",
        "win32api",
        "syslog",
        "ctypes",
    ),
    *("urllib3", "httpx", "aiohttp", "websocket", "multiprocessing", "importlib"),
}


def address(chat: Chat, path: str = "hook") -> str:
    return chat.root.replace("http://", "json://") + "/" + path


# --- What may be used


@pytest.mark.parametrize(
    "typed",
    [
        *(
            "file:///etc/passwd",
            "syslog://",
            "rsyslog://127.0.0.1",
            "dbus://",
            "gnome://",
            "macosx://",
            "windows://",
        ),
        *(
            "mailto://me:pw@example.test",
            "mqtt://localhost/topic",
            "irc://localhost/x",
            "xmpp://me:pw@localhost",
        ),
        *(
            "growl://localhost",
            "aprs://a:b@c",
            "smpp://a:b@localhost:2775/1/2",
            "amqp://localhost/q",
            "glib://",
        ),
        *(
            "workflows://a/b/c?template=/etc/passwd",
            "slack://a/b/c?template=/etc/passwd",
            "exec://ls",
            "script://x",
        ),
        *(
            "discord://1/2?template=/etc/passwd",
            "fcm://project@key/x?keyfile=/etc/passwd",
            "vapid://me@a.test/x",
        ),
        *(
            "tgram://123456789:abc/1",
            "matrix://me:pw@localhost/#room",
            "http://127.0.0.1/",
            "nostr://a",
            "",
            "json",
        ),
        "https://discord.com/api/webhooks/1234567890/abcdefghij",
    ],
)
def test_what_touches_this_machine_or_speaks_another_language_is_refused(typed: str, envelope: Made) -> None:
    with pytest.raises(ValidationError):
        TRANSPORT.clean_address(typed)
    with pytest.raises(PermanentFailure):
        TRANSPORT.send(envelope(typed))


@pytest.mark.parametrize(
    "typed",
    [
        *(
            "json://hooks.example.test/path",
            f"pover://{'u' * 30}@{'a' * 30}",
            "gotifys://push.example.test/Atoken12345678",
        ),
        *(
            f"rockets://{'a' * 24}/{'b' * 24}@chat.example.test",
            "signals://signal.example.test/+12025550100/+12025550101",
        ),
    ],
)
def test_services_that_speak_http_are_taken(typed: str) -> None:
    assert TRANSPORT.clean_address(f" {typed} ") == typed


@pytest.mark.parametrize("typed", ["pover://", "json://", "gotify://host.example.test"])
def test_an_address_with_something_missing_is_refused(typed: str) -> None:
    with pytest.raises(ValidationError):
        TRANSPORT.clean_address(typed)


def test_an_address_has_few_targets() -> None:
    with pytest.raises(ValidationError, match="too many"):
        TRANSPORT.clean_address(
            "signals://signal.example.test/+12025550100/" + "/".join(f"+1202555{n:04}" for n in range(9))
        )


def test_the_list_has_only_plugins_that_speak_by_requests() -> None:
    transport._library()
    for name in PLUGINS:
        tree = ast.parse((FOLDER / f"{name}.py").read_text())
        imported = {
            alias.name.partition(".")[0]
            for node in ast.walk(tree)
            if isinstance(node, ast.Import)
            for alias in node.names
        }
        relative = set()
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.level == 0:
                imported.add((node.module or "").partition(".")[0])
            elif isinstance(node, ast.ImportFrom):
                relative |= {f"{node.module}", *(alias.name for alias in node.names)}
        assert "requests" in imported, name
        assert not imported & FOREIGN, name
        assert not {"utils.http", "utils.socket", "AppriseAttachment", "AppriseConfig"} & relative, name
        used = {each.id for each in ast.walk(tree) if isinstance(each, ast.Name)}
        assert not {"eval", "exec", "__import__"} & used, name
        module = sys.modules[f"apprise.plugins.{name}"]
        assert vars(module)["requests"] is guard.STAND_IN, name


def test_services_whose_host_is_shown_have_one() -> None:
    manager: Any = transport._library().NotificationManager()
    for schema in HOSTED & set(manager.schemas()):
        token = manager[schema].template_tokens["host"]
        assert not token.get("private"), schema


def test_keys_are_never_shown() -> None:
    assert TRANSPORT.shown("pover://user@token") == "pover://…"
    assert TRANSPORT.shown("jsons://me:pw@hooks.example.test/secret?+x=y") == "jsons://hooks.example.test/…"
    assert TRANSPORT.circuit("pover://user@token") == "apprise:pover"
    assert TRANSPORT.circuit("jsons://me:pw@hooks.example.test/x") == "apprise:jsons://hooks.example.test"
    assert TRANSPORT.shown("nonsense") == "://…"


# --- The way out


def test_outside_of_a_delivery_nothing_is_sent(chat: Chat) -> None:
    transport._library()
    stand_in: Any = guard.STAND_IN
    with pytest.raises(requests.exceptions.InvalidSchema):
        stand_in.post(chat.root)
    assert chat.requests == []


def test_every_way_of_requests_goes_by_the_guard(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in: Any = guard.STAND_IN
    asked: list[str] = []

    def request(method: str, url: str, **_options: Any) -> http.Response:
        asked.append(f"{method} {url}")
        return http.Response(200, {"content-type": "application/json"}, b'{"a": 1}', False)

    monkeypatch.setattr(http, "request", request)
    with guard.spending(5):
        for method in ("get", "options", "head", "post", "put", "patch", "delete"):
            assert getattr(stand_in, method)("http://me:pw@a.test/x").json() == {"a": 1}
        stand_in.request("POST", "http://a.test/y")
        stand_in.api.post("http://a.test/z")
        with stand_in.Session() as session:
            session.get("http://a.test/s")
    assert asked[3] == "POST http://a.test/x"
    assert len(asked) == 10


def test_the_real_library_is_left_alone() -> None:
    transport._library()
    assert requests.post.__module__ == "requests.api"
    assert guard.STAND_IN is not requests


def test_a_proxy_of_the_environment_is_not_used(
    chat: Chat, envelope: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    TRANSPORT.send(envelope(address(chat)))
    assert len(chat.requests) == 1


def test_a_private_address_is_refused_with_the_reason(chat: Chat, envelope: Made, settings: Any) -> None:
    settings.OUTBOUND_ALLOW = []
    common.refuses_private(TRANSPORT, envelope, address(chat), chat)
    with pytest.raises(PermanentFailure, match="link-local"):
        TRANSPORT.send(envelope("json://169.254.169.254/latest/meta-data/"))


def test_a_redirect_is_not_followed(chat: Chat, envelope: Made) -> None:
    for status in (301, 302, 307, 308):
        chat.answers = [(status, {"Location": common.METADATA}, b"")]
        with pytest.raises(TemporaryFailure, match=f"HTTP {status}"):
            TRANSPORT.send(envelope(address(chat) + "?redirect=yes"))
    assert len(chat.requests) == 4


# --- A message


def test_a_page_is_sent_with_its_links(chat: Chat, envelope: Made) -> None:
    receipt = TRANSPORT.send(envelope(address(chat), token="7~t~s"))
    assert receipt.answer == "HTTP 200"
    assert (chat.last.method, chat.last.path) == ("POST", "/hook")
    said = chat.last.json
    assert said["title"].startswith("SEV1 Checkout is down")
    assert "Acknowledge: https://tocsin.example.test/ack/abc" in said["message"]
    assert said["type"] == "failure"


def test_sign_in_of_an_address_is_sent_as_a_header(chat: Chat, envelope: Made) -> None:
    TRANSPORT.send(envelope(address(chat).replace("json://", "json://me:pw@")))
    assert chat.last.headers["authorization"].startswith("Basic ")


def test_a_title_of_fifty_thousand_characters_stays_within_what_the_service_takes(
    chat: Chat, envelope: Made
) -> None:
    """Gotify by its own plugin; a text message of 160 characters keeps its link."""
    long = {"headline": common.LONG, "intro": common.LONG, "facts": ((common.LONG, common.LONG),) * 30}
    TRANSPORT.send(envelope(address(chat), token="7~t~s", more=(common.LONG,) * 50, **long))
    assert len(chat.last.json["message"]) <= 4000
    assert len(chat.last.json["title"]) <= 250
    assert "and 50 more pages" in chat.last.json["message"]
    plugin: Any = transport._plugin("signals://signal.example.test/+12025550100/+12025550101")
    plugin.title_maxlen, plugin.body_maxlen = 0, 400
    said, body = transport._written(plugin, envelope("x", token="7~t~s", **long).message)
    assert len(said.title) + len(body) <= 400
    assert "https://tocsin.example.test/ack/abc" in body


def test_nobody_is_called_by_what_an_alert_says(chat: Chat, envelope: Made) -> None:
    TRANSPORT.send(envelope(address(chat), headline="@all @channel <!here> <@U1>", intro="@here"))
    said = chat.last.body.decode()
    for call in ("@all", "@channel", "<!here", "<@U1", "@here"):
        assert call not in said


def test_a_refusal_is_tried_again_and_only_trouble_of_the_service_counts_against_it(
    chat: Chat, envelope: Made
) -> None:
    for status, headers, is_down in ((500, {}, True), (429, {"Retry-After": "9"}, True), (403, {}, False)):
        chat.answers = [(status, headers, b"secret words")]
        with pytest.raises(TemporaryFailure, match=f"^HTTP {status}$") as caught:
            TRANSPORT.send(envelope(address(chat)))
        assert caught.value.down is is_down
        assert caught.value.retry_after == (9 if status == 429 else None)


def test_ten_megabytes_of_answer_are_cut(chat: Chat, envelope: Made) -> None:
    chat.answers = [(200, {}, b"x" * 10_000_000)]
    assert TRANSPORT.send(envelope(address(chat))).answer == "HTTP 200"


def test_silence_is_bounded(chat: Chat, envelope: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "EACH", 0.3)
    chat.answers = [(HANG, {}, b"")]
    begun = time.monotonic()
    with pytest.raises(TemporaryFailure, match="in time"):
        TRANSPORT.send(envelope(address(chat)))
    assert time.monotonic() - begun < 3
    monkeypatch.setattr(transport, "SECONDS", 0.0)
    with pytest.raises(TemporaryFailure, match="took too long"):
        TRANSPORT.send(envelope(address(chat)))


def test_a_plugin_that_breaks_tells_no_secret(
    chat: Chat, envelope: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind: Any = transport._library().NotificationManager()["json"]

    def broken(*_: object, **__: object) -> bool:
        raise ValueError("https://key@secret")

    monkeypatch.setattr(kind, "send", broken)
    with pytest.raises(TemporaryFailure) as caught:
        TRANSPORT.send(envelope(address(chat)))
    assert (str(caught.value), caught.value.down) == ("apprise: ValueError", False)

    def wrong(*_: object, **__: object) -> bool:
        raise TypeError("https://key@secret")

    monkeypatch.setattr(kind, "send", wrong)
    with pytest.raises(PermanentFailure) as refused:
        TRANSPORT.send(envelope(address(chat)))
    assert "secret" not in str(refused.value)


# --- What is loaded

LAZY = """
import django, sys
django.setup()
import config.urls
from django.urls import get_resolver
from notifications import transports
list(get_resolver().url_patterns)
for transport in transports.every():
    transport.title, transport.circuit("pover://a@b"), transport.shown("pover://a@b")
print(sorted({"apprise", "twilio", "slack_sdk", "pywebpush"} & set(sys.modules)))
"""


def test_no_library_of_a_provider_is_loaded_before_its_channel_is_used() -> None:
    """A process of its own, since this one has used them all."""
    setting = {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "SECRET_KEY": "x",
        "DATABASE_URL": "postgres://u:p@127.0.0.1:1/x",
        "REDIS_URL": "redis://127.0.0.1:1/0",
    }
    done = subprocess.run(
        [sys.executable, "-c", LAZY],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, **setting},
    )
    assert done.stdout.strip().splitlines()[-1:] == ["[]"], done.stdout + done.stderr
