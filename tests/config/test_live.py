"""The event stream: says that something changed, to those whom a page gave a token."""

from __future__ import annotations

import http.client
import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager

import pytest
from django.core import signing

from lib import wake
from ops import programs
from ops.layout import ROOT
from ops.ports import free_port
from ops.process import spawn, stop
from ops.servers import environment
from tests.waiting import until

pytestmark = pytest.mark.processes


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    number, folder = free_port(), tmp_path_factory.mktemp("live")
    process = spawn(programs.live(number), log=folder / "log", env=environment(dict(os.environ)), cwd=ROOT)
    try:
        until(lambda: is_up(number))
        yield number
    finally:
        stop(process, signal.SIGTERM, timeout=20)


@contextmanager
def asking(port: int, path: str) -> Iterator[http.client.HTTPResponse]:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        connection.request("GET", path, headers={"Origin": "http://127.0.0.1:8000"})
        with connection.getresponse() as answer:
            yield answer


def is_up(port: int) -> bool:
    with asking(port, "/healthz") as answer:
        return answer.status == 200


def line(stream: http.client.HTTPResponse, start: bytes) -> bytes:
    """The next line that begins so."""
    while True:
        found = stream.readline()
        assert found, "the stream ended"
        if found.startswith(start):
            return found.strip()


def test_a_change_reaches_every_browser_that_listens(port: int) -> None:
    token = signing.dumps(7, salt="live")
    with ExitStack() as open_streams:
        streams = [open_streams.enter_context(asking(port, f"/live/events?token={token}")) for _ in range(3)]
        for stream in streams:
            assert stream.headers["Content-Type"].startswith("text/event-stream")
            line(stream, b": hello")
        until(lambda: bool(wake.client().pubsub_numsub(wake.LIVE)[0][1]))
        wake.hints("incident", [42])
        for stream in streams:
            assert line(stream, b"data:") == b'data: {"t": "incident", "id": 42}'


@pytest.mark.parametrize("token", ["", "forged", "Nw:1xUbDF:c2lnbmVkIGJ5IHNvbWVib2R5IGVsc2U"])
def test_without_a_token_of_ours_there_is_no_stream(port: int, token: str) -> None:
    with asking(port, f"/live/events?token={token}") as answer:
        assert answer.status == 403
