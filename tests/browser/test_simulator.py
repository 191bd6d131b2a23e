"""Who would be paged? Asked, supposed, and kept as what is expected, as people do it in a browser."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.world import PHONE, Visit, World

pytestmark = [pytest.mark.browser, pytest.mark.processes]

LENA, LUIS, SARA = "lena@example.test", "luis@example.test", "sara@example.test"
SIMULATOR, EXPECTED = "/oncall/simulator/", "/oncall/assertions/"
BEGAN = datetime(2026, 1, 5, 9, tzinfo=UTC)
PASSED_OVER = "Step 1 has nobody: passed over at once"


def a_night_of_luis(weeks: int) -> datetime:
    """A Thursday at 3:00 at least so many weeks ahead: beyond what other tests change, each with weeks of its own."""
    turn = (datetime.now(UTC) + timedelta(weeks=weeks) - BEGAN) // timedelta(weeks=1)
    return BEGAN + timedelta(weeks=turn + 1 - turn % 2, days=2, hours=18)


def ask(page: Page, at: datetime, severity: str = "SEV2") -> None:
    page.goto(SIMULATOR)
    page.get_by_label("Service", exact=True).select_option(label="Ledger API")
    page.get_by_label("Severity", exact=True).select_option(label=severity)
    page.get_by_label("Moment", exact=True).fill(f"{at:%Y-%m-%dT%H:%M}")
    page.get_by_role("button", name="Ask", exact=True).click()
    asked = f"{severity} Ledger API, {at:%a} {at.day} {at:%b %Y}, {at:%H:%M}"
    expect(page.locator("#sim-answer")).to_contain_text(asked)


def headline(page: Page) -> Locator:
    return page.locator(".sim-first")


def steps(page: Page) -> list[str]:
    """Each step of the ladder as it is read, in order."""
    return [" ".join(each.split()) for each in page.locator(".sim-ladder > li").all_inner_texts()]


def suppose(page: Page) -> None:
    page.get_by_text("What if …", exact=True).click()


@pytest.mark.parametrize("has_script", [True, False], ids=["script", "no script"])
def test_who_is_paged_at_a_moment_is_answered_with_names_minutes_and_ways(
    visitor: Callable[..., Visit], has_script: bool
) -> None:
    visit = visitor(LENA, java_script_enabled=has_script)
    page, at = visit.page, a_night_of_luis(30)
    ask(page, at)
    expect(headline(page)).to_have_text("Luis Ledger is paged at once.")
    expect(page.locator("#sim-answer")).to_contain_text(
        f"SEV2 Ledger API, {at:%a} {at.day} {at:%b %Y}, 03:00"
    )
    first, second, fallback = steps(page)
    assert first.startswith("03:00 Step 1")
    assert "Luis Ledger E-mail at once, E-mail after 3 min (Ledger turns)" in first
    assert second.startswith("03:07 + 7 min Step 2")
    assert "Lena Ledger E-mail at once (by name)" in second
    assert fallback.startswith("03:14 + 14 min Fallback, again every")
    assert visit.problems == []


def test_the_address_of_an_answer_is_sent_to_a_colleague(visitor: Callable[..., Visit]) -> None:
    lena, luis = visitor(LENA), visitor(LUIS)
    ask(lena.page, a_night_of_luis(31))
    expect(headline(lena.page)).to_have_text("Luis Ledger is paged at once.")
    lena.page.wait_for_url("**severity=2**")
    luis.page.goto(lena.page.url)
    assert steps(luis.page) == steps(lena.page)
    expect(luis.page.get_by_role("link", name="Expect this answer")).to_have_count(0)
    assert lena.problems + luis.problems == []


def test_on_a_phone_the_answer_is_seen_first_and_read_first(visitor: Callable[..., Visit]) -> None:
    visit = visitor(LENA, viewport=PHONE, has_touch=True)
    page = visit.page
    ask(page, a_night_of_luis(32))
    expect(headline(page)).to_have_text("Luis Ledger is paged at once.")
    expect(page.locator("#sim-answer")).to_be_focused()
    bottom = page.locator(".sim-people").first.evaluate("(e) => e.getBoundingClientRect().bottom")
    bar = page.get_by_role("link", name="Incidents", exact=True).last.evaluate(
        "(e) => e.getBoundingClientRect().top"
    )
    top = page.locator("#sim-answer").evaluate("(e) => e.getBoundingClientRect().top")
    assert 0 < top < bottom <= bar
    assert visit.problems == []


def test_an_override_that_is_only_supposed_changes_the_answer_and_nothing_else(
    visitor: Callable[..., Visit], world: World
) -> None:
    visit = visitor(LENA)
    page = visit.page
    ask(page, a_night_of_luis(33))
    expect(headline(page)).to_have_text("Luis Ledger is paged at once.")
    suppose(page)
    page.get_by_label("In schedule").select_option(label="Ledger turns · Ledger")
    page.get_by_role("group", name="a schedule were overridden").get_by_label("Person").select_option(
        label="Sara Searcher"
    )
    page.get_by_role("button", name="Ask with this").click()
    expect(headline(page)).to_have_text("Sara Searcher is paged at once.")
    answer = page.locator("#simulator")
    expect(answer).to_contain_text("What if Sara Searcher is on call alone in Ledger turns?")
    expect(answer).to_contain_text("As it stands: Luis Ledger is paged at once.")
    expect(page.get_by_role("link", name="Expect this answer")).to_have_count(0)
    page.get_by_role("link", name="Ask without what-ifs").click()
    expect(headline(page)).to_have_text("Luis Ledger is paged at once.")
    assert "Sara" not in page.locator(".sim-ladder").inner_text()
    made = "select count(*) from oncall_override o join accounts_user u on u.id = o.user_id"
    schedule = int(world.seed["ledger_schedule"])
    assert int(world.ask(f"{made} where u.email = '{SARA}' and o.schedule_id = {schedule}")) == 0
    assert visit.problems == []


def test_time_off_that_is_only_supposed_shows_a_step_with_nobody(
    visitor: Callable[..., Visit], world: World
) -> None:
    visit = visitor(LENA)
    page = visit.page
    ask(page, a_night_of_luis(34))
    expect(headline(page)).to_have_text("Luis Ledger is paged at once.")
    suppose(page)
    away = page.get_by_role("group", name="somebody were away")
    away.get_by_label("Person").select_option(label="Luis Ledger")
    page.get_by_role("button", name="Ask with this").click()
    expect(headline(page)).to_have_text("Lena Ledger is paged at once.")
    expect(page.locator(".sim-amiss").first).to_contain_text(PASSED_OVER)
    expect(page.locator("#simulator")).to_contain_text("What if Luis Ledger is away?")
    stored = "select count(*) from oncall_absence a join accounts_user u on u.id = a.user_id"
    assert int(world.ask(f"{stored} where u.email = '{LUIS}'")) == 0
    assert visit.problems == []


def test_a_question_that_lacks_something_says_what_where(visitor: Callable[..., Visit]) -> None:
    page = visitor(LENA).page
    ask(page, a_night_of_luis(35))
    expect(headline(page)).to_be_visible()
    suppose(page)
    page.get_by_label("In schedule").select_option(label="Ledger turns · Ledger")
    page.get_by_role("button", name="Ask with this").click()
    person = page.get_by_role("group", name="a schedule were overridden").get_by_label("Person")
    expect(page.get_by_text("An override needs a schedule and a person.")).to_be_visible()
    expect(person).to_be_focused()
    expect(headline(page)).to_have_count(0)


def test_an_answer_is_kept_as_expected_holds_and_fails_when_a_colleague_takes_the_night(
    visitor: Callable[..., Visit], world: World
) -> None:
    lena, luis = visitor(LENA), visitor(LUIS)
    page, at = lena.page, a_night_of_luis(36)
    name = f"Luis wakes {at:%Y-%m-%d}"
    ask(page, at)
    page.get_by_role("link", name="Expect this answer").click()
    expect(page.get_by_label("Luis Ledger").first).to_be_checked()
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", name="It is as expected")).to_be_visible()
    expect(page.locator("main")).to_contain_text("Paged: Luis Ledger, at once at the latest.")
    expect(headline(page)).to_have_text("Luis Ledger is paged at once.")
    expect(row(luis.page, name)).to_contain_text("Holds")
    expect(row(luis.page, name)).to_contain_text("Luis Ledger at once (step 1)")
    override(page, world, at)
    world.until(lambda: "Fails" in row(luis.page, name).inner_text())
    expect(row(luis.page, name)).to_contain_text("Lena Ledger at once (step 1)")
    world.until(lambda: [mail for mail in world.mailbox.to(LENA) if name in mail["Subject"]])
    assert lena.problems + luis.problems == []


def row(page: Page, name: str) -> Locator:
    """As it stands now, in the list of what is expected."""
    page.goto(EXPECTED)
    return page.get_by_role("row", name=name)


def override(page: Page, world: World, at: datetime) -> None:
    span = f"from={at - timedelta(hours=3):%Y-%m-%dT%H:%MZ}&until={at + timedelta(hours=3):%Y-%m-%dT%H:%MZ}"
    page.goto(f"/oncall/schedules/{world.seed['ledger_schedule']}/overrides/new/?{span}")
    page.get_by_label("Who", exact=True).select_option(label="Lena Ledger")
    page.get_by_label("Reason").fill("Concert")
    page.get_by_role("button", name="Make this change").click()
    expect(page.get_by_role("heading", name="Ledger turns", level=1)).to_be_visible()
