"""Hostile values in every form: refused or taken, never a failure, never half of it, and never a page that breaks
afterwards."""

from __future__ import annotations

import os
from typing import Any

from django.test import Client

from accounts.models import User
from tests.security.filling import Form
from tests.security.site import Site
from tests.security.watching import fingerprint, undone, watched

NUL, LONG, TURNED = "a\x00b", "x" * 10_000, "a\u202eb\u2066c"
HUGE, BIGINT = "9" * 30, "9223372036854775808"
# By the kind of field: what a browser would not send, and what a person might.
HOSTILE: dict[str, list[str]] = {
    "text": [NUL, LONG],
    "url": ["https://[::1", "javascript:alert(1)"],
    "number": [HUGE, "NaN"],
    "date": ["0001-01-01", "9999-12-31"],
    "time": ["99:99"],
    "datetime-local": ["0001-01-01T00:00+23:59", "9999-12-31T23:59"],
    "select": [BIGINT],
    "radio": [BIGINT],
    "checkbox": [NUL],
    "hidden": [NUL, BIGINT],
    "button": ["layer:9999999999:up"],
}
EVERYWHERE = [
    TURNED,
    "\x01\x02",
    "",
    " \t",
    NUL,
    LONG,
    "\U0001f525" * 50,
    HUGE,
    "-1",
    "\u0663",
    '{"a": [1]}',
    "\ufeff\u2028",
]
# Read by views, but put into posts by htmx and not by a form.
UNSEEN = {
    "back": "page=%00&state=%FF&service=a&q=" + "a" * 3000,
    "seen": "incident-head:x :: panel-x:",
    "after": HUGE,
    "next": "https://[::1",
}
# Answered by a page although all is well: tokens and secrets are shown once, a phone says what it did.
SHOWN_ONCE = ("/settings/tokens/", "/me/methods/new/webhook/", "/oncall/calendar-links/", "/ack/")
# A wrong code is counted, so that it cannot be guessed.
COUNTED = "/verify/"
TOKEN = "a" * 32


