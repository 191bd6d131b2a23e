"""What a team lead and the people on call do with schedules: from a template to a swap, as they click it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count

import pytest
from playwright.sync_api import Page, expect

from tests.world import PHONE, Visit, World

pytestmark = [pytest.mark.browser, pytest.mark.processes]

SVEN, SARA = "sven@example.test", "sara@example.test"
TEMPLATES = [
    "weekly",
    "daily",
    "two_at_a_time",
    "weeks_and_weekends",
    "days_and_weekends",
    "follow_the_sun",
]
_numbers = count(1)


def pick_both(page: Page) -> None:
    page.goto("/oncall/schedules/new/")
    page.get_by_role("button", name="Everybody in Search").click()
    expect(page.locator("#picks input:checked")).to_have_count(2)


def save_as(page: Page, name: str) -> str:
    """Name it, save it; returns the schedule's address."""
    page.get_by_label("Name", exact=True).first.fill(name)
    page.get_by_role("button", name="Save", exact=True).last.click()
    expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()
    return page.url


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_template_makes_a_schedule_that_covers_the_next_weeks(
    template: str, visitor: Callable[..., Visit], world: World
) -> None:
    visit = visitor(SARA, viewport=PHONE if template == "weekly" else {"width": 1280, "height": 900})
    page, name = visit.page, f"From {template} {next(_numbers)}"
    pick_both(page)
    page.locator(f"#template-{template}").click()
    expect(page.locator(f"#template-{template}")).to_have_attribute("aria-pressed", "true")
    if template == "follow_the_sun":
        # Two people of near zones are no two groups until somebody says so.
        expect(page.locator("#pick-error")).to_contain_text("by hand")
        page.get_by_label("Group of Sara Searcher").select_option("1")
        page.get_by_label("Group of Sven Seeker").select_option("2")
    expect(page.locator("#preview")).to_contain_text("Sven")
    save_as(page, name)
    expect(page.locator("main")).to_contain_text("Covered without a gap")
    assert visit.problems == []
    assert world.ask(f"select count(*) from oncall_schedule where name = '{name}'").strip() == "1"  # noqa: S608


def test_the_preview_follows_while_somebody_types(visitor: Callable[..., Visit]) -> None:
    visit = visitor(SARA)
    page = visit.page
    pick_both(page)
    page.locator("#template-weekly").click()
    expect(page.locator("#preview")).to_contain_text("Sara")
    before = page.locator("#preview").inner_text()
    page.locator("[name=handoff_day]").select_option("Friday")
    expect(page.locator("#preview")).not_to_have_text(before)
    assert visit.problems == []


def test_a_change_is_reviewed_saved_and_undone(visitor: Callable[..., Visit]) -> None:
    visit = visitor(SARA)
    page, name = visit.page, f"Reviewed {next(_numbers)}"
    pick_both(page)
    page.locator("#template-weekly").click()
    expect(page.locator("#preview")).to_contain_text("Sara")
    address = save_as(page, name)
    page.goto(f"{address}edit/")
    page.locator("[name=layer-0-turn_unit]").select_option("days")
    page.get_by_role("button", name="Review and save").first.click()
    expect(page.get_by_text("After", exact=True).first).to_be_visible()
    page.get_by_role("button", name="Save", exact=True).last.click()
    expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()
    page.get_by_role("button", name="Undo").first.click()
    page.goto(f"{address}edit/")
    expect(page.locator("[name=layer-0-turn_unit]")).to_have_value("weeks")
    assert visit.problems == []


def test_a_shift_that_is_clicked_is_given_to_somebody_else(
    visitor: Callable[..., Visit], world: World
) -> None:
    visit = visitor(SARA)
    page = visit.page
    page.goto(f"/oncall/schedules/{world.seed['search_schedule']}/")
    page.locator(".lane-final a").last.click()
    expect(page.get_by_label("From")).not_to_have_value("")
    page.get_by_label("Who", exact=True).select_option(label="Sara Searcher")
    page.get_by_label("Reason").fill("Dentist")
    page.get_by_role("button", name="Make this change").click()
    expect(page.get_by_role("heading", name="Search primary", level=1)).to_be_visible()
    expect(page.locator("main")).to_contain_text("Dentist")
    assert visit.problems == []


