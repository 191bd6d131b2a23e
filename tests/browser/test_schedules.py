"""A schedule under the pointer, the keyboard and the thumb: overriding a shift, and reading it on a phone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.world import PHONE, Visit, World

pytestmark = [pytest.mark.browser, pytest.mark.processes]

SVEN = "sven@example.test"
FAR = f"{datetime.now(UTC) + timedelta(weeks=20):%Y-%m-%d}"
"""Nobody is paged then, so what is overridden there concerns no other test."""


def on_schedule(page: Page, world: World, query: str = "") -> str:
    path = f"/oncall/schedules/{world.seed['search_schedule']}/"
    page.goto(f"{path}{query}")
    return path


def effect(page: Page) -> Locator:
    return page.locator("#effect")


def test_a_clicked_shift_is_overridden_after_a_look_at_what_changes(
    world: World, visitor: Callable[..., Visit]
) -> None:
    visit = visitor(SVEN)
    page = visit.page
    path = on_schedule(page, world, f"?from={FAR}")
    page.locator(".lane-final a").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Override")
    expect(effect(page)).to_contain_text("Say who")
    page.get_by_label("Who").first.select_option(label="Sara Searcher")
    expect(effect(page)).to_contain_text("Sara Searcher")
    expect(effect(page)).to_contain_text("becomes")
    expect(page.get_by_label("In place of")).to_be_hidden()
    page.get_by_label("is not on call").check()
    expect(effect(page)).to_contain_text("This changes nothing: Sara Searcher is not on call then.")
    page.get_by_label("stands in for one person").check()
    page.get_by_label("In place of").select_option(label="Sven Seeker")
    expect(effect(page).locator(".change-mark")).to_have_count(1)
    page.get_by_role("button", name="One more change").click()
    expect(page.locator(".override-row")).to_have_count(2)
    page.get_by_role("button", name="Drop change 2").click()
    expect(page.locator(".override-row")).to_have_count(1)
    page.get_by_label("Reason").fill("Moving house")
    page.get_by_role("button", name="Make this change").click()
    page.wait_for_url(f"**{path}")
    made = page.locator("#overrides li", has_text="Moving house")
    expect(made).to_contain_text("stands in for Sven Seeker")
    made.get_by_role("button").click()
    expect(page.locator("#overrides li", has_text="Moving house")).to_have_count(0)
    assert visit.problems == []


def test_a_bar_is_reached_and_opened_by_the_keyboard(world: World, visitor: Callable[..., Visit]) -> None:
    page = visitor(SVEN).page
    on_schedule(page, world, f"?from={FAR}&range=quarter")
    page.get_by_role("group", name="Who is on call, drawn").focus()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('.lane-final') !== null")
    page.keyboard.press("Enter")
    expect(page.get_by_label("From")).not_to_have_value("")


def test_without_script_a_button_shows_what_changes(world: World, visitor: Callable[..., Visit]) -> None:
    page = visitor(SVEN, java_script_enabled=False).page
    on_schedule(page, world, f"?from={FAR}")
    page.locator(".by-day-act").first.click()
    page.get_by_label("Who").first.select_option(label="Sara Searcher")
    page.get_by_role("button", name="Preview").click()
    expect(effect(page)).to_contain_text("Sara Searcher")
    expect(page.get_by_label("Who").first.locator("option:checked")).to_have_text("Sara Searcher")


@pytest.mark.parametrize("wanted", ["two-weeks", "quarter"])
def test_on_a_phone_the_answers_come_before_the_drawing(
    world: World, visitor: Callable[..., Visit], wanted: str
) -> None:
    page = visitor(SVEN, viewport=PHONE, has_touch=True).page
    on_schedule(page, world, f"?range={wanted}")
    parts = (".answer-now", ".answer-me", ".answer-cover", ".by-day", ".lanes")
    tops = [page.locator(each).first.evaluate("(e) => e.getBoundingClientRect().top") for each in parts]
    assert tops == sorted(tops)
    expect(page.locator(".answer-me")).to_be_in_viewport()
    assert page.evaluate("document.scrollingElement.scrollWidth <= innerWidth")
    assert page.locator(".lanes").evaluate("(e) => e.scrollWidth > e.clientWidth")