class Poster:
    """Posts forms as those who found them, and takes back what that wrote."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.wrong: list[str] = []
        self._browsers: dict[int, Client] = {}

    def post(self, form: Form, data: Any, note: str = "", **options: Any) -> Any:
        """Notes what is wrong with the answer, and with the page that it leads to."""
        browser = self._browser(form)
        with watched() as watch, undone():
            answer = browser.post(form.action, data, **options)
            led = answer.headers.get("Location", "")
            then = browser.get(led).status_code if led.startswith("/") and watch.writes else 0
        is_out = led.startswith("/account/login/") and not form.action.startswith("/account/")
        assert not (form.user and is_out), "signed out by another form"
        if answer.status_code >= 500 or then >= 500 or (led and not led.startswith("/")):
            self.wrong.append(f"{form.action} {note}: {answer.status_code} {led} {then} {watch.why}")
        elif watch.writes and not _is_taken(form, answer, "headers" in options):
            self._compare(form, data, note, browser, options)
        return answer

    def _compare(self, form: Form, data: Any, note: str, browser: Client, options: dict[str, Any]) -> None:
        """A refusal that wrote something must have taken it back itself."""
        before = fingerprint()
        with undone():
            status = browser.post(form.action, data, **options).status_code
            if fingerprint() != before:
                self.wrong.append(f"{form.action} {note}: refused by {status} and half saved")

    def _browser(self, form: Form) -> Client:
        """One that is kept, but for forms that sign out."""
        if form.user is None or form.action.startswith("/account/"):
            return self._new(form.user)
        if form.user.pk not in self._browsers:
            self._browsers[form.user.pk] = self._new(form.user)
        return self._browsers[form.user.pk]

    def _new(self, user: User | None) -> Client:
        """With the token that forms of ours carry: what guards them reads the body first."""
        browser = self.site.browser(user, enforce_csrf_checks=True)
        browser.cookies["csrftoken"] = TOKEN
        browser.defaults["HTTP_X_CSRFTOKEN"] = TOKEN
        return browser

    @property
    def report(self) -> str:
        return "\n".join(self.wrong)


def _is_taken(form: Form, answer: Any, by_htmx: bool) -> bool:
    """Whether the answer says that all is well, so that something may be written."""
    told = form.action.startswith(SHOWN_ONCE) or COUNTED in form.action or by_htmx
    return "Location" in answer.headers or (told and answer.status_code == 200)


def _kinds(form: Form) -> dict[str, list[str]]:
    return {name: HOSTILE.get(kind, HOSTILE["text"]) for name, kind in form.kinds.items()}


def test_a_form_as_it_is_found_is_taken(site: Site, forms: list[Form]) -> None:
    """Guards the tests below: their forms are whole but for the one value that is tried."""
    poster = Poster(site)
    led = [form.action for form in forms if poster.post(form, form.data).status_code == 302]
    assert poster.report == ""
    assert len(led) > 40
    needed = [
        *(
            "/incidents/declare/",
            f"/incidents/{site.triaged.pk}/edit/",
            "/services/new/",
            "/oncall/policies/new/",
        ),
        *(
            "/oncall/schedules/new/",
            f"/oncall/schedules/{site.schedule.pk}/overrides/new/",
            "/people/invite/",
        ),
        *(
            "/status-pages/new/",
            "/integrations/new/generic/",
            "/heartbeats/new/",
            "/teams/new/",
            "/settings/profile/",
        ),
    ]
    assert [path for path in needed if path not in led] == []


def test_every_field_takes_what_is_hostile_to_its_kind(site: Site, forms: list[Form]) -> None:
    """The rest of the form as it should be, so that the value gets as far as it can."""
    poster = Poster(site)
    for form in forms:
        for name, values in _kinds(form).items():
            for value in values:
                poster.post(form, {**form.data, name: value}, f"{name}={value[:30]!r}")
    assert poster.report == ""


def test_every_form_takes_the_same_nonsense_in_all_of_its_fields(site: Site, forms: list[Form]) -> None:
    poster = Poster(site)
    for at, form in enumerate(forms):
        value = EVERYWHERE[at % len(EVERYWHERE)]
        poster.post(form, dict.fromkeys(form.data, value), repr(value[:30]))
    assert poster.report == ""


def test_every_form_takes_missing_repeated_and_unknown_fields(site: Site, forms: list[Form]) -> None:
    poster = Poster(site)
    for form in forms:
        poster.post(form, {}, "nothing")
        twice = {name: [*values, *values, "x"] for name, values in form.data.items()}
        poster.post(form, {**twice, **UNSEEN}, "twice, by htmx", headers={"HX-Request": "true"})
    assert poster.report == ""


def test_every_form_takes_bodies_that_are_none(site: Site, forms: list[Form]) -> None:
    """JSON, broken multipart, bytes that are no text, and 3 MB."""
    bodies = [
        (b'{"name": "x"}', "application/json"),
        (
            b'--x\r\nContent-Disposition: form-data; name="name"\r\n\r\nhalf',
            "multipart/form-data; boundary=x",
        ),
        (b"name=%ff%fe%ed%a0%80&title=%ed%a0%80&text=%ed%a0%80", "application/x-www-form-urlencoded"),
        (os.urandom(64), "application/x-www-form-urlencoded"),
        (b"name=" + b"x" * 3_000_000, "application/x-www-form-urlencoded"),
        (b"&".join(b"a%d=1" % n for n in range(1100)), "application/x-www-form-urlencoded"),
    ]
    poster = Poster(site)
    for at, form in enumerate(forms):
        for turn in range(2):
            body, kind = bodies[(at + turn) % len(bodies)]
            answer = poster.post(form, body, f"{kind} {body[:20]!r}", content_type=kind)
            if len(body) > 1000:
                assert answer.status_code == 400, form.action
    assert poster.report == ""