def test_a_cover_is_asked_for_on_a_phone_and_taken_with_one_click(
    visitor: Callable[..., Visit], world: World
) -> None:
    sven, sara = visitor(SVEN, viewport=PHONE), visitor(SARA, viewport=PHONE)
    start = (datetime.now(UTC) + timedelta(days=40)).replace(hour=12, minute=0, second=0, microsecond=0)
    span = f"from={start:%Y-%m-%dT%H:%MZ}&until={start + timedelta(hours=8):%Y-%m-%dT%H:%MZ}"
    sven.page.goto(f"/oncall/covers/new/?schedule={world.seed['search_schedule']}&{span}")
    sven.page.locator("form[method=post] button.btn-primary").last.click()
    expect(sven.page.locator("main")).to_contain_text("You stay on call until somebody accepts")
    world.until(lambda: [mail for mail in world.mailbox.to(SARA) if "Sven" in mail["Subject"]])
    sara.page.goto("/oncall/covers/")
    sara.page.get_by_role("button", name="Take it over").first.click()
    expect(sara.page.locator("main")).to_contain_text("It is yours")
    sql = "select count(*) from oncall_override o join oncall_coverrequest c on c.override_id = o.id"
    assert int(world.ask(sql)) >= 1
    assert sven.problems + sara.problems == []


@pytest.fixture
def calendar_elsewhere() -> Iterator[str]:
    """A calendar on a real server: Sven, from tomorrow every day at noon for an hour."""
    start = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0) + timedelta(days=1)
    lines = [
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Somewhere//EN", "BEGIN:VEVENT", "UID:noon@somewhere",
        f"DTSTAMP:{start:%Y%m%dT%H%M%SZ}", f"DTSTART:{start:%Y%m%dT%H%M%SZ}", "DURATION:PT1H",
        "RRULE:FREQ=DAILY;COUNT=30", "SUMMARY:Sven Seeker", "END:VEVENT", "END:VCALENDAR", "",
    ]  # fmt: skip
    text = "\r\n".join(lines).encode()

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/calendar")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, format: str, *arguments: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/noon.ics"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_calendar_is_looked_at_and_then_read(
    visitor: Callable[..., Visit], world: World, calendar_elsewhere: str
) -> None:
    visit = visitor(SARA)
    page = visit.page
    pick_both(page)
    page.locator("#template-weekly").click()
    expect(page.locator("#preview")).to_contain_text("Sara")
    address = save_as(page, f"With a calendar {next(_numbers)}")
    pk = address.rstrip("/").rpartition("/")[2]
    page.goto(f"/oncall/calendars/new/?schedule={pk}")
    page.get_by_label("Name", exact=True).fill("Noon")
    page.get_by_label("Address").fill(calendar_elsewhere)
    page.get_by_role("button", name="Look at it").click()
    expect(page.locator("main")).to_contain_text("30")
    page.get_by_role("button", name="Add it").click()
    shifts = "select count(*) from oncall_feedshift s join oncall_calendarfeed f on f.id = s.feed_id"
    assert int(world.ask(f"{shifts} where f.schedule_id = {int(pk)}")) == 30
    assert visit.problems == []


@pytest.mark.parametrize("path", ["/oncall/", "/oncall/schedules/{search_schedule}/"])
def test_the_drawn_schedule_is_seen_on_a_phone(
    path: str, visitor: Callable[..., Visit], world: World
) -> None:
    page = visitor(SVEN, viewport=PHONE).page
    page.goto(path.format(**world.seed))
    expect(page.locator(".lane-final .bar").last).to_be_visible()
