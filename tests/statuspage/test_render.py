"""What a render shows, hides, writes and costs."""

from __future__ import annotations

from datetime import datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest
import time_machine
from django.conf import settings
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, DjangoCaptureOnCommitCallbacks

from accounts.models import Team, User
from catalog.models import Service
from incidents.actions import writing
from incidents.models import Incident
from oncall.models import EscalationPolicy
from statuspage import actions, tasks
from statuspage.models import Component, Rendition, StatusPage
from tests.statuspage import making
from tests.statuspage.conftest import Tell

PAYLOAD = "<script>alert('x')</script><img src=x onerror=alert(1)>"


def body(page: StatusPage, path: str = "index.html") -> str:
    return Rendition.objects.get(page=page, path=path).body


def everything(page: StatusPage) -> str:
    return "\n".join(Rendition.objects.filter(page=page).values_list("body", flat=True))


# --- What is public


def test_an_incident_shows_once_customers_were_told(
    page: StatusPage, component: Component, tell: Tell
) -> None:
    actions.render(page=page, now=page.created_at)
    assert "Payments answer slowly" not in everything(page)
    tell("investigating")
    assert "Payments answer slowly" in body(page)
    assert "<h1>All systems are down</h1>" in body(page)


def test_what_is_told_to_colleagues_stays_with_them(
    page: StatusPage, component: Component, tell: Tell
) -> None:
    tell("investigating", body="The password is on the fridge.", is_public=False)
    assert "Payments answer slowly" not in everything(page)
    tell("investigating", body="We look into it.")
    assert "fridge" not in everything(page)


def test_a_drill_never_shows(page: StatusPage, component: Component, incident: Incident, tell: Tell) -> None:
    Incident.objects.filter(pk=incident.pk).update(is_drill=True)
    tell("investigating")
    assert "Payments answer slowly" not in everything(page)


def test_an_incident_of_a_service_behind_no_component_does_not_show(page: StatusPage, tell: Tell) -> None:
    tell("investigating")
    assert "Payments answer slowly" not in everything(page)


def test_a_status_set_by_hand_wins(
    page: StatusPage, component: Component, tell: Tell, owner: User, service: Service, now: datetime
) -> None:
    tell("investigating", "major_outage")
    actions.change_component(
        actor=owner,
        component=component,
        name="Checkout",
        description="",
        group="",
        services=[service],
        status_override="under_maintenance",
        now=now,
    )
    assert "<h1>Some systems are under maintenance</h1>" in body(page)


def test_closing_the_incident_makes_its_components_work(
    page: StatusPage, component: Component, incident: Incident, tell: Tell, now: datetime
) -> None:
    tell("investigating")
    Incident.objects.filter(pk=incident.pk).update(state="resolved", closed_at=now + timedelta(minutes=3))
    actions.render(page=page, now=now + timedelta(minutes=3))
    assert "<h1>All systems operational</h1>" in body(page)


def test_history_and_the_incidents_own_page_tell_all_of_it(
    page: StatusPage, component: Component, tell: Tell, now: datetime
) -> None:
    tell("investigating", body="First word.")
    tell("resolved", body="Last *word*.", at=now + timedelta(minutes=20))
    assert "Payments answer slowly" in body(page, "history.html")
    [own] = Rendition.objects.filter(page=page, path__startswith="incidents/")
    assert "First word." in own.body
    assert "Last <em>word</em>." in own.body


@pytest.mark.parametrize("place", ["title", "body", "name", "component", "group", "description", "headline"])
def test_a_script_in_any_text_is_only_text(
    page: StatusPage,
    component: Component,
    incident: Incident,
    tell: Tell,
    owner: User,
    now: datetime,
    place: str,
) -> None:
    text = {
        name: PAYLOAD if name == place else "Words"
        for name in ("name", "headline", "component", "group", "description")
    }
    if place == "title":
        Incident.objects.filter(pk=incident.pk).update(title=PAYLOAD)
    actions.change_page(
        actor=owner,
        page=page,
        name=text["name"],
        headline=text["headline"],
        support_url="",
        time_zone="UTC",
        is_default=True,
        now=now,
    )
    actions.change_component(
        actor=owner,
        component=component,
        name=text["component"],
        description=text["description"],
        group=text["group"],
        services=component.services.all(),
        status_override=None,
        now=now,
    )
    tell("investigating", body=PAYLOAD if place == "body" else "Words")
    for rendition in Rendition.objects.filter(page=page):
        assert "<script" not in rendition.body
        assert "<img" not in rendition.body


