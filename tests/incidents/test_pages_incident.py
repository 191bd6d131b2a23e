"""An incident's page: what is happening, what do I do."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from catalog.actions import NewChange, record_changes
from catalog.models import Service
from incidents.actions import writing
from incidents.actions.paging import page_again
from incidents.actions.transitions import acknowledge, change_state
from incidents.models import Escalation, Incident, State, TimelineEntry, Update
from incidents.sweep import sweep
from notifications.models import Delivery
from tests.incidents.making import declared, hand_over, triaged
from tests.making import NOW, make_method, make_user

Browser = Callable[[User], Client]
HTMX = {"HX-Request": "true"}
EVIL = "<script>alert(1)</script><img src=x onerror=alert(1)>"
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("standing_clock")]


def page(browser: Client, incident: Incident) -> str:
    answer = browser.get(f"/incidents/{incident.pk}/")
    assert answer.status_code == 200
    return answer.content.decode()


def said(answer: Any) -> str:
    """What the page answered a press with."""
    return " ".join(str(message) for message in answer.context["messages"])


def press(browser: Client, incident: Incident, what: str, **data: Any) -> Any:
    """The button, without script: a post and the page that follows."""
    answer = browser.post(f"/incidents/{incident.pk}/{what}/", data, follow=True)
    assert answer.status_code == 200
    assert answer.redirect_chain == [(f"/incidents/{incident.pk}/", 302)]
    incident.refresh_from_db()
    return answer


# --- Who may see it, who may act


def test_signed_out_is_sent_to_sign_in_and_comes_back(
    client: Client, service: Service, now: datetime
) -> None:
    incident = triaged(service, now)
    for path in ("", "live/", "pages/", "edit/"):
        answer = client.get(f"/incidents/{incident.pk}/{path}")
        assert answer["Location"].startswith("/account/login/?next=/incidents/")
    assert client.post(f"/incidents/{incident.pk}/acknowledge/").status_code == 302
    assert Incident.objects.get().state == State.TRIAGE


ACTS = [
    *("acknowledge", "declare", "move/resolve", "move/dismiss", "escalate", "page-again"),
    *("notes", "updates", "roles", "edit"),
]


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_viewer_sees_it_and_cannot_act(
    browser_of: Browser, viewer: User, service: Service, now: datetime, act: str, headers: dict[str, str]
) -> None:
    incident = triaged(service, now)
    before = TimelineEntry.objects.count()
    data = {"severity": "1", "text": "x", "phase": "resolved", "impact": "operational", "body": "x"}
    answer = browser_of(viewer).post(
        f"/incidents/{incident.pk}/{act}/", data | {"role": "scribe", "user": viewer.pk}, headers=headers
    )
    assert answer.status_code == 403
    assert "Viewers follow incidents but do not act on them" in answer.content.decode()
    assert TimelineEntry.objects.count() == before
    assert Incident.objects.get().state == State.TRIAGE


def test_a_viewer_is_shown_no_buttons(
    browser_of: Browser, viewer: User, service: Service, now: datetime
) -> None:
    text = page(browser_of(viewer), triaged(service, now))
    main = text[text.index('id="incident-head"') : text.index("</main>")]
    assert "<form" not in main
    assert "Checkout answers 502" in main


def test_a_responder_of_another_team_may_answer(
    browser_of: Browser, stranger: User, service: Service, now: datetime
) -> None:
    incident = triaged(service, now)
    press(browser_of(stranger), incident, "acknowledge")
    assert incident.acknowledged_by == stranger


@pytest.mark.parametrize("number", ["0", "999", "9" * 19, "9" * 40])
def test_an_unknown_number_is_404(browser_of: Browser, owner: User, number: str) -> None:
    browser = browser_of(owner)
    for path in ("", "live/", "pages/", "edit/"):
        assert browser.get(f"/incidents/{number}/{path}", headers=HTMX).status_code == 404
    for act in ("acknowledge", "move/resolve", "escalate", "page-again", "notes", "roles"):
        data = {"text": "x", "role": "scribe", "user": owner.pk}
        assert browser.post(f"/incidents/{number}/{act}/", data).status_code == 404


def test_a_get_changes_nothing(browser_of: Browser, owner: User, service: Service, now: datetime) -> None:
    incident = triaged(service, now)
    for act in (
        "acknowledge",
        "declare",
        "move/resolve",
        "escalate",
        "page-again",
        "notes",
        "updates",
        "roles",
    ):
        assert browser_of(owner).get(f"/incidents/{incident.pk}/{act}/").status_code == 405
    assert Incident.objects.get().state == State.TRIAGE


def test_posts_need_the_token_of_the_page(owner: User, service: Service, now: datetime) -> None:
    incident = triaged(service, now)
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(owner)
    assert browser.post(f"/incidents/{incident.pk}/acknowledge/").status_code == 403
    assert Incident.objects.get().state == State.TRIAGE


# --- The next right action


def main_action(text: str) -> str:
    found = re.search(
        r"<(?:button|summary|a)[^>]*id=\"main-action\"[^>]*>(.*?)</(?:button|summary|a)>", text, re.S
    )
    return re.sub(r"<[^>]*>", "", found[1]).strip() if found else ""


def test_each_state_offers_the_next_right_action(
    browser_of: Browser, member: User, service: Service, now: datetime
) -> None:
    incident, browser = triaged(service, now), browser_of(member)
    assert main_action(page(browser, incident)) == "Acknowledge"
    assert main_action(press(browser, incident, "acknowledge").content.decode()) == "Declare as"
    assert main_action(press(browser, incident, "declare", severity="2").content.decode()) == "Mitigated"
    assert main_action(press(browser, incident, "move/mitigate").content.decode()) == "Resolve"
    assert main_action(press(browser, incident, "move/monitor").content.decode()) == "Resolve"
    assert main_action(press(browser, incident, "move/resolve").content.decode()) == "Write postmortem"
    assert incident.state == State.RESOLVED
    press(browser, incident, "move/reopen")
    assert incident.state == State.ACTIVE


def test_a_declared_incident_that_pages_wants_an_answer_first(
    browser_of: Browser, owner: User, service: Service, now: datetime
) -> None:
    incident = declared(service, owner, now)
    answer = press(browser_of(owner), incident, "page-again")
    assert main_action(answer.content.decode()) == "Acknowledge"
    assert incident.state == State.ACTIVE


def test_whoever_declares_chooses_who_leads(
    browser_of: Browser, owner: User, member: User, service: Service, now: datetime
) -> None:
    incident = triaged(service, now)
    answer = press(browser_of(owner), incident, "declare", severity="1", commander=member.pk)
    assert said(answer) == "Declared as SEV1, led by Milan Member."
    assert incident.roles.get(role="commander").user == member
    assert Escalation.objects.get().state == "stopped"


@pytest.mark.parametrize(
    "data", [{}, {"severity": "5"}, {"severity": "x"}, {"severity": "2", "commander": "0"}]
)
def test_a_declaration_without_a_severity_is_asked_for_one(
    browser_of: Browser, owner: User, service: Service, now: datetime, data: dict[str, str]
) -> None:
    incident = triaged(service, now)
    assert "Choose how bad it is" in said(press(browser_of(owner), incident, "declare", **data))
    assert incident.state == State.TRIAGE


def test_a_viewer_cannot_be_made_to_lead(
    browser_of: Browser, owner: User, viewer: User, service: Service, now: datetime
) -> None:
    incident = triaged(service, now)
    press(browser_of(owner), incident, "declare", severity="1", commander=viewer.pk)
    answer = press(browser_of(owner), incident, "roles", role="scribe", user=viewer.pk)
    assert "Choose a person who can respond" in said(answer)
    assert not incident.roles.exists()


def test_escalating_pages_the_next_step_at_once(
    browser_of: Browser, owner: User, member: User, service: Service, now: datetime
) -> None:
    incident = triaged(service, now)
    press(browser_of(member), incident, "escalate")
    while sweep(now=now):
        pass
    assert Escalation.objects.get().paged == sorted([member.pk, owner.pk])


def test_an_unknown_verb_is_404(browser_of: Browser, owner: User, service: Service, now: datetime) -> None:
    incident = triaged(service, now)
    for verb in ("acknowledge", "declare", "explode"):
        assert browser_of(owner).post(f"/incidents/{incident.pk}/move/{verb}/").status_code == 404


# --- Two people at once


def test_the_second_to_acknowledge_is_told_who_was_first_and_when(
    browser_of: Browser,
    member: User,
    owner: User,
    service: Service,
    now: datetime,
    standing_clock: time_machine.Traveller,
) -> None:
    incident = triaged(service, now)
    press(browser_of(member), incident, "acknowledge")
    standing_clock.move_to(now + timedelta(minutes=3))
    owner.time_zone = "Asia/Tokyo"
    owner.save()
    words = said(press(browser_of(owner), incident, "acknowledge"))
    assert words.startswith("Milan Member acknowledged ")
    assert "already, 3 min ago, at 21:00. Nobody is being paged." in words
    assert said(press(browser_of(member), incident, "acknowledge")).startswith("You acknowledged")
    assert TimelineEntry.objects.filter(kind="acknowledged").count() == 1
    assert incident.acknowledged_by == member


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_press_on_an_old_page_is_told_what_happened_and_shown_how_it_stands(
    browser_of: Browser, member: User, owner: User, service: Service, now: datetime, headers: dict[str, str]
) -> None:
    incident = declared(service, owner, now)
    change_state(incident_id=incident.pk, verb="resolve", actor=owner, now=now)
    before = TimelineEntry.objects.count()
    answer = browser_of(member).post(
        f"/incidents/{incident.pk}/move/mitigate/",
        {"after": 1, "seen": "incident-head:0"},
        headers=headers,
        follow=True,
    )
    text = answer.content.decode()
    assert answer.status_code == 200
    assert "had moved on already: “Resolved” by Olga Owner, just now" in text
    assert "Write postmortem" in text
    assert TimelineEntry.objects.count() == before


def test_an_acknowledgement_of_what_is_over_says_so(
    browser_of: Browser, member: User, owner: User, service: Service, now: datetime
) -> None:
    incident = triaged(service, now)
    change_state(incident_id=incident.pk, verb="dismiss", actor=owner, now=now)
    words = said(press(browser_of(member), incident, "acknowledge"))
    assert "“Dismissed: not an incident” by Olga Owner" in words
    assert "had moved on" in said(press(browser_of(member), incident, "page-again"))
    assert incident.state == State.DISMISSED


# --- What people write


def test_a_note_stands_on_top_of_the_timeline_as_sanitised_markdown(
    browser_of: Browser, member: User, service: Service, now: datetime
) -> None:
    incident = triaged(service, now)
    text = "Rolled **back**\n\n[x](javascript:alert(1)) " + EVIL
    answer = press(browser_of(member), incident, "notes", text=text, kind="decision")
    html = answer.content.decode()
    assert "<strong>back</strong>" in html
    assert "<script>alert" not in html
    assert "onerror=alert" not in html.replace("&lt;img src=x onerror=alert(1)&gt;", "")
    assert "javascript:alert" not in re.sub(r">[^<]*<", "><", html)
    assert html.index("tl-decision") < html.index("tl-system")


def test_what_was_done_earlier_is_read_on_the_writers_clock(
    browser_of: Browser, member: User, service: Service, now: datetime
) -> None:
    member.time_zone = "America/New_York"
    member.save()
    incident = triaged(service, now)
    press(
        browser_of(member), incident, "notes", text="Restarted", kind="action", happened_at="2026-03-10T07:30"
    )
    entry = TimelineEntry.objects.get(kind="action")
    assert entry.happened_at == datetime(2026, 3, 10, 11, 30, tzinfo=UTC)
    assert entry.recorded_at == now
    text = page(browser_of(member), incident)
    assert "happened" in text
    assert "Tue 10 Mar 2026, 07:30 EDT" in text


def test_a_time_that_clocks_repeat_is_the_later_one_that_has_been(
    browser_of: Browser, member: User, service: Service, standing_clock: time_machine.Traveller
) -> None:
    member.time_zone = "Europe/Berlin"
    member.save()
    incident = triaged(service, NOW)
    for minute, expected in ((50, 0), (40, 1)):  # 02:20 CEST is 00:20 UTC, 02:20 CET is 01:20 UTC
        standing_clock.move_to(datetime(2026, 10, 25, 0 if expected == 0 else 1, minute, tzinfo=UTC))
        browser = browser_of(member)
        press(browser, incident, "notes", text="seen", happened_at="2026-10-25T02:20")
        entry = TimelineEntry.objects.latest("number")
        assert entry.happened_at == datetime(2026, 10, 25, expected, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"text": "   "}, "This field is required."),
        ({"text": "half a thought", "happened_at": "2031-01-01T00:00"}, "That time is still to come."),
        ({"text": "half a thought", "happened_at": "yesterday"}, "Write a date and a time."),
        ({"text": "half a thought", "kind": "paged"}, "half a thought"),
        ({"text": "x" * 20_001}, "at most 20000 characters"),
        ({"text": "nul \0 byte"}, "Null characters are not allowed."),
    ],
)
@pytest.mark.parametrize(("headers", "status"), [({}, 200), (HTMX, 422)])
def test_a_note_that_cannot_stand_keeps_what_was_typed(
    browser_of: Browser,
    member: User,
    service: Service,
    now: datetime,
    data: dict[str, str],
    words: str,
    headers: dict[str, str],
    status: int,
) -> None:
    incident = triaged(service, now)
    before = TimelineEntry.objects.count()
    answer = browser_of(member).post(f"/incidents/{incident.pk}/notes/", data, headers=headers)
    assert answer.status_code == status
    text = answer.content.decode()
    assert words in text
    assert 'aria-invalid="true"' in text or "kind" in data
    assert data["text"].strip("\0 ")[:10] in text
    assert TimelineEntry.objects.count() == before


def test_an_update_sets_the_impact_and_says_whether_customers_see_it(
    browser_of: Browser, member: User, service: Service, now: datetime
) -> None:
    incident, browser = triaged(service, now), browser_of(member)
    data = {"phase": "identified", "impact": "partial_outage", "body": "Cards are refused", "is_public": "on"}
    answer = press(browser, incident, "updates", **data)
    assert said(answer) == "Published."
    assert incident.impact == "partial_outage"
    assert "Identified · Partial outage · public" in answer.content.decode()
    answer = press(browser, incident, "updates", phase="resolved", impact="partial_outage", body="Over")
    assert said(answer) == "Written for colleagues only."
    assert incident.impact == "operational"
    assert incident.state == State.TRIAGE
    assert list(Update.objects.values_list("is_public", flat=True)) == [True, False]


def test_an_update_without_words_keeps_its_choices(
    browser_of: Browser, member: User, service: Service, now: datetime
) -> None:
    incident = triaged(service, now)
    data = {"phase": "identified", "impact": "major_outage", "body": " "}
    for headers in ({}, HTMX):
        answer = browser_of(member).post(f"/incidents/{incident.pk}/updates/", data, headers=headers)
        assert '<option value="major_outage" selected>' in answer.content.decode()
        assert '<details class="card update" id="update" open>' in answer.content.decode()
    assert not Update.objects.exists()


def test_roles_are_taken_and_handed_over(
    browser_of: Browser, member: User, owner: User, service: Service, now: datetime
) -> None:
    incident = triaged(service, now)
    press(browser_of(member), incident, "roles", role="commander", user=member.pk)
    answer = press(browser_of(owner), incident, "roles", role="commander", user=owner.pk)
    assert said(answer) == "Olga Owner: Incident commander."
    assert incident.roles.get().user == owner


def test_title_summary_and_severity_are_edited_and_the_timeline_says_so(
    browser_of: Browser, member: User, service: Service, now: datetime
) -> None:
    incident, browser = triaged(service, now), browser_of(member)
    assert "Not assessed yet" in browser.get(f"/incidents/{incident.pk}/edit/").content.decode()
    press(browser, incident, "edit", title="Cards are refused", summary="All of *them*", severity="2")
    assert (incident.title, incident.severity) == ("Cards are refused", 2)
    assert "Title changed from “Checkout answers 502” to “Cards are refused”" in page(browser, incident)
    answer = browser.post(
        f"/incidents/{incident.pk}/edit/", {"title": " ", "summary": "kept", "severity": ""}
    )
    assert answer.status_code == 200
    assert "kept" in answer.content.decode()
    incident.refresh_from_db()
    assert (incident.title, incident.severity) == ("Cards are refused", 2)


def test_markup_in_every_text_is_inert(
    browser_of: Browser, member: User, service: Service, now: datetime
) -> None:
    Service.objects.filter(pk=service.pk).update(name=f"API {EVIL}", description=EVIL)
    service.refresh_from_db()
    incident = triaged(service, now, f"Down {EVIL}", summary=EVIL, entry=f"Alert: {EVIL}", source=EVIL[:50])
    member.name = EVIL
    member.save()
    links = [
        {"href": "javascript:alert(1)", "text": EVIL},
        {"href": "https://ci.example.test/", "text": EVIL},
    ]
    record_changes(rows=[NewChange(service.pk, EVIL, now, source=EVIL, links=links)], now=now)
    acknowledge(incident_id=incident.pk, actor=member, now=now)
    writing.add_note(incident_id=incident.pk, actor=member, text=EVIL, now=now)
    writing.publish_update(
        incident_id=incident.pk, actor=member, phase="identified", impact="operational", body=EVIL,
        is_public=True, now=now,
    )  # fmt: skip
    Delivery.objects.update(outcome=EVIL, transport="smoke<b>", address=EVIL)
    browser = browser_of(member)
    for path in (f"/incidents/{incident.pk}/", f"/incidents/{incident.pk}/pages/", "/", f"/?q={EVIL}"):
        html = browser.get(path).content.decode()
        assert "<script>alert" not in html
        assert "<img src=x" not in html
        assert 'href="javascript:' not in html
        assert "smoke<b>" not in html


# --- Who was paged, what was changed, times


def test_the_record_says_who_was_reached_how_and_who_is_next(
    browser_of: Browser, member: User, owner: User, service: Service, now: datetime
) -> None:
    make_method(member, "webhook", "https://hooks.example.test/s3cret")
    incident = triaged(service, now)
    hand_over(now)
    own = page(browser_of(member), incident)
    assert "Step 1" in own
    assert "250 queued" in own
    assert "https://hooks.example.test/s3cret" in own
    assert re.search(r"Next:\s+Olga Owner\s*</b>, due <time[^>]*>in 5 min", own)
    others = page(browser_of(owner), incident)
    assert "Webhook" in others
    assert "s3cret" not in others
    assert "s3cret" not in browser_of(owner).get(f"/incidents/{incident.pk}/pages/").content.decode()


def test_a_page_without_pages_says_so(
    browser_of: Browser, owner: User, service: Service, now: datetime
) -> None:
    incident = declared(service, owner, now)
    assert "it was declared without paging" in page(browser_of(owner), incident)
    assert "Nobody was paged" in browser_of(owner).get(f"/incidents/{incident.pk}/pages/").content.decode()


def test_changes_of_the_hour_before_are_shown_also_those_below_the_service(
    browser_of: Browser, viewer: User, service: Service, now: datetime, team: Any, policy: Any
) -> None:
    from tests.making import make_service  # noqa: PLC0415 - beside its only use

    store = make_service(team, policy, "Store")
    service.depends_on.add(store)
    ago = [
        ("too old", service, 61),
        ("deploy 1418", service, 59),
        ("new index", store, 5),
        ("later", service, -1),
    ]
    record_changes(
        rows=[NewChange(where.pk, what, now - timedelta(minutes=minutes)) for what, where, minutes in ago],
        now=now,
    )
    incident = triaged(service, now)
    answer = browser_of(viewer).get(f"/incidents/{incident.pk}/")
    assert [each.change.summary for each in answer.context["changes"]] == ["new index", "deploy 1418"]
    assert "59 min before" in answer.content.decode()


def test_times_are_on_the_readers_clock(
    browser_of: Browser, viewer: User, service: Service, now: datetime
) -> None:
    viewer.time_zone = "Asia/Tokyo"
    viewer.save()
    text = page(browser_of(viewer), triaged(service, now))
    assert "Tue 10 Mar 2026, 21:00 JST" in text
    assert 'title="2026-03-10 12:00:00 UTC"' in text


# --- Long and live


@pytest.fixture
def long(service: Service, owner: User, now: datetime) -> Incident:
    """Four hundred lines."""
    incident = declared(service, owner, now)
    for number in range(398):
        writing.add_note(incident_id=incident.pk, actor=owner, text=f"line {number}", now=now)
    return incident


def numbers(text: str) -> list[int]:
    return [int(found) for found in re.findall(r'id="entry-(\d+)"', text)]


def test_four_hundred_lines_come_a_hundred_at_a_time(
    browser_of: Browser, viewer: User, long: Incident
) -> None:
    browser = browser_of(viewer)
    assert numbers(page(browser, long)) == list(range(400, 300, -1))
    older = browser.get(f"/incidents/{long.pk}/?before=301", headers=HTMX).content.decode()
    assert numbers(older) == list(range(300, 200, -1))
    assert "<html" not in older
    oldest = browser.get(f"/incidents/{long.pk}/?before=101").content.decode()
    assert numbers(oldest) == list(range(100, 0, -1))
    assert "Back to the newest" in oldest
    assert numbers(browser.get(f"/incidents/{long.pk}/?before=x").content.decode())[0] == 400


def marks(text: str) -> dict[str, str]:
    """What the open page sends with its question."""
    return {name: re.search(f'name="{name}" value="([^"]*)"', text)[1] for name in ("after", "seen")}  # type: ignore[index]


def test_an_open_page_asks_for_what_is_new_and_gets_nothing_when_nothing_is(
    browser_of: Browser,
    member: User,
    service: Service,
    now: datetime,
    standing_clock: time_machine.Traveller,
) -> None:
    incident, browser = triaged(service, now), browser_of(member)
    asked = marks(page(browser, incident))
    standing_clock.move_to(now + timedelta(minutes=2))
    answer = browser.get(f"/incidents/{incident.pk}/live/", asked, headers=HTMX)
    assert answer.status_code == 204


def test_an_open_page_gets_new_lines_and_the_parts_that_changed_and_never_the_composer(
    browser_of: Browser, member: User, owner: User, service: Service, now: datetime
) -> None:
    incident, browser = triaged(service, now), browser_of(owner)
    asked = marks(page(browser, incident))
    writing.add_note(incident_id=incident.pk, actor=member, text="only a note", now=now)
    text = browser.get(f"/incidents/{incident.pk}/live/", asked, headers=HTMX).content.decode()
    assert numbers(text) == [3]
    assert 'id="incident-head"' not in text
    assert "composer" not in text
    asked = marks(text)
    acknowledge(incident_id=incident.pk, actor=member, now=now)
    text = browser.get(f"/incidents/{incident.pk}/live/", asked, headers=HTMX).content.decode()
    assert numbers(text) == [4]
    for part in ("incident-head", "incident-pages", "incident-facts"):
        assert f'id="{part}" hx-swap-oob="true"' in text
    assert 'id="incident-roles"' not in text
    assert "composer" not in text


def test_a_panel_that_appears_is_brought_to_an_open_page(
    browser_of: Browser, member: User, service: Service, now: datetime
) -> None:
    incident, browser = triaged(service, now), browser_of(member)
    asked = marks(page(browser, incident))
    change_state(incident_id=incident.pk, verb="resolve", actor=member, now=now)
    text = browser.get(f"/incidents/{incident.pk}/live/", asked, headers=HTMX).content.decode()
    assert 'hx-swap-oob="beforeend:#panels-side"' in text
    assert 'id="panel-postmortem"' in text
    assert (
        'id="panel-postmortem"'
        not in browser.get(f"/incidents/{incident.pk}/live/", marks(text), headers=HTMX).content.decode()
    )


@pytest.mark.parametrize(
    "asked", [{}, {"after": "x", "seen": "<script>"}, {"after": "9" * 30, "seen": "a:b " * 9000}]
)
def test_nonsense_in_the_question_is_no_error(
    browser_of: Browser, viewer: User, service: Service, now: datetime, asked: dict[str, str]
) -> None:
    incident = triaged(service, now)
    answer = browser_of(viewer).get(f"/incidents/{incident.pk}/live/", asked, headers=HTMX)
    assert answer.status_code in (200, 204)
    assert "<script>" not in answer.content.decode()
    plain = browser_of(viewer).get(f"/incidents/{incident.pk}/live/")
    assert plain["Location"] == f"/incidents/{incident.pk}/"


def test_a_press_by_htmx_brings_its_line_and_the_new_header_in_one_answer(
    browser_of: Browser, member: User, service: Service, now: datetime
) -> None:
    incident, browser = triaged(service, now), browser_of(member)
    asked = marks(page(browser, incident))
    answer = browser.post(f"/incidents/{incident.pk}/acknowledge/", asked, headers=HTMX)
    text = answer.content.decode()
    assert numbers(text) == [3]
    assert 'id="incident-head" hx-swap-oob="true"' in text
    assert "Declare as" in text
    assert "You have" in text


def test_a_note_by_htmx_comes_back_with_an_empty_composer(
    browser_of: Browser, member: User, service: Service, now: datetime
) -> None:
    incident, browser = triaged(service, now), browser_of(member)
    asked = marks(page(browser, incident))
    text = browser.post(
        f"/incidents/{incident.pk}/notes/", {**asked, "text": "by hand"}, headers=HTMX
    ).content.decode()
    assert text.lstrip().startswith('<form class="composer"')
    assert re.search(r"<textarea[^>]*>\s*</textarea>", text)
    assert numbers(text) == [3]


def test_the_queries_of_the_page_do_not_grow(
    browser_of: Browser, member: User, service: Service, policy: Any, now: datetime
) -> None:
    """Three deliveries, authors, lines, changes and people, then thirty of each."""
    browser, counts = browser_of(member), []
    incident = triaged(service, now)
    for number in (3, 27):
        for each in range(number):
            make_method(member, "webhook", f"https://hooks.example.test/{number}/{each}")
            policy.fallback_people.add(make_user())
            writing.add_note(incident_id=incident.pk, actor=make_user(), text=f"line {each}", now=now)
        record_changes(rows=[NewChange(service.pk, f"deploy {n}", now) for n in range(number)], now=now)
        page_again(incident_id=incident.pk, actor=member, now=now)
        while sweep(now=now):
            pass
        hand_over(now)
        for path in ("", "pages/"):
            browser.get(f"/incidents/{incident.pk}/{path}")
        for path in ("", "pages/", "live/"):
            with CaptureQueriesContext(connection) as queries:
                browser.get(f"/incidents/{incident.pk}/{path}", headers=HTMX if path == "live/" else {})
            counts.append(len(queries))
    assert Delivery.objects.filter(state="sent").count() > 30
    assert counts[:3] == counts[3:]
    assert max(counts) <= 30


def test_a_title_of_three_hundred_characters_is_a_page(
    browser_of: Browser, viewer: User, service: Service, now: datetime
) -> None:
    incident = triaged(service, now, "word " * 200)
    assert len(incident.title) <= 300
    assert incident.title in page(browser_of(viewer), incident)
