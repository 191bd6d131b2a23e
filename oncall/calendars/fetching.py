"""Getting a calendar from where it is: through lib.http, so private addresses are refused unless they are allowed.

A redirect is followed by hand, so every step of it is checked as the first address was.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from django.utils.translation import gettext as _

from lib import http

MOST_BYTES = 5 * 1024 * 1024
MOST_REDIRECTS = 3
TIMEOUT = 10.0

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
# Google answers a client without a name with a web page.
_HEADERS = {"User-Agent": "Tocsin calendar reader", "Accept": "text/calendar, text/plain;q=0.5, */*;q=0.1"}
_GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS


class FetchFailed(Exception):
    """There is no calendar to be had there now; `reason` is for the person who gave the address."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Copy:
    """What came: the body, and the marks by which the next request can ask for a newer one only."""

    body: bytes
    etag: str = ""
    last_modified: str = ""


def clean_url(text: str) -> str:
    """The address as it is fetched: webcal:// is what calendars call https://."""
    text = text.strip()
    scheme, mark, rest = text.partition("://")
    return f"https://{rest}" if mark and scheme.lower() in {"webcal", "webcals"} else text


def fetch(url: str, *, etag: str = "", last_modified: str = "", timeout: float = TIMEOUT) -> Copy | None:
    """The calendar at `url`; None when it is still the one that had these marks.

    `timeout` in seconds bounds each request. Raises FetchFailed.
    """
    headers = {**_HEADERS, **_conditions(etag, last_modified)}
    for _step in range(MOST_REDIRECTS + 1):
        answer = _asked(url, headers, timeout)
        target = answer.headers.get("location", "")
        if answer.status not in _REDIRECTS or not target:
            return _judged(answer)
        url = _followed(url, target)
    raise FetchFailed(_("The address leads from one address to the next without an end."))


def _conditions(etag: str, last_modified: str) -> dict[str, str]:
    return {
        **({"If-None-Match": etag} if etag else {}),
        **({"If-Modified-Since": last_modified} if last_modified else {}),
    }


def _asked(url: str, headers: dict[str, str], timeout: float) -> http.Response:
    try:
        return http.request("GET", url, headers=headers, timeout=timeout, max_bytes=MOST_BYTES)
    except (http.OutboundRefused, http.OutboundFailed) as error:
        raise FetchFailed(error.reason) from error


def _followed(url: str, target: str) -> str:
    following = urljoin(url, target)
    if urlsplit(url).scheme == "https" and urlsplit(following).scheme != "https":
        raise FetchFailed(_("The address leads to one without encryption, which is not followed."))
    return following


def _judged(answer: http.Response) -> Copy | None:
    if answer.status == 304:
        return None
    if answer.status in {401, 403, 404, 410}:
        raise FetchFailed(
            _("The server answers %(status)s: the address is wrong, was reset, or needs a password.")
            % {"status": answer.status}
        )
    if answer.status != 200:
        raise FetchFailed(_("The server answers %(status)s.") % {"status": answer.status})
    if answer.truncated:
        raise _too_large()
    return Copy(
        _decoded(answer.body, answer.headers.get("content-encoding", "")),
        _mark(answer.headers.get("etag", ""), 300),
        _mark(answer.headers.get("last-modified", ""), 100),
    )


def _mark(value: str, longest: int) -> str:
    """A mark that can be kept and sent back as it is, else none."""
    return value if len(value) <= longest and value.isascii() and value.isprintable() else ""


def _decoded(body: bytes, encoding: str) -> bytes:
    """Some servers compress although they were asked not to; no more is unpacked than would be read."""
    if encoding.strip().lower() in {"", "identity"}:
        return body
    if encoding.strip().lower() not in {"gzip", "x-gzip", "deflate"}:
        raise FetchFailed(
            _("The server compresses the calendar in a way that is not read: %(encoding)s.")
            % {"encoding": encoding[:40]}
        )
    try:
        unpacked = zlib.decompressobj(_GZIP_OR_ZLIB).decompress(body, MOST_BYTES + 1)
    except zlib.error as error:
        raise FetchFailed(_("The server sends the calendar damaged.")) from error
    if len(unpacked) > MOST_BYTES:
        raise _too_large()
    return unpacked


def _too_large() -> FetchFailed:
    return FetchFailed(_("The calendar is larger than %(n)s MB.") % {"n": MOST_BYTES // 1024 // 1024})
