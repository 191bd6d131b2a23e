"""What people do on the pages: together, on a lost connection, without script, with the keyboard alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.world import PHONE, Visit, World, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.processes]

SVEN, SARA = "sven@example.test", "sara@example.test"
_numbers = count(1)


@pytest.fixture
def number(world: World) -> int:
    """An incident of the test's own, which pages Sven."""
    return fire(world)


def fire(world: World, title: str = "Search fails") -> int:
    """A new alert that pages Sven; returns the incident's number when he was mailed."""
    title = f"{title} {next(_numbers)}"
    number = world.fire(world.seed["search"], title)
    world.until(lambda: world.pages(SVEN, title))
    return number


def state(page: Page) -> Locator:
    """The state in the header of an incident's page."""
    return page.locator("#incident-head .state").first


def acknowledge(page: Page) -> None:
    page.locator("#incident-head").get_by_role("button", name="Acknowledge").click()


def listening(visit: Visit, path: str) -> Page:
    """The page, with its event stream open; `window.kept` is gone if it is ever loaded anew."""
    with visit.page.expect_response(lambda answer: "/live/events" in answer.url):
        visit.page.goto(path)
    visit.page.evaluate("window.kept = true")
    return visit.page


def test_what_one_does_the_other_sees_without_a_reload(number: int, visitor: Callable[..., Visit]) -> None:
    sven, sara = visitor(SVEN), visitor(SARA)
    page = listening(sven, f"/incidents/{number}/")
    sara.page.goto(f"/incidents/{number}/")
    acknowledge(sara.page)
    expect(state(page)).to_have_text("Acknowledged", timeout=4000)
    expect(page.locator("#entries")).to_contain_text("Acknowledged by Sara Searcher")
    expect(page.locator("#incident-head").get_by_role("button", name="Acknowledge")).to_have_count(0)
    assert page.evaluate("window.kept")
    assert sven.problems + sara.problems == []


def test_home_stops_ringing_when_somebody_else_has_it(
    world: World, number: int, visitor: Callable[..., Visit]
) -> None:
    sven, sara = visitor(SVEN), visitor(SARA)
    page = listening(sven, "/")
    mine = page.locator("#paging-me").get_by_role("link", name=_title(world, number), exact=True)
    expect(mine).to_be_visible()
    sara.page.goto(f"/incidents/{number}/")
    acknowledge(sara.page)
    expect(mine).to_have_count(0, timeout=4000)
    assert page.evaluate("window.kept")


def _title(world: World, number: int) -> str:
    return world.ask(f"select title from incidents_incident where id = {number}").strip()  # noqa: S608


@pytest.fixture
def live_stops(world: World) -> Iterator[Callable[[], None]]:
    """Ends the event stream's process; it runs again afterwards."""
    yield lambda: world.stack.end("live")
    world.start_live()
    world.stack.wait_for(f"http://127.0.0.1:{world.live_port}/healthz")


def test_a_page_that_lost_its_stream_says_so_and_polls(
    number: int, visitor: Callable[..., Visit], live_stops: Callable[[], None]
) -> None:
    sven, sara = visitor(SVEN), visitor(SARA)
    sven.page.clock.install()
    page = listening(sven, f"/incidents/{number}/")
    banner = page.locator("#connection-lost")
    expect(banner).to_be_hidden()
    live_stops()
    expect(banner).to_be_visible()
    expect(banner).to_contain_text("Polling instead")
    sara.page.goto(f"/incidents/{number}/")
    acknowledge(sara.page)
    expect(state(sara.page)).to_have_text("Acknowledged")
    expect(state(page)).to_have_text("Triage")
    page.clock.fast_forward(10_000)
    expect(state(page)).to_have_text("Acknowledged")
    assert page.evaluate("window.kept")


def test_the_second_to_acknowledge_is_told_who_was_first(number: int, visitor: Callable[..., Visit]) -> None:
    late, sara = visitor(SVEN, java_script_enabled=False).page, visitor(SARA).page
    for page in (late, sara):
        page.goto(f"/incidents/{number}/")
    acknowledge(sara)
    expect(state(sara)).to_have_text("Acknowledged")
    acknowledge(late)
    expect(late.locator("#notices")).to_contain_text(f"Sara Searcher acknowledged #{number} already")
    expect(late.locator("#entries").get_by_text("Acknowledged by")).to_have_count(1)


def test_a_draft_survives_news_and_a_reload(number: int, visitor: Callable[..., Visit]) -> None:
    sven, sara = visitor(SVEN), visitor(SARA)
    page = listening(sven, f"/incidents/{number}/")
    words = page.get_by_label("What happened, what you did")
    words.press_sequentially("Half a thought")
    sara.page.goto(f"/incidents/{number}/")
    acknowledge(sara.page)
    expect(state(page)).to_have_text("Acknowledged")
    expect(words).to_have_value("Half a thought")
    expect(words).to_be_focused()
    page.reload()
    expect(words).to_have_value("Half a thought")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator("#entries").get_by_text("Half a thought")).to_be_visible()
    expect(words).to_have_value("")
    page.reload()
    expect(words).to_have_value("")


