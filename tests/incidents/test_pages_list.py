"""Home: is anything wrong, and is it mine."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Team, User
from catalog.models import Service
from incidents.actions.paging import page_again
from incidents.actions.transitions import acknowledge, change_state
from incidents.actions.transitions import declare as declare_it
from incidents.actions.writing import add_note
from incidents.models import Incident
from oncall.models import EscalationPolicy
from tests.incidents.making import declared, triaged
from tests.making import make_service, make_user

Browser = Callable[[User], Client]
HTMX = {"HX-Request": "true"}
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("standing_clock")]


def titles(answer: Any) -> list[str]:
    """The open incidents of the page, as they stand there."""
    return [row.incident.title for group in answer.context["groups"] for row in group.rows]


def test_somebody_who_is_signed_out_is_asked_to_sign_in(client: Client, service: Service) -> None:
    answer = client.get("/")
    assert answer.status_code == 302
    assert answer["Location"] == "/account/login/?next=/"


def test_who_is_paged_sees_it_first_with_a_button(
    browser_of: Browser, member: User, service: Service, now: datetime
) -> None:
    incident = triaged(service, now)
    text = browser_of(member).get("/").content.decode()
    assert text.index("Paging you now") < text.index("Not assessed yet")
    assert f'action="/incidents/{incident.pk}/acknowledge/"' in text
    assert "btn-ack" in text


def test_who_is_not_paged_sees_it_open_without_a_button(
    browser_of: Browser, stranger: User, service: Service, now: datetime
) -> None:
    triaged(service, now)
    answer = browser_of(stranger).get("/")
    assert titles(answer) == ["Checkout answers 502"]
    assert "btn-ack" not in answer.content.decode()


def test_a_storm_shows_eight_buttons_and_says_that_there_is_more(
    browser_of: Browser, member: User, service: Service, now: datetime
) -> None:
    for number in range(12):
        triaged(service, now, f"disk {number}")
    text = browser_of(member).get("/").content.decode()
    assert text.count("btn-ack") == 8
    assert "Paging you now: 12 incidents" in text
    assert "each acknowledgement brings up the next" in text


def test_known_outages_come_first_then_what_nobody_has_looked_at_then_the_mild(
    browser_of: Browser, viewer: User, owner: User, service: Service, now: datetime
) -> None:
    declared(service, owner, now, "mild", 4)
    declared(service, owner, now, "degraded", 3)
    answered = triaged(service, now, "answered")
    acknowledge(incident_id=answered.pk, actor=owner, now=now)
    triaged(service, now, "unknown")
    declared(service, owner, now, "broken", 2)
    declared(service, owner, now, "down", 1)
    answer = browser_of(viewer).get("/")
    assert titles(answer) == ["down", "broken", "unknown", "answered", "degraded", "mild"]
    assert [group.severity for group in answer.context["groups"]] == [1, 2, None, 3, 4]


def test_a_row_names_the_commander_and_the_last_line_without_markup(
    browser_of: Browser, viewer: User, owner: User, service: Service, now: datetime
) -> None:
    incident = declared(service, owner, now)
    add_note(incident_id=incident.pk, actor=owner, text="**Rolled back** to `1417`\n\nmore", now=now)
    answer = browser_of(viewer).get("/")
    [group] = answer.context["groups"]
    assert group.rows[0].commander == owner
    assert group.rows[0].last.text == "Rolled back to 1417 more"
    assert '<span class="inc-last">Rolled back to 1417 more</span>' in answer.content.decode()


def test_what_is_over_stands_below_grey_and_twenty_at_a_time(
    browser_of: Browser, viewer: User, owner: User, service: Service, now: datetime
) -> None:
    for number in range(23):
        incident = declared(service, owner, now, f"old {number}")
        change_state(incident_id=incident.pk, verb="resolve", actor=owner, now=now)
    browser = browser_of(viewer)
    home = browser.get("/")
    assert len(home.context["over"]) == 20
    assert "All that is over" in home.content.decode()
    assert "is-over" in home.content.decode()
    assert len(browser.get("/?state=closed&page=2").context["rows"]) == 3


@pytest.fixture
def several(
    service: Service, owner: User, stranger: User, other_team: Team, policy: EscalationPolicy, now: datetime
) -> None:
    """Two open on Payments API (one of them SEV2), one open and one over on Index of another team."""
    index = make_service(other_team, policy, "Index")
    declared(service, owner, now, "cards are refused", 2)
    triaged(service, now, "queue grows")
    declared(index, stranger, now, "stale results", 3)
    over = declared(index, stranger, now, "crawler stuck", 3)
    add_note(incident_id=over.pk, actor=stranger, text="The sitemap was empty", now=now)
    change_state(incident_id=over.pk, verb="resolve", actor=stranger, now=now)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", {"cards are refused", "queue grows", "stale results"}),
        ("?service=payments-api", {"cards are refused", "queue grows"}),
        ("?team=search", {"stale results"}),
        ("?severity=2", {"cards are refused"}),
        ("?severity=none", {"queue grows"}),
        ("?mine=1", {"stale results"}),
        ("?service=payments-api&severity=3", set()),
        (
            "?state=%00&service=%00&team=%27&severity=9&page=-1",
            {"cards are refused", "queue grows", "stale results"},
        ),
    ],
)
@pytest.mark.usefixtures("several")
def test_filters_stand_in_the_address(
    browser_of: Browser, stranger: User, query: str, expected: set[str]
) -> None:
    assert set(titles(browser_of(stranger).get(f"/{query}"))) == expected


@pytest.mark.parametrize(
    ("words", "expected"),
    [("refused", ["cards are refused"]), ("sitemap", ["crawler stuck"]), ("nothing-like-it", []), ("\0", [])],
)
@pytest.mark.usefixtures("several")
def test_search_finds_titles_and_what_was_written_also_when_it_is_over(
    browser_of: Browser, viewer: User, words: str, expected: list[str]
) -> None:
    answer = browser_of(viewer).get("/", {"q": words})
    assert answer.status_code == 200
    if words != "\0":
        assert [row.incident.title for row in answer.context["rows"]] == expected


@pytest.mark.usefixtures("several")
def test_a_number_finds_its_incident(browser_of: Browser, viewer: User) -> None:
    wanted = Incident.objects.get(title="queue grows")
    answer = browser_of(viewer).get("/", {"q": f"#{wanted.pk}"})
    assert [row.incident for row in answer.context["rows"]] == [wanted]


def test_mine_is_what_i_answered_what_i_lead_what_paged_me_and_what_my_teams_own(
    browser_of: Browser, service: Service, owner: User, member: User, now: datetime
) -> None:
    helper = make_user("Hugo Helper")
    answered, led = triaged(service, now, "answered"), triaged(service, now, "led")
    triaged(service, now, "not theirs")
    acknowledge(incident_id=answered.pk, actor=helper, now=now)
    declare_it(incident_id=led.pk, actor=owner, commander=helper, severity=3, now=now)
    assert set(titles(browser_of(helper).get("/?mine=1"))) == {"answered", "led"}
    assert len(titles(browser_of(member).get("/?mine=1"))) == 3


def test_a_quiet_house_says_what_to_do_next(browser_of: Browser, viewer: User, service: Service) -> None:
    text = browser_of(viewer).get("/").content.decode()
    assert "All quiet" in text
    assert "Connect a tool" in text
    assert "Nothing matches" in browser_of(viewer).get("/?mine=1").content.decode()


def test_htmx_gets_the_board_alone_and_caches_keep_it_apart(
    browser_of: Browser, member: User, service: Service, now: datetime
) -> None:
    triaged(service, now)
    answer = browser_of(member).get("/?severity=none", headers=HTMX)
    text = answer.content.decode()
    assert "<html" not in text
    assert 'hx-get="/?severity=none"' in text
    assert 'id="paging-me" hx-swap-oob="true"' in text
    assert "HX-Request" in answer["Vary"]


def test_the_queries_of_home_do_not_grow(
    browser_of: Browser, member: User, owner: User, service: Service, now: datetime
) -> None:
    """With five incidents of each kind, then with fifty."""
    browser, counts = browser_of(member), []
    for number in (5, 45):
        for _ in range(number):
            triaged(service, now)
            incident = declared(service, owner, now)
            over = declared(service, owner, now)
            change_state(incident_id=over.pk, verb="resolve", actor=owner, now=now)
            add_note(incident_id=incident.pk, actor=owner, text="*checked*", now=now)
        browser.get("/")  # who is on call is remembered for half a minute
        for path in ("/", "/?state=closed", "/?q=Search&mine=1"):
            with CaptureQueriesContext(connection) as queries:
                assert browser.get(path).status_code == 200
            counts.append(len(queries))
    assert len(titles(browser.get("/"))) == 100
    assert counts[:3] == counts[3:]
    assert max(counts) <= 16


def test_an_acknowledgement_from_home_stays_there_with_its_filters(
    browser_of: Browser, member: User, service: Service, now: datetime
) -> None:
    incident = triaged(service, now)
    answer = browser_of(member).post(
        f"/incidents/{incident.pk}/acknowledge/", {"back": "mine=1&severity=none"}, follow=True
    )
    assert answer.redirect_chain == [("/?mine=1&severity=none", 302)]
    assert f'You have <a href="/incidents/{incident.pk}/">' in answer.content.decode()
    assert "Paging you now" not in answer.content.decode()


def test_an_acknowledgement_from_home_by_htmx_brings_the_board(
    browser_of: Browser, member: User, service: Service, now: datetime
) -> None:
    first, second = triaged(service, now, "first"), triaged(service, now, "second")
    answer = browser_of(member).post(f"/incidents/{first.pk}/acknowledge/", {"back": "mine=1"}, headers=HTMX)
    text = answer.content.decode()
    assert 'hx-get="/?mine=1"' in text
    assert f"/incidents/{second.pk}/acknowledge/" in text
    assert f"/incidents/{first.pk}/acknowledge/" not in text
    assert 'id="notices"' in text
    assert 'id="bell-summary" hx-swap-oob="true"' in text


def test_back_leads_to_the_list_and_nowhere_else(
    browser_of: Browser, member: User, service: Service, now: datetime
) -> None:
    incident = triaged(service, now)
    answer = browser_of(member).post(
        f"/incidents/{incident.pk}/acknowledge/", {"back": "//evil.example/\r\nX: y"}
    )
    assert answer["Location"].startswith("/?")


def test_the_frame_says_what_pages_me_and_that_i_am_on_call(
    browser_of: Browser, member: User, stranger: User, service: Service, now: datetime
) -> None:
    incident = triaged(service, now)
    text = browser_of(member).get("/services/").content.decode()
    assert f'href="/incidents/{incident.pk}/"' in text
    assert 'class="bell-count" aria-hidden="true">1<' in text
    assert "You are on call for" in text
    quiet = browser_of(stranger).get("/services/").content.decode()
    assert "bell-count" not in quiet
    assert "Nothing waits for you" in quiet
    acknowledge(incident_id=incident.pk, actor=member, now=now)
    page_again(incident_id=incident.pk, actor=member, now=now)
    assert "bell-count" not in browser_of(member).get("/incidents/bell/", headers=HTMX).content.decode()


def test_who_cannot_be_reached_is_told_and_a_viewer_need_not_be(
    browser_of: Browser, viewer: User, service: Service
) -> None:
    words = "You have no verified way to be reached"
    deaf = make_user("Dora Deaf", reachable=False)
    silent = make_user("Vic Viewer", role="viewer", reachable=False)
    assert words in browser_of(deaf).get("/").content.decode()
    assert words not in browser_of(silent).get("/").content.decode()
    assert words not in browser_of(viewer).get("/").content.decode()


def test_a_service_page_lists_its_incidents_and_its_health(
    browser_of: Browser, viewer: User, owner: User, service: Service, now: datetime
) -> None:
    declared(service, owner, now, "cards are refused")
    over = declared(service, owner, now, "cards were slow")
    change_state(incident_id=over.pk, verb="resolve", actor=owner, now=now)
    text = browser_of(viewer).get("/services/payments-api/").content.decode()
    assert "cards are refused" in text
    assert "cards were slow" in text
    assert "1 open incident" in text
