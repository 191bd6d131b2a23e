"""The status editor: everybody signed in looks, admins and managers change."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import Team, User
from catalog.models import Service
from statuspage.models import Component, Rendition, StatusPage

BrowserOf = Callable[[User], Client]
PAGE_FORM = {
    "name": "Acme",
    "slug": "acme-shop",
    "headline": "",
    "support_url": "",
    "time_zone": "Europe/Berlin",
}
COMPONENT_FORM = {"name": "Checkout", "description": "", "group": "", "status_override": ""}


def changes(page: StatusPage, component: Component) -> list[tuple[str, dict[str, str]]]:
    """Every address that changes something."""
    under = f"/status-pages/acme/components/{component.pk}"
    return [
        ("/status-pages/new/", PAGE_FORM),
        ("/status-pages/acme/settings/", PAGE_FORM),
        ("/status-pages/acme/delete/", {"confirm": page.name}),
        ("/status-pages/acme/components/new/", COMPONENT_FORM | {"name": "Other"}),
        (f"{under}/", COMPONENT_FORM | {"name": "Renamed"}),
        (f"{under}/move/", {"to": "down"}),
        (f"{under}/delete/", {}),
    ]


@pytest.mark.parametrize(
    "path", ["/status-pages/", "/status-pages/new/", "/status-pages/acme/", "/status-pages/acme/settings/"]
)
def test_who_is_not_signed_in_is_asked_to(client: Client, page: StatusPage, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/account/login/")


@pytest.mark.parametrize("who", ["member", "viewer"])
def test_who_manages_no_team_looks_but_does_not_change(
    browser_of: BrowserOf,
    request: pytest.FixtureRequest,
    page: StatusPage,
    component: Component,
    team: Team,
    who: str,
) -> None:
    browser = browser_of(request.getfixturevalue(who))
    answer = browser.get("/status-pages/")
    assert answer.status_code == 200
    assert "Add a system" not in answer.content.decode()
    for path, fields in changes(page, component):
        assert browser.post(path, fields).status_code == 404, path
    assert list(Component.objects.values_list("name", flat=True)) == ["Checkout"]


@pytest.mark.parametrize("who", ["owner", "admin"])
def test_managers_and_admins_change_everything(
    browser_of: BrowserOf,
    request: pytest.FixtureRequest,
    page: StatusPage,
    component: Component,
    team: Team,
    who: str,
) -> None:
    browser = browser_of(request.getfixturevalue(who))
    assert "Add a system" in browser.get("/status-pages/acme/").content.decode()
    wanted = changes(page, component)
    for path, fields in [*wanted[:2], *wanted[3:], wanted[2]]:
        assert browser.post(path, fields).status_code == 302, path
    assert not StatusPage.objects.filter(slug="acme").exists()


def test_the_manager_of_any_team_may_edit(
    browser_of: BrowserOf, stranger: User, other_team: Team, page: StatusPage
) -> None:
    """A status page belongs to no team; a responder without a team to manage stays out."""
    assert browser_of(stranger).get("/status-pages/acme/settings/").status_code == 200


def test_a_stranger_changes_nothing(
    browser_of: BrowserOf, stranger: User, page: StatusPage, component: Component
) -> None:
    browser = browser_of(stranger)
    for path, fields in changes(page, component):
        assert browser.post(path, fields).status_code == 404, path


@pytest.mark.parametrize(("who", "words"), [("owner", "Make the first one"), ("member", "Ask an admin")])
def test_without_a_page_it_says_what_one_is(
    browser_of: BrowserOf, request: pytest.FixtureRequest, team: Team, who: str, words: str
) -> None:
    assert words in browser_of(request.getfixturevalue(who)).get("/status-pages/").content.decode()


def test_a_new_page_is_public_at_once_and_the_first_is_the_default(
    browser_of: BrowserOf, owner: User, team: Team, client: Client
) -> None:
    answer = browser_of(owner).post("/status-pages/new/", PAGE_FORM)
    assert answer.headers["Location"] == "/status-pages/acme-shop/"
    assert client.get("/status/acme-shop/").status_code == 200
    assert client.get("/status/").headers["Location"] == "/status/acme-shop/"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("slug", "acme"),
        ("slug", "new"),
        ("slug", "a/b"),
        ("name", ""),
        ("time_zone", "Mars/Base"),
        ("support_url", "javascript:alert(1)"),
    ],
)
def test_a_bad_page_is_refused_with_what_was_typed(
    browser_of: BrowserOf, owner: User, team: Team, page: StatusPage, field: str, value: str
) -> None:
    answer = browser_of(owner).post(
        "/status-pages/new/", PAGE_FORM | {"support_url": "https://help.example"} | {field: value}
    )
    assert answer.status_code == 200
    assert field in answer.context["form"].errors
    assert StatusPage.objects.count() == 1


def test_two_components_of_one_name_in_a_group_are_refused(
    browser_of: BrowserOf, owner: User, team: Team, component: Component
) -> None:
    browser = browser_of(owner)
    answer = browser.post("/status-pages/acme/components/new/", COMPONENT_FORM)
    assert "name" in answer.context["form"].errors
    assert (
        browser.post("/status-pages/acme/components/new/", COMPONENT_FORM | {"group": "EU"}).status_code
        == 302
    )


def test_services_and_a_status_by_hand_are_kept(
    browser_of: BrowserOf, owner: User, component: Component, service: Service, client: Client
) -> None:
    path = f"/status-pages/acme/components/{component.pk}/"
    fields = COMPONENT_FORM | {"services": [str(service.pk)], "status_override": "under_maintenance"}
    assert browser_of(owner).post(path, fields).status_code == 302
    component.refresh_from_db()
    assert (component.status_override, list(component.services.all())) == ("under_maintenance", [service])
    assert "Some systems are under maintenance" in client.get("/status/acme/").content.decode()
    assert browser_of(owner).post(path, COMPONENT_FORM).status_code == 302
    component.refresh_from_db()
    assert (component.status_override, component.services.count()) == (None, 0)


def test_components_move_past_their_neighbours(
    browser_of: BrowserOf, owner: User, team: Team, component: Component, page: StatusPage
) -> None:
    browser = browser_of(owner)
    browser.post("/status-pages/acme/components/new/", COMPONENT_FORM | {"name": "Search"})
    move = f"/status-pages/acme/components/{component.pk}/move/"
    for to, order in [
        ("down", ["Search", "Checkout"]),
        ("down", ["Search", "Checkout"]),
        ("up", ["Checkout", "Search"]),
    ]:
        browser.post(move, {"to": to})
        assert [one.name for one in page.components.all()] == order
    assert Rendition.objects.get(page=page, path="index.html").body.index("Checkout") > 0


def test_deleting_a_page_asks_for_its_name(
    browser_of: BrowserOf, owner: User, team: Team, page: StatusPage
) -> None:
    answer = browser_of(owner).post("/status-pages/acme/delete/", {"confirm": "something"}, follow=True)
    assert "Nothing was deleted" in answer.content.decode()
    assert StatusPage.objects.filter(slug="acme").exists()


def test_a_component_of_another_page_is_not_there(
    browser_of: BrowserOf, owner: User, team: Team, component: Component
) -> None:
    browser = browser_of(owner)
    browser.post("/status-pages/new/", PAGE_FORM)
    assert browser.get(f"/status-pages/acme-shop/components/{component.pk}/").status_code == 404


def test_a_form_posted_from_elsewhere_is_refused(owner: User, team: Team, page: StatusPage) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(owner)
    assert browser.post("/status-pages/acme/delete/", {"confirm": "Acme"}).status_code == 403


def test_the_editor_shows_the_public_page_in_a_frame(
    browser_of: BrowserOf, owner: User, page: StatusPage
) -> None:
    answer = browser_of(owner).get("/status-pages/acme/")
    assert '<iframe class="status-preview"' in answer.content.decode()
    assert "frame-src 'self'" in answer["Content-Security-Policy"]