def test_every_main_act_works_without_script(
    world: World, number: int, visitor: Callable[..., Visit]
) -> None:
    visit = visitor(java_script_enabled=False)
    page = visit.page
    sign_in(page, world, SVEN)
    mine = page.locator("#paging-me article", has_text=_title(world, number))
    mine.get_by_role("button", name="Acknowledge").click()
    expect(page.locator("#notices")).to_contain_text(f"You have #{number}.")
    page.goto(f"/incidents/{number}/")
    page.get_by_label("What happened, what you did").fill("Written without **script**")
    page.get_by_label("Decision").check()
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator("#entries .tl-decision").get_by_text("script")).to_be_visible()
    page.locator("#incident-head summary", has_text="Declare").click()
    page.get_by_role("button", name="SEV3").click()
    expect(state(page)).to_have_text("Active")
    _say(page, "Some searches fail.")
    page.get_by_role("button", name="Mitigated").click()
    expect(state(page)).to_have_text("Mitigated")
    page.get_by_role("button", name="Resolve", exact=True).click()
    expect(state(page)).to_have_text("Resolved")
    assert visit.problems == []


def _say(page: Page, words: str) -> None:
    page.locator("summary", has_text="Post an update").click()
    page.get_by_label("What customers should know").fill(words)
    page.get_by_role("button", name="Post update").click()
    expect(page.locator("#entries").get_by_text(words)).to_be_visible()


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_an_incident_is_declared_by_hand(script: bool, world: World, visitor: Callable[..., Visit]) -> None:
    page = visitor(SARA, java_script_enabled=script).page
    page.goto("/")
    page.get_by_role("banner").get_by_role("link", name="Declare").click()
    title = f"Search is slow in Oslo, {script}"
    page.get_by_label("Service").select_option("Search API")
    if script:
        expect(page.locator("#who")).to_contain_text("Sven Seeker")
    page.get_by_label("Title").fill(title)
    page.get_by_text("SEV3").first.click()
    page.get_by_role("main").get_by_role("button", name="Declare").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    expect(state(page)).to_have_text("Active")
    world.until(lambda: world.pages(SVEN, title))


def test_the_chosen_theme_stays(visitor: Callable[..., Visit]) -> None:
    page = visitor(SVEN, color_scheme="light").page
    root = page.locator("html")
    page.goto("/me/")
    expect(root).to_have_attribute("data-bs-theme", "light")
    page.get_by_role("button", name="Switch between light and dark").first.click()
    expect(root).to_have_attribute("data-bs-theme", "dark")
    page.goto("/services/")
    expect(root).to_have_attribute("data-bs-theme", "dark")


def test_keys_lead_everywhere_but_not_while_typing(visitor: Callable[..., Visit]) -> None:
    visit = visitor(SVEN)
    page = visit.page
    page.goto("/services/")
    page.keyboard.press("?")
    keys = page.get_by_role("dialog", name="Keys")
    expect(keys).to_be_visible()
    page.keyboard.press("Escape")
    expect(keys).to_be_hidden()
    page.keyboard.press("/")
    search = page.get_by_role("searchbox", name="Search incidents").first
    expect(search).to_be_focused()
    page.keyboard.type("gi?")
    expect(search).to_have_value("gi?")
    expect(keys).to_be_hidden()
    search.blur()
    page.keyboard.press("g")
    page.keyboard.press("i")
    expect(page.get_by_role("heading", level=1)).to_have_text("Incidents")
    assert visit.problems == []


def test_the_key_a_leads_to_the_answer(number: int, visitor: Callable[..., Visit]) -> None:
    page = visitor(SVEN).page
    page.goto(f"/incidents/{number}/")
    page.keyboard.press("a")
    expect(page.locator("#incident-head").get_by_role("button", name="Acknowledge")).to_be_focused()
    page.keyboard.press("Enter")
    expect(state(page)).to_have_text("Acknowledged")


def test_a_phone_shows_one_part_at_a_time(number: int, visitor: Callable[..., Visit]) -> None:
    page = visitor(SVEN, viewport=PHONE, has_touch=True).page
    page.goto(f"/incidents/{number}/")
    timeline, ledger = page.locator("#tab-timeline"), page.locator("#incident-pages")
    expect(timeline).to_be_visible()
    expect(ledger).to_be_hidden()
    page.get_by_role("navigation", name="Parts of this incident").get_by_role("link", name="Paged").tap()
    expect(ledger).to_be_visible()
    expect(timeline).to_be_hidden()


def test_what_people_and_machines_write_is_never_run(world: World, visitor: Callable[..., Visit]) -> None:
    evil = "<img src=x onerror=window.hit=1><script>window.hit=1</script>"
    number = fire(world, evil)
    visit = visitor(SVEN)
    page = visit.page
    for path in ("/", f"/incidents/{number}/"):
        page.goto(path)
        expect(page.get_by_role("main").get_by_text(evil).first).to_be_visible()
    page.get_by_label("What happened, what you did").fill(f"{evil} [x](javascript:window.hit=1) seen")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator("#entries").get_by_text("seen")).to_be_visible()
    assert page.locator("#entries a[href^='javascript']").count() == 0
    assert page.evaluate("window.hit === undefined")
    assert visit.problems == []
