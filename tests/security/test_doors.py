"""Who is not signed in, and who comes from another site, gets nowhere."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.test import Client

from alerts.sources.registry import GATES
from tests.security.looking import Sight
from tests.security.routes import FILLED, GROUPS, PUBLIC, Route, routes
from tests.security.site import Site
from tests.security.watching import undone, watched

ROUTES = routes()
# Answered by the API's own rules below /api/: no page, no session, or nothing to write.
READ_ONLY_API = {"api-schema", "api-docs", ""}


def test_every_page_says_whom_it_is_for() -> None:
    grouped = [name for names in GROUPS.values() for name in names]
    pages = {route.key for route in ROUTES if not route.is_api and not route.is_admin} | PUBLIC
    assert sorted(grouped) == sorted(set(grouped)), "in two groups"
    assert set(grouped) - {route.key for route in ROUTES} == set(), "no such page"
    assert pages - set(grouped) == set(), "say in tests/security/routes.py who may use it"


def test_every_page_has_an_address_in_the_table() -> None:
    varying = {route.key for route in ROUTES if route.parts and not route.is_admin}
    assert varying == set(FILLED)


def test_every_page_of_the_table_opens(sights: list[Sight]) -> None:
    """Guards the tables: an address that leads nowhere would pass every test of what is refused."""
    refused = {"notifications:welcome", "account_reset_password_from_key", "account_confirm_email", ""}
    # Only some kinds have a file; the method is somebody else's; whoever looks has no quiet hours.
    refused |= {"alerts:integration-file", "my-method-detail", "my-quiet-hours"}
    wrong = [
        str(sight)
        for sight in sights
        if sight.answer.status_code not in (200, 202, 204, 302, 405) and sight.route.key not in refused
    ]
    assert [each for each in wrong if not each.startswith("/admin/")] == []


def test_whoever_is_signed_out_is_sent_to_sign_in(site: Site) -> None:
    wrong = []
    for route in ROUTES:
        if route.key in PUBLIC:
            continue
        for method in ("get", "post"):
            with watched() as watch, undone():
                answer = getattr(site.browser(None), method)(route.path(site))
            if watch.writes or not _is_refused(route, answer):
                wrong.append(
                    (method, route.name, answer.status_code, answer.headers.get("Location"), watch.writes)
                )
    assert not wrong, wrong


def _is_refused(route: Route, answer: Any) -> bool:
    status: int = answer.status_code
    headers: dict[str, str] = answer.headers
    if route.is_api:
        return status == 401 and headers["WWW-Authenticate"].startswith("Bearer")
    place = headers.get("Location", "")
    if route.is_admin:
        return status == 302 and place.startswith(("/admin/login/", "/account/login/"))
    return status == 302 and place.startswith("/account/login/?next=/")


def test_no_cache_hands_a_page_to_somebody_else(sights: list[Sight]) -> None:
    for sight in sights:
        if sight.route.key not in PUBLIC and sight.answer.status_code == 200:
            headers = sight.answer.headers
            varies = "Cookie" in headers.get("Vary", "")
            assert varies or "no-store" in headers.get("Cache-Control", ""), str(sight)


def test_nothing_is_posted_from_another_site(site: Site) -> None:
    """Without the token of a form of ours, every page answers 403 and writes nothing."""
    wrong = []
    browser = site.browser(site.admin, enforce_csrf_checks=True)
    for route in ROUTES:
        with watched() as watch, undone():
            kind: dict[str, Any] = {"content_type": "application/json"} if route.is_api else {}
            answer = browser.post(route.path(site), {"do": "save"}, **kind)
        refused = {403} | ({404, 405} if route.key in READ_ONLY_API else set())
        if watch.writes or answer.status_code not in refused:
            wrong.append((route.name, answer.status_code, watch.writes))
    assert not wrong, wrong


def test_only_machines_doors_take_posts_without_a_token_of_a_form(site: Site) -> None:
    """The explicit list: they know their senders by a key, and a browser's cookie opens none of them."""
    client = Client(enforce_csrf_checks=True)
    doors = {gate.prefix if gate.key_of else f"{gate.prefix}no-such-key" for gate, _kind in GATES}
    assert doors >= {
        "/in/json/no-such-key",
        "/in/alertmanager/no-such-key",
        "/ping/no-such-key",
        "/v2/enqueue",
    }
    for door in doors:
        answer = client.post(door, {}, content_type="application/json")
        assert 400 <= answer.status_code < 500, (door, answer.status_code)
        assert not answer.cookies
    assert settings.CSRF_COOKIE_SAMESITE == "Lax"
