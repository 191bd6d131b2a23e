"""Nonsense in an address is a page or a refusal, never a failure of ours."""

from __future__ import annotations

import re
from typing import Any

from accounts.models import User
from ops.layout import ROOT
from tests.security.looking import Sight
from tests.security.routes import OWN, PUBLIC, routes
from tests.security.site import Site
from tests.security.watching import undone, watched

WORDS = [
    *(
        "%00",
        "a%00b",
        "%FF%FE",
        "%ED%A0%80",
        "abc",
        "-1",
        "0",
        "99999999999999999999",
        "9" * 400,
        "1e308",
        "NaN",
    ),
    *("%E2%80%AE", "'%22%3E%3Cx%3E", "..%2F..%2Fetc%2Fpasswd", "%F0%9F%94%A5", "²", "٣", "%0D%0AX-Evil:%201"),
]
NAMES = {
    *(
        "page",
        "alert",
        "device",
        "range",
        "replaces",
        "when",
        "q",
        "state",
        "service",
        "team",
        "severity",
        "mine",
        "schedule",
        "tier",
        "archived",
        "gone",
        "kind",
        "show",
        "event",
        "first",
        "last",
    ),
    *("from", "until", "at", "zone", "before", "after", "seen", "next", "mail", "limit", "offset", "format"),
    *(
        "open",
        "since",
        "urgency",
        "back",
        "integration",
        "person",
        "user",
        "weeks",
        "of",
        "schedule",
        "what",
        "by",
    ),
}
MOMENTS = [
    *("nonsense", "0001-01-01", "9999-12-31", "0001-01-01T00:00%2B23:59", "9999-12-31T23:59-23:59"),
    *(
        "2026-02-30",
        "2026-11-23T08:00",
        "2026-11-23T08:00Z",
        "Nowhere",
        "Europe",
        "..%2Fetc",
        "Europe/Paris%00",
    ),
]


def _ask(site: Site, paths: list[tuple[str, str]], *, user: User | None = None) -> list[Any]:
    """Those of (key of the route, address) that fail; for `user`, or for who sees most there."""
    own, public, rest = site.browser(site.owner), site.browser(None), site.browser(site.admin)
    if user:
        own = public = rest = site.browser(user)
    wrong = []
    for key, path in paths:
        browser = own if key in OWN else public if key in PUBLIC else rest
        with watched() as watch, undone():
            answer = browser.get(path)
        if answer.status_code >= 500 or "X-Evil" in answer.headers:
            wrong.append((path, answer.status_code, watch.why))
    return wrong


def test_nonsense_in_the_query_never_fails(site: Site, sights: list[Sight]) -> None:
    """All names at once with one word, so that every page meets every word."""
    pages = [
        sight for sight in sights if not sight.is_fragment and sight.answer.status_code in (200, 204, 400)
    ]
    pages = [page for page in pages if not page.route.is_admin]
    assert len(pages) > 50
    words = WORDS + MOMENTS
    paths = [
        (page.route.key, f"{page.path}?{_query(words[at % len(words)])}") for at, page in enumerate(pages)
    ]
    assert _ask(site, paths) == []


def _query(word: str) -> str:
    return "&".join(f"{name}={word}" for name in sorted(NAMES))


def test_every_word_is_tried_where_most_is_read_from_the_address(site: Site) -> None:
    schedule = f"/oncall/schedules/{site.schedule.pk}/"
    of_moments = (f"{schedule}overrides/new/", "/api/v1/oncall")
    asked = [f"{path}?{_query(word)}" for path in ("/", "/api/v1/incidents") for word in WORDS]
    asked += [f"{path}?{_query(word)}" for path in of_moments for word in MOMENTS]
    asked += [f"{schedule}?{name}={word}" for name in ("from", "zone") for word in MOMENTS]
    assert _ask(site, [("", path) for path in asked], user=site.owner) == []


def test_the_names_that_are_tried_are_those_that_are_read() -> None:
    """A page that reads another name from its address has to be tried with it."""
    read = set()
    for path in _sources():
        read |= set(re.findall(r"""\.GET\.get(?:list)?\(\s*["']([\w-]+)["']""", path))
        read |= set(re.findall(r"""moment_in\(request, ["'](\w+)["']\)""", path))
    assert read <= NAMES, read - NAMES


def _sources() -> list[str]:
    apps = ("accounts", "alerts", "catalog", "config", "incidents", "notifications", "oncall", "postmortems")
    return [
        file.read_text()
        for app in (*apps, "statuspage", "insights", "lib")
        for file in (ROOT / app).rglob("*.py")
    ]


def test_numbers_beyond_the_database_lead_nowhere(site: Site) -> None:
    """Every number in every address, one larger than any row's and one larger than any column."""
    for huge in ("9223372036854775808", "9" * 60):
        paths = []
        for route in routes():
            pattern = re.sub(r"<int:\w+>", huge, route.pattern)
            if "<int:" in route.pattern and not route.is_admin and "<" not in pattern:
                paths.append((route.key, f"/{pattern}"))
        assert len(paths) > 50
        assert _ask(site, paths) == []
        for route_key, path in paths:
            browser = site.browser(site.admin)
            with watched() as watch, undone():
                answer = browser.post(path, {"do": "save"})
            assert answer.status_code in (302, 403, 404, 405, 422), (
                route_key,
                path,
                answer.status_code,
                watch.why,
            )


def test_an_encoding_that_a_client_names_never_fails(site: Site) -> None:
    """Half a surrogate pair, or no text at all, can be smuggled in by naming a codec."""
    wrong = []
    browser = site.browser(site.owner)
    for codec in (
        "utf-16",
        "unicode_escape",
        "raw_unicode_escape",
        "utf-7",
        "idna",
        "base64",
        "rot13",
        "nonsense",
    ):
        for path in ("/?q=%5Cud800&page=%5Cud800", "/people/?q=a%5Cud800"):
            kind = f"text/plain; charset={codec}"
            with watched() as watch, undone():
                answer = browser.generic("GET", path, content_type=kind)
            if answer.status_code >= 500:
                wrong.append(("get", codec, path, watch.why))
        for kind, body in (
            ("application/x-www-form-urlencoded", b"name=%5Cud800&time_zone=UTC"),
            (
                "multipart/form-data; boundary=x",
                _part("name", b"\\ud800") + _part("time_zone", b"UTC") + b"--x--\r\n",
            ),
        ):
            with watched() as watch, undone():
                answer = browser.generic(
                    "POST", "/settings/profile/", body, content_type=f"{kind}; charset={codec}"
                )
            if answer.status_code >= 500:
                wrong.append(("post", codec, kind, watch.why))
    assert not wrong, "\n".join(map(str, wrong))


def _part(name: str, value: bytes) -> bytes:
    return b'--x\r\nContent-Disposition: form-data; name="' + name.encode() + b'"\r\n\r\n' + value + b"\r\n"
