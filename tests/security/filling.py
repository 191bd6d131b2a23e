"""The forms on the pages, read from their HTML as a browser reads it, with what a browser would send."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

from accounts.models import User
from tests.security.looking import Sight
from tests.security.routes import OWN, PUBLIC
from tests.security.site import Site

_BUTTONS = {"submit", "button", "reset", "image"}


@dataclass
class Form:
    """Where it posts, its fields as they are filled when the page is opened, of which kind they are, who opened it."""

    action: str
    page: str
    data: dict[str, list[str]] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    user: User | None = None

    @property
    def key(self) -> tuple[str, tuple[str, ...]]:
        """The same for forms that differ in the row that they are about alone."""
        return re.sub(r"\d+", "1", self.action), tuple(sorted(self.data))


class _Reader(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.page, self.found = page, list[Form]()
        self._form: Form | None = None
        self._select = self._text = ""
        self._options: list[tuple[str, bool]] = []
        self._typed = ""
        self._radios: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        at = {name: value or "" for name, value in attrs}
        if tag == "form":
            is_post = at.get("method", "get").lower() == "post"
            action = urlsplit(urljoin(self.page, at.get("action") or self.page)).path
            self._form = Form(action, self.page) if is_post else None
        elif self._form is None:
            return
        elif tag == "input":
            self._input(self._form, at)
        elif tag == "select":
            self._select, self._options = at.get("name", ""), []
            self._form.kinds[self._select] = "select"
        elif tag == "option" and self._select:
            self._options.append((at.get("value", ""), "selected" in at))
        elif tag == "textarea":
            self._text, self._typed = at.get("name", ""), ""
            self._form.kinds[self._text] = "text"
        elif tag == "button" and at.get("name"):
            self._press(self._form, at["name"], at.get("value", ""))

    def _press(self, form: Form, name: str, value: str) -> None:
        """Of several buttons of one name one is pressed: that which saves, else the first."""
        form.kinds[name] = "button"
        if value == "save" or name not in form.data:
            form.data[name] = [value]

    def handle_data(self, data: str) -> None:
        if self._text:
            self._typed += data

    def handle_endtag(self, tag: str) -> None:
        form = self._form
        if form is None:
            return
        if tag == "select" and self._select:
            chosen = [value for value, selected in self._options if selected and value]
            filled = [value for value, _ in self._options if value]
            for value in [""] if self._select in _LEFT_EMPTY else chosen or filled[:1]:
                self._put(form, self._select, value)
            self._select = ""
        elif tag == "textarea" and self._text:
            self._put(form, self._text, self._typed.strip() or "Something")
            self._text = ""
        elif tag == "form":
            for name, value in self._radios.items():
                form.data.setdefault(name, [value])
            form.data.pop("csrfmiddlewaretoken", None)
            form.kinds.pop("csrfmiddlewaretoken", None)
            self.found.append(form)
            self._radios = {}
            self._form = None

    def _input(self, form: Form, at: dict[str, str]) -> None:
        name, kind = at.get("name", ""), at.get("type", "text")
        if not name or kind in _BUTTONS:
            return
        form.kinds[name] = kind
        if kind == "radio" and "checked" not in at:
            self._radios.setdefault(name, at.get("value", ""))
        elif kind != "checkbox" or "checked" in at:
            is_typed = kind not in ("hidden", "radio") and not at.get("value")
            self._put(form, name, _typed(name, kind) if is_typed else at.get("value", ""))

    def _put(self, form: Form, name: str, value: str) -> None:
        form.data.setdefault(name, []).append(value)


_TYPED = {
    "checkbox": "on",
    "number": "5",
    "date": "2030-01-15",
    "time": "09:00",
    "datetime-local": "2026-01-15T09:00",
    "url": "https://example.test/",
    "email": "somebody@example.test",
    "password": "correct horse battery",
    "code": "123456",
    "address": "https://hooks.example.test/other",
    "starts_at": "2030-01-15T09:00",
    "ends_at": "2030-01-15T17:00",
    "layer-0-ends_at": "2031-01-15T09:00",
    "override-0-starts_at": "2030-01-15T09:00",
    "override-0-ends_at": "2030-01-15T17:00",
    "step-0-zone": "Europe/Paris",
    "step-0-holidays": "DE",
    "ack_lasts": "60",
    "stale_after": "30 min",
    "service_from": "labels.service",
    "cron": "0 2 * * *",
    "pause": "60 s",
    "group_window": "30",
    "c-0-field": "labels.team",
    "c-1-field": "labels.team",
}
_LEFT_EMPTY = {"replaces", "override-0-replaces"}


def _typed(name: str, kind: str) -> str:
    """What a person would write there."""
    return _TYPED.get(name) or _TYPED.get(kind, "Something")


def read_forms(html: str, page: str) -> list[Form]:
    """The forms that post, in their order on the page."""
    reader = _Reader(page)
    reader.feed(html)
    return reader.found


def forms_in(sights: list[Sight], site: Site) -> list[Form]:
    """Every form of these pages, once each."""
    found: dict[tuple[str, tuple[str, ...]], Form] = {}
    for sight in sights:
        if sight.answer.status_code == 200 and sight.is_html and not sight.route.is_admin:
            for form in read_forms(sight.text, sight.path):
                key = sight.route.key
                form.user = site.owner if key in OWN else None if key in PUBLIC else site.admin
                found.setdefault(form.key, form)
    return list(found.values())