def test_texts_and_times_are_the_pages_not_those_of_who_published(
    page: StatusPage, component: Component, tell: Tell
) -> None:
    with timezone.override("Asia/Tokyo"):
        tell("investigating")
    assert "10 Mar, 12:00 UTC" in body(page)


# --- When it is rendered


def test_an_update_is_public_as_soon_as_it_is_committed(
    page: StatusPage,
    component: Component,
    incident: Incident,
    owner: User,
    now: datetime,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        writing.publish_update(
            incident_id=incident.pk,
            actor=owner,
            phase="identified",
            impact="partial_outage",
            body="A database is full.",
            is_public=True,
            now=now,
        )
    assert "A database is full." in body(page)


def test_the_chore_makes_good_for_a_lost_signal(
    page: StatusPage, component: Component, incident: Incident, owner: User, now: datetime
) -> None:
    making.make_update(incident, "identified", "partial_outage", "A database is full.", now, author=owner)
    with time_machine.travel(now, tick=False):
        tasks.render_pages.run()
    assert "A database is full." in body(page)


def test_a_render_that_finds_nothing_new_only_notes_that_it_looked(
    page: StatusPage, component: Component, tell: Tell, now: datetime
) -> None:
    tell("investigating")
    page.refresh_from_db()
    before = (page.version, dict(Rendition.objects.values_list("path", "last_changed_at")))
    assert actions.render(page=page, now=now + timedelta(minutes=1)) is False
    page.refresh_from_db()
    assert (page.version, dict(Rendition.objects.values_list("path", "last_changed_at"))) == before
    assert page.rendered_at == now + timedelta(minutes=1)


def test_only_files_that_changed_are_written(
    page: StatusPage, component: Component, tell: Tell, now: datetime
) -> None:
    later = now + timedelta(minutes=5)
    tell("investigating")
    tell("identified", at=later)
    times = dict(Rendition.objects.filter(page=page).values_list("path", "last_changed_at"))
    assert times["index.html"] == times["api/v2/summary.json"] == later


def test_an_incident_that_leaves_the_page_takes_its_file_along(
    page: StatusPage, component: Component, tell: Tell, owner: User, now: datetime
) -> None:
    tell("investigating")
    actions.delete_component(actor=owner, component=component, now=now)
    assert not Rendition.objects.filter(page=page, path__startswith="incidents/").exists()


def test_an_old_incidents_file_stays(
    page: StatusPage, component: Component, tell: Tell, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell("investigating")
    tell("resolved", at=now + timedelta(minutes=1))
    newer = making.make_incident(component.services.get(), now + timedelta(days=1), "Newer")
    making.make_update(newer, "investigating", "partial_outage", "Text.", now + timedelta(days=1))
    monkeypatch.setattr("statuspage.queries.MOST_INCIDENTS", 1)
    actions.render(page=page, now=now + timedelta(days=1))
    assert Rendition.objects.filter(page=page, path__startswith="incidents/").count() == 2


def test_rendering_a_page_that_was_deleted_meanwhile_does_nothing(
    page: StatusPage, owner: User, now: datetime
) -> None:
    gone = StatusPage.objects.get()
    actions.delete_page(actor=owner, page=page, now=now)
    assert actions.render(page=gone, now=now) is False


# --- What it costs


def test_a_render_takes_as_many_queries_for_one_incident_as_for_thirty(
    page: StatusPage, component: Component, now: datetime, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    service = component.services.get()
    for number in range(30):
        incident = making.make_incident(service, now, f"Number {number}")
        making.make_update(incident, "investigating", "partial_outage", "Text.", now)
    # savepoint, lock, components, mapping, incidents, updates, stored, write, stamp, release
    with django_assert_num_queries(10):
        actions.render(page=page, now=now)
    with django_assert_num_queries(9):
        actions.render(page=page, now=now + timedelta(minutes=1))


def test_news_of_an_incident_that_customers_know_nothing_of_costs_one_query(
    page: StatusPage,
    component: Component,
    incident: Incident,
    now: datetime,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    with django_assert_num_queries(1):
        actions.render_for(incident_ids=[incident.pk], now=now)


class _Resources(HTMLParser):
    """Everything that a browser would fetch or run."""

    def __init__(self) -> None:
        super().__init__()
        self.loaded: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        assert "style" not in named
        assert not any(name.startswith("on") for name in named)
        if tag in {"script", "img", "iframe", "style"} or named.get("rel") == "stylesheet":
            self.loaded.append(f"{tag} {named.get('href')}")


def test_a_full_page_weighs_less_than_thirty_kilobytes_with_its_styles_and_without_script(
    page: StatusPage, policy: EscalationPolicy, team: Team, now: datetime
) -> None:
    services = [making_service(team, policy, number) for number in range(20)]
    for number, service in enumerate(services):
        actions.add_component(
            actor=None,
            page=page,
            name=f"Component number {number}",
            description="What it does for customers, in a line.",
            group=f"Group {number // 5}",
            services=[service],
            now=now - timedelta(days=100),
        )
        for days in range(3, 90, 9):
            past = making.make_incident(
                service,
                now - timedelta(days=days),
                f"Trouble {days} days ago",
                closed_at=now,
                state="resolved",
            )
            making.make_update(past, "investigating", "partial_outage", "Text.", now - timedelta(days=days))
            making.make_update(past, "resolved", "operational", "Text.", now - timedelta(days=days, hours=-2))
    for service in services[:3]:
        incident = making.make_incident(
            service, now, "An outage with a title of some length that says what is down"
        )
        for minutes in range(0, 60, 10):
            making.make_update(
                incident,
                "identified",
                "major_outage",
                "Words about it. " * 60,
                now + timedelta(minutes=minutes),
            )
    actions.render(page=page, now=now + timedelta(hours=1))
    html = body(page)
    resources = _Resources()
    resources.feed(html)
    css = Path(settings.BASE_DIR, "static/css/status.css").read_bytes()
    assert [entry.split("?")[0] for entry in resources.loaded] == ["link /static/css/status.css"]
    assert len(html.encode()) + len(css) < 30_000
    assert html.count("<article") == 3


def making_service(team: Team, policy: EscalationPolicy, number: int) -> Service:
    return Service.objects.create(
        name=f"Service {number}", slug=f"service-{number}", team=team, policy=policy
    )


def test_the_worst_incident_comes_first(
    page: StatusPage, component: Component, tell: Tell, now: datetime
) -> None:
    tell("investigating", "major_outage")
    later = making.make_incident(component.services.get(), now, "Search is slow")
    making.make_update(later, "investigating", "degraded_performance", "Text.", now + timedelta(minutes=5))
    actions.render(page=page, now=now + timedelta(minutes=5))
    html = body(page)
    assert html.index("Payments answer slowly") < html.index("Search is slow")


def test_components_of_no_group_stand_apart_from_the_group_before_them(
    page: StatusPage, now: datetime
) -> None:
    for name, group in (("Cards", "Payments"), ("Search", ""), ("Wallets", "Payments")):
        actions.add_component(actor=None, page=page, name=name, group=group, now=now)
    html = body(page)
    places = [
        html.index(f">{words}<") for words in ("Payments", "Cards", "Wallets", "Other systems", "Search")
    ]
    assert places == sorted(places)


def test_the_chore_is_on_the_beats_list() -> None:
    assert any(entry["task"] == tasks.render_pages.name for entry in settings.CELERY_BEAT_SCHEDULE.values())
