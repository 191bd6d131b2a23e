"""Every page, looked at once by somebody who sees most there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.security.routes import OWN, PUBLIC, Route, routes
from tests.security.site import Site
from tests.security.watching import undone, watched

HTML = "text/html"


@dataclass(frozen=True, slots=True)
class Sight:
    """A page as it was answered, whole or as the fragment that htmx asks for, and what that wrote."""

    route: Route
    path: str
    is_fragment: bool
    answer: Any
    writes: tuple[str, ...]
    why: str

    @property
    def is_html(self) -> bool:
        return str(self.answer.headers.get("Content-Type", "")).startswith(HTML)

    @property
    def text(self) -> str:
        return str(self.answer.content.decode())

    def __str__(self) -> str:
        return f"{self.path} {self.answer.status_code} {self.why}"


def look(site: Site) -> Iterator[Sight]:
    """All routes: what is one's own by its owner, what is public by nobody, everything else by an admin."""
    own, public, rest = site.browser(site.owner), site.browser(None), site.browser(site.admin)
    for route in routes():
        browser = own if route.key in OWN else public if route.key in PUBLIC else rest
        path = route.path(site)
        for is_fragment in (False,) if route.is_api or route.is_admin else (False, True):
            headers = {"HX-Request": "true"} if is_fragment else {}
            with watched() as watch, undone():
                answer = browser.get(path, headers=headers)
            yield Sight(route, path, is_fragment, answer, tuple(watch.writes), watch.why)
