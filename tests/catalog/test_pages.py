"""Services in the browser: reading, making, changing; by an owner, a member and a stranger."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import Team, User
from catalog.actions import NewChange, record_changes
from catalog.models import Service
from oncall.models import EscalationPolicy
from tests.making import NOW, make_policy, make_service, make_team

Browser = Callable[[User], Client]
HTML = "<script>alert(1)</script>"


@pytest.fixture(autouse=True)
def _standing_clock() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def typed(team: Team, policy: EscalationPolicy, **values: Any) -> dict[str, Any]:
    """What the browser sends for a service."""
    return {
        "name": "Checkout",
        "description": "",
        "team": team.pk,
        "tier": "2",
        "policy": policy.pk,
        "runbook_url": "",
        "grouping": "service",
        "auto_resolve": "on",
        **values,
    }


# --- Reading


def test_the_list_says_owner_tier_and_who_is_paged_first(
    browser_of: Browser, viewer: User, service: Service
) -> None:
    text = browser_of(viewer).get("/services/").content.decode()
    for words in ("Payments API", "Payments", "Tier 1: critical", "Milan Member", "No open incident"):
        assert words in text


@pytest.mark.parametrize("number", [1, 30])
def test_the_queries_of_the_list_do_not_grow(
    browser_of: Browser,
    owner: User,
    number: int,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for _ in range(number):
        team = make_team()
        make_service(team, make_policy(team, (owner,), fallback=(owner,)))
    browser = browser_of(owner)
    with django_assert_max_num_queries(26):
        assert len(browser.get("/services/").context["rows"]) == number


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("?q=pay", ["Payments API"]),
        ("?team=search", ["Index"]),
        ("?tier=1", ["Payments API"]),
        ("?archived=1", ["Old"]),
        ("?q=nothing-like-it", []),
        ("?q=%00&team=%00&tier=x&page=%00", ["Payments API", "Index"]),
    ],
)
def test_filters_are_in_the_address(
    browser_of: Browser,
    service: Service,
    other_team: Team,
    policy: EscalationPolicy,
    owner: User,
    query: str,
    names: list[str],
) -> None:
    make_service(other_team, policy, "Index")
    make_service(other_team, policy, "Old", archived_at=NOW)
    rows = browser_of(owner).get(f"/services/{query}").context["rows"]
    assert [one.name for one, _health, _people in rows] == names


def test_a_service_page_shows_dependencies_both_ways_runbook_and_changes(
    browser_of: Browser, viewer: User, service: Service, team: Team, policy: EscalationPolicy
) -> None:
    store, web = make_service(team, policy, "Store"), make_service(team, policy, "Web")
    service.depends_on.add(store)
    web.depends_on.add(service)
    Service.objects.filter(pk=service.pk).update(runbook_url="https://wiki.example.test/payments")
    links = [
        {"href": "javascript:alert(1)", "text": "bad"},
        {"href": "https://ci.example.test/1418", "text": "Build 1418"},
    ]
    record_changes(rows=[NewChange(service.pk, "Deploy 1418", NOW, source="ci", links=links)], now=NOW)
    answer = browser_of(viewer).get("/services/payments-api/")
    text = answer.content.decode()
    assert [one.name for one, _ in answer.context["below"]] == ["Store"]
    assert [one.name for one, _ in answer.context["above"]] == ["Web"]
    assert 'href="https://wiki.example.test/payments"' in text
    assert "Deploy 1418" in text
    assert 'href="https://ci.example.test/1418"' in text
    assert "javascript:" not in text


def test_a_service_that_does_not_exist_is_404(browser_of: Browser, viewer: User, service: Service) -> None:
    assert browser_of(viewer).get("/services/none/").status_code == 404
    assert browser_of(viewer).get("/services/payments-api").status_code == 404


# --- Making and changing


def test_a_manager_makes_a_service(
    browser_of: Browser, owner: User, team: Team, policy: EscalationPolicy
) -> None:
    store = make_service(team, policy, "Store")
    answer = browser_of(owner).post("/services/new/", typed(team, policy, depends_on=[store.pk]))
    made = Service.objects.get(name="Checkout")
    assert answer.headers["Location"] == "/services/checkout/"
    assert (made.team, made.policy, made.tier, list(made.depends_on.all())) == (team, policy, 2, [store])


def test_changing_is_for_managers_and_admins(
    browser_of: Browser,
    service: Service,
    owner: User,
    member: User,
    stranger: User,
    viewer: User,
    admin: User,
) -> None:
    data = typed(service.team, service.policy, name="Taken over")
    for person in (member, stranger, viewer):
        browser = browser_of(person)
        assert "/services/payments-api/edit/" not in browser.get("/services/payments-api/").content.decode()
        for page in ("edit", "archive", "restore"):
            assert browser.post(f"/services/payments-api/{page}/", data).status_code == 404
    for person in (member, viewer):
        assert browser_of(person).get("/services/new/").status_code == 404
    service.refresh_from_db()
    assert (service.name, service.archived_at) == ("Payments API", None)
    for person in (owner, admin):
        assert browser_of(person).get("/services/payments-api/edit/").status_code == 200


def test_a_manager_cannot_give_a_service_to_a_team_that_is_not_theirs(
    browser_of: Browser, owner: User, service: Service, other_team: Team
) -> None:
    answer = browser_of(owner).post("/services/payments-api/edit/", typed(other_team, service.policy))
    assert "team" in answer.context["form"].errors
    service.refresh_from_db()
    assert service.team != other_team


def test_a_service_is_archived_and_restored(browser_of: Browser, owner: User, service: Service) -> None:
    browser = browser_of(owner)
    browser.post("/services/payments-api/archive/")
    assert browser.get("/services/").context["rows"] == []
    assert "/services/payments-api/restore/" in browser.get("/services/payments-api/").content.decode()
    browser.post("/services/payments-api/restore/")
    assert len(browser.get("/services/").context["rows"]) == 1


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 10_000}, "name"),
        ({"name": "Payments API"}, "name"),
        ({"tier": "9"}, "tier"),
        ({"policy": ""}, "policy"),
        ({"policy": "999999"}, "policy"),
        ({"runbook_url": "javascript:alert(1)"}, "runbook_url"),
        ({"runbook_url": "ftp://example.test/x"}, "runbook_url"),
        ({"depends_on": ["999999"]}, "depends_on"),
        ({"depends_on": ["x"]}, "depends_on"),
        ({"grouping": "heap"}, "grouping"),
    ],
)
def test_bad_input_says_what_is_wrong_and_stores_nothing(
    browser_of: Browser, owner: User, service: Service, values: dict[str, Any], field: str
) -> None:
    answer = browser_of(owner).post("/services/new/", typed(service.team, service.policy) | values)
    assert answer.status_code == 200
    assert field in answer.context["form"].errors
    assert Service.objects.count() == 1


def test_a_circle_is_said_on_its_field(
    browser_of: Browser, owner: User, service: Service, team: Team, policy: EscalationPolicy
) -> None:
    web = make_service(team, policy, "Web")
    web.depends_on.add(service)
    data = typed(team, policy, name="Payments API", depends_on=[web.pk])
    answer = browser_of(owner).post("/services/payments-api/edit/", data)
    assert "Payments API → Web → Payments API" in answer.content.decode()
    assert not service.depends_on.exists()


def test_html_in_every_field_stays_text(
    browser_of: Browser, owner: User, team: Team, policy: EscalationPolicy
) -> None:
    browser = browser_of(owner)
    browser.post("/services/new/", typed(team, policy, name=HTML, description=HTML))
    made = Service.objects.get()
    record_changes(
        rows=[NewChange(made.pk, HTML, NOW, source=HTML, links=[{"href": "https://x.test/", "text": HTML}])],
        now=NOW,
    )
    for page in ("/services/", f"/services/{made.slug}/", f"/services/{made.slug}/edit/"):
        text = browser.get(page).content.decode()
        assert "<script>alert" not in text
        assert "&lt;script&gt;alert" in text
        assert "style=" not in text
