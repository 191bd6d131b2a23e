"""Fetching a calendar from a real server on loopback, and what it may do to us."""

from __future__ import annotations

import gzip
import time
import zlib
from collections.abc import Iterator
from typing import Any

import pytest

from oncall.calendars.fetching import MOST_BYTES, Copy, FetchFailed, clean_url, fetch
from tests.oncall.calendar_samples import calendar, event
from tests.oncall.calendar_server import CHANGED, ETAG, Server, serving

BODY = calendar(event())


@pytest.fixture
def server(settings: Any) -> Iterator[Server]:
    settings.OUTBOUND_ALLOW = ["127.0.0.0/8"]
    with serving() as found:
        found.body = BODY
        yield found


def failure(server: Server, **options: Any) -> str:
    with pytest.raises(FetchFailed) as failed:
        fetch(server.url, **options)
    return failed.value.reason


def test_a_calendar_comes_with_the_marks_to_ask_again_by(server: Server) -> None:
    server.knows_marks = True
    assert fetch(server.url) == Copy(BODY, ETAG, CHANGED)
    assert server.asked[0]["user-agent"] == "Tocsin calendar reader"
    assert "if-none-match" not in server.asked[0]


def test_one_that_is_still_the_same_does_not_come_again(server: Server) -> None:
    server.knows_marks = True
    assert fetch(server.url, etag=ETAG) is None
    assert fetch(server.url, last_modified=CHANGED) is None
    assert fetch(server.url, etag='"v0"') is not None


def test_marks_that_cannot_be_sent_back_are_not_kept(server: Server) -> None:
    server.headers = {
        "ETag": '"' + "x" * 400 + '"',
        "Last-Modified": "gestern früh".encode().decode("latin-1"),
    }
    assert fetch(server.url) == Copy(BODY)


@pytest.mark.parametrize(
    ("status", "words"), [(404, "404"), (403, "403"), (410, "410"), (500, "500"), (204, "204")]
)
def test_a_server_without_the_calendar_is_told(server: Server, status: int, words: str) -> None:
    server.status = status
    assert words in failure(server)


def test_a_server_that_never_answers_ends_the_wait(server: Server) -> None:
    server.is_slow = True
    started = time.monotonic()
    assert "did not answer in time" in failure(server, timeout=0.3)
    assert time.monotonic() - started < 3


def test_a_huge_calendar_is_not_read_to_its_end(server: Server) -> None:
    server.body = b"x" * (MOST_BYTES + 1)
    assert "5 MB" in failure(server)
    server.body = b"x" * MOST_BYTES
    assert fetch(server.url) == Copy(server.body)


@pytest.mark.parametrize(
    ("encoding", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress), ("GZIP", gzip.compress)]
)
def test_a_server_may_compress_although_it_was_not_asked(server: Server, encoding: str, pack: Any) -> None:
    server.headers, server.body = {"Content-Encoding": encoding}, pack(BODY)
    assert fetch(server.url) == Copy(BODY)
    assert server.asked[0]["accept-encoding"] == "identity"


def test_a_small_file_that_unpacks_to_a_huge_one_is_refused(server: Server) -> None:
    server.headers, server.body = {"Content-Encoding": "gzip"}, gzip.compress(b"x" * (50 * 1024 * 1024))
    assert "5 MB" in failure(server)


def test_other_compression_and_damage_are_told(server: Server) -> None:
    server.headers = {"Content-Encoding": "br"}
    assert "br" in failure(server)
    server.headers = {"Content-Encoding": "gzip"}
    assert "damaged" in failure(server)


def test_a_redirect_is_followed(server: Server) -> None:
    with serving() as other:
        other.status, other.headers = 302, {"Location": server.url}
        assert fetch(other.url) == Copy(BODY)
        other.headers = {"Location": "/elsewhere.ics"}
        other.before = lambda: setattr(
            other, "status", 302 if other.asked[-1]["path"] == "/rota.ics" else 200
        )
        other.body = BODY
        assert fetch(other.url) == Copy(BODY)


def test_redirects_without_an_end_are_told(server: Server) -> None:
    server.status, server.headers = 302, {"Location": server.url}
    assert "without an end" in failure(server)
    assert len(server.asked) == 4


@pytest.mark.parametrize(
    "target", ["http://10.0.0.7/rota.ics", "http://[::1]:8080/", "http://169.254.169.254/"]
)
def test_a_redirect_to_a_private_address_is_refused(server: Server, target: str) -> None:
    server.status, server.headers = 302, {"Location": target}
    assert "TOCSIN_OUTBOUND_ALLOW" in failure(server)


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://example.test/rota.ics"])
def test_a_redirect_to_something_else_is_refused(server: Server, target: str) -> None:
    server.status, server.headers = 302, {"Location": target}
    assert failure(server) in {"Only http and https URLs are allowed.", "The URL is not valid."}


def test_a_private_address_is_refused_unless_it_is_allowed(server: Server, settings: Any) -> None:
    settings.OUTBOUND_ALLOW = []
    assert "loopback" in failure(server) or "Port" in failure(server)
    assert server.asked == []


@pytest.mark.parametrize(
    ("typed", "url"),
    [
        ("webcal://a.test/x.ics", "https://a.test/x.ics"),
        ("  WebCal://a.test/x.ics ", "https://a.test/x.ics"),
        ("webcals://a.test/x.ics", "https://a.test/x.ics"),
        ("http://a.test/x.ics", "http://a.test/x.ics"),
        ("a.test/x.ics", "a.test/x.ics"),
    ],
)
def test_webcal_is_https(typed: str, url: str) -> None:
    assert clean_url(typed) == url
