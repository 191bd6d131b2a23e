"""Nobody makes Tocsin knock on doors inside the network by giving it an address."""

from __future__ import annotations

import ast
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from notifications import outbox
from notifications.models import Attempt, ContactMethod, Delivery, DeliveryState
from ops.layout import ROOT
from tests.security.site import Site
from tests.security.watching import undone

APPS = ("accounts", "alerts", "catalog", "config", "incidents", "insights", "lib", "notifications", "oncall")
NETWORK = {
    "requests",
    "httpx",
    "aiohttp",
    "urllib3",
    "http.client",
    "urllib.request",
    "ftplib",
    "socket",
    "smtplib",
}
# The guard itself; mail goes to the operator's own server; a worker asks for its host's name.
MAY = {
    "lib/http.py": {"socket", "urllib3", "http.client"},
    "notifications/transports/email/transport.py": {"smtplib"},
    "config/pumps.py": {"socket"},
    # The stand-in for requests, which sends by lib.http.
    "notifications/transports/apprise/guard.py": {"requests"},
}

INSIDE = [
    "http://169.254.169.254/latest/meta-data/iam/security-credentials/",
    "http://127.0.0.1:{port}/",
    "http://127.0.0.1:8080/",
    "http://localhost:{port}/",
    "http://127.1:{port}/",
    "http://2130706433:{port}/",
    "http://0x7f.0.0.1:{port}/",
    "http://0177.0.0.1:{port}/",
    "http://0.0.0.0:{port}/",
    "http://[::1]:{port}/",
    "http://[::ffff:127.0.0.1]:{port}/",
    "http://[::ffff:169.254.169.254]/",
    "http://[64:ff9b::7f00:1]/",
    "http://[fe80::1]/",
    "http://[fd00:ec2::254]/",
    "http://10.0.0.1/",
    "http://172.16.0.1/",
    "http://192.168.1.1/admin",
    "http://100.64.0.1/",
    "http://168.63.129.16/",
    "http://224.0.0.1/",
    "http://93.184.216.34:22/",
    "http://93.184.216.34:5432/",
    "http://user:secret@127.0.0.1/",
    "http://127.0.0.1#@example.test/",
    "http://example.test@127.0.0.1/",
    "http://127.0.0.1\\@example.test/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:{port}/_x",
    "ftp://127.0.0.1/",
    "http:///etc/passwd",
]


@dataclass
class Listener:
    port: int = 0
    calls: list[Any] = field(default_factory=list)


@pytest.fixture
def listener() -> Iterator[Listener]:
    """Somebody inside, who notes whoever knocks."""
    box = Listener()
    with socket.create_server(("127.0.0.1", 0)) as server:
        box.port = server.getsockname()[1]
        server.settimeout(0.05)
        done = threading.Event()

        def listen() -> None:
            while not done.is_set():
                try:
                    connection, where = server.accept()
                except TimeoutError:
                    continue
                box.calls.append(where)
                connection.close()

        thread = threading.Thread(target=listen)
        thread.start()
        yield box
        done.set()
        thread.join()


def test_a_webhook_to_the_inside_is_refused_and_the_ledger_says_so(site: Site, listener: Listener) -> None:
    """By the form, or when it is sent: for good, without a connection and without another try."""
    browser = site.browser(site.member)
    sent = 0
    for address in INSIDE:
        address = address.replace("{port}", str(listener.port))
        with undone():
            Delivery.objects.exclude(state__in=("sent", "failed")).update(state=DeliveryState.CANCELLED)
            answer = browser.post("/me/methods/new/webhook/", {"address": address, "label": "x"})
            method = ContactMethod.objects.filter(user=site.member, transport="webhook").first()
            if method is None:
                assert answer.status_code == 200, address
                continue
            sent += 1
            outbox.send_due(worker="test")
            delivery = Delivery.objects.get(method=method)
            attempt = Attempt.objects.get(delivery=delivery)
            assert delivery.state == DeliveryState.FAILED, address
            assert (attempt.succeeded, attempt.permanent) == (False, True), (address, attempt.answer)
            assert attempt.answer, address
            assert "secret" not in attempt.answer
    assert sent >= 10, "most of these get past the form, or nothing is tried here"
    assert listener.calls == []


def test_what_is_allowed_by_setting_alone_is_reached(site: Site, listener: Listener, settings: Any) -> None:
    """Guards the test above: without the guard the listener is called."""
    settings.OUTBOUND_ALLOW = ["127.0.0.0/8"]
    Delivery.objects.exclude(state__in=("sent", "failed")).update(state=DeliveryState.CANCELLED)
    address = f"http://127.0.0.1:{listener.port}/"
    site.browser(site.member).post("/me/methods/new/webhook/", {"address": address, "label": "x"})
    outbox.send_due(worker="test")
    assert len(listener.calls) == 1


def test_only_the_guarded_door_leads_out() -> None:
    """No module opens connections of its own: whoever needs one goes through lib/http.py."""
    wrong = []
    for app in (*APPS, "postmortems", "statuspage"):
        for path in (ROOT / app).rglob("*.py"):
            found = _imported(path) & NETWORK - MAY.get(str(path.relative_to(ROOT)), set())
            if found:
                wrong.append((str(path.relative_to(ROOT)), found))
    assert wrong == []


def _imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, node.module.partition(".")[0]}
    return names
