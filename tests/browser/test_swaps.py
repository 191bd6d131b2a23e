"""Two colleagues swap shifts: asked from one's own shifts, accepted with one click, seen by both on the schedule."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.smtp import part
from tests.world import PHONE, Visit, World

pytestmark = [pytest.mark.browser, pytest.mark.processes]

LENA, LUIS = "lena@example.test", "luis@example.test"
BEGAN = datetime(2026, 1, 5, 9, tzinfo=UTC)
WEEK = timedelta(weeks=1)


def a_turn_of_lena() -> datetime:
    """When one begins, two or three weeks ahead. Three weeks after it Luis's turn follows one of hers."""
    turn = (datetime.now(UTC) - BEGAN) // WEEK + 3
    return BEGAN + (turn + turn % 2) * WEEK


def moment(at: datetime) -> str:
    return f"{at:%a} {at.day} {at:%b}, {at:%H:%M}"


def turns(page: Page, world: World, at: datetime) -> Locator:
    """The day on which that turn begins, as everybody reads it on the schedule."""
    page.goto(f"/oncall/schedules/{world.seed['ledger_schedule']}/?from={at:%Y-%m-%d}")
    return page.locator(".by-day-entry").first


def ask_for_swap(page: Page, given: datetime, wanted: datetime) -> None:
    """From one's own shifts: this one against that of a colleague."""
    page.goto("/me/")
    mine = page.locator("section", has=page.get_by_role("heading", name="Next shifts"))
    shift = mine.get_by_role("listitem").filter(has_text=f"{moment(given)} –")
    shift.get_by_role("link", name="Ask for cover").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Who can cover you?")
    offered = page.get_by_label("In return I take")
    value = offered.locator(
        "option", has_text=f"Luis Ledger: {wanted:%a} {wanted.day} {wanted:%b}"
    ).get_attribute("value")
    offered.select_option(value=value)
    page.get_by_label("Note").fill("A wedding")
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.locator("main")).to_contain_text("You stay on call until somebody accepts")


def link_to_cover(world: World) -> str:
    [mail] = world.until(lambda: [each for each in world.mailbox.to(LUIS) if "Lena" in each["Subject"]])
    found = re.search(r"https?://\S+(/oncall/covers/\d+/)", part(mail, "plain"))
    assert found, part(mail, "plain")
    return found.group(1)


def test_a_swap_is_asked_for_accepted_with_one_click_and_seen_by_both(
    visitor: Callable[..., Visit], world: World
) -> None:
    lena, luis = visitor(LENA), visitor(viewport=PHONE, has_touch=True)
    given = a_turn_of_lena()
    wanted = given + 3 * WEEK
    expect(turns(lena.page, world, given)).to_contain_text("Lena Ledger")
    expect(turns(lena.page, world, wanted)).to_contain_text("Luis Ledger")
    ask_for_swap(lena.page, given, wanted)
    expect(turns(lena.page, world, given)).to_contain_text("Lena Ledger")  # until it is accepted

    luis.page.goto(link_to_cover(world))
    luis.page.get_by_label("Email").fill(LUIS)
    luis.page.get_by_label("Password", exact=True).fill(world.seed["password"])
    luis.page.get_by_role("button", name="Sign in").click()
    expect(luis.page.get_by_role("heading", level=1)).to_have_text("Lena Ledger asks for a swap")
    expect(luis.page.locator("main")).to_contain_text("A wedding")
    luis.page.get_by_role("button", name="Accept the swap").click()
    expect(luis.page.locator("main")).to_contain_text("It is yours: the schedule is changed.")

    for page in (lena.page, luis.page):
        expect(turns(page, world, given)).to_contain_text("Luis Ledger")
        expect(turns(page, world, given)).not_to_contain_text("Lena Ledger")
        expect(turns(page, world, wanted)).to_contain_text("Lena Ledger")
        expect(turns(page, world, wanted)).not_to_contain_text("Luis Ledger")
    assert lena.problems + luis.problems == []
