"""From a real Alertmanager's post to a PDF for the auditor: every part real, seen as the people in it see it."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.loop.peers import Alertmanager
from tests.smtp import part
from tests.world import PHONE, Visit, World, ack_link, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.processes]

TITLE = "Checkout answers 502"
NOTE = "Release 1418 halved the pool"
UPDATE = "Card payments fail for one customer in three."
MILAN, OLGA, ADA = "milan@example.test", "olga@example.test", "ada@example.test"
# A public page may be shown five seconds from a copy; the rest is for a busy machine.
TOLD_WITHIN = 15.0


def test_an_alert_pages_people_and_ends_as_a_pdf_that_proves_it(
    world: World, visitor: Callable[..., Visit], tmp_path: Path
) -> None:
    alertmanager = Alertmanager(
        world.stack, f"{world.stack.url}/in/alertmanager/{world.seed['alertmanager']}"
    )
    alertmanager.set(firing=True)
    number = _milan_is_paged_then_olga(world)
    third_turn = _third_turn(world, number)
    _olga_acknowledges_by_her_link(world, visitor(viewport=PHONE), number)
    olga = visitor()
    _olga_declares_and_writes(world, olga, number)
    _customers_see_it(world, visitor(), status="partial_outage", indicator="minor")
    alertmanager.set(firing=False)
    _the_end_of_the_alert_is_only_noted(olga.page)
    _olga_ends_it(olga.page)
    _customers_see_it_work_again(world, visitor())
    _olga_writes_the_postmortem(olga.page, number)
    ada = visitor("ada@example.test")
    _ada_approves(ada.page, number)
    text = _text_of_the_pdf(ada.page, tmp_path)
    assert NOTE in text
    assert OLGA in text or "Olga Owner" in text
    ada.page.get_by_role("button", name="Publish", exact=True).click()
    expect(ada.page.locator("#review .state")).to_have_text("Published")
    assert "timelines are whole" in world.stack.manage("verify_chain")
    _nobody_else_was_mailed(world, third_turn)
    assert (olga.problems, ada.problems) == ([], [])


def _milan_is_paged_then_olga(world: World) -> int:
    """The step after Milan's comes by itself, since he does not answer. Returns the incident's number."""
    [first] = world.until(lambda: world.pages(MILAN, TITLE))
    assert first["Subject"].startswith("Payments API: Checkout answers 502")
    assert not world.pages(OLGA, TITLE)
    [second] = world.until(lambda: world.pages(OLGA, TITLE))
    number = part(second, "plain").partition("/incidents/")[2].partition("/")[0]
    between = "select extract(epoch from max(scheduled_at) - min(scheduled_at)) from notifications_delivery"
    waited = float(world.ask(f"{between} where subject = 'incident:{number}'"))
    assert 4.0 <= waited < 8.0
    return int(number)


def _third_turn(world: World, number: int) -> float:
    """When the fallback would be paged, in seconds since 1970."""
    sql = f"select extract(epoch from next_step_at) from incidents_escalation where incident_id = {number}"  # noqa: S608
    return float(world.ask(sql))


def _state(world: World, number: int) -> str:
    return world.ask(f"select state from incidents_incident where id = {number}").strip()  # noqa: S608


def _olga_acknowledges_by_her_link(world: World, visit: Visit, number: int) -> None:
    page = visit.page
    [mail] = world.pages(OLGA, TITLE)
    answer = page.goto(ack_link(mail))
    assert answer is not None
    assert answer.status == 200
    assert _state(world, number) == "triage"
    expect(page.get_by_role("heading", level=1)).to_have_text(TITLE)
    expect(page.get_by_role("button").first).to_have_text("Acknowledge")
    page.get_by_role("button", name="Acknowledge").click()
    expect(page.get_by_role("status")).to_contain_text("You have it.")
    expect(page.get_by_text("Also paged: Milan Member")).to_be_visible()
    expect(page.get_by_role("button")).to_have_text(["Useful", "Should not have paged me"])
    assert _state(world, number) == "acknowledged"
    assert visit.problems == []


def _olga_declares_and_writes(world: World, visit: Visit, number: int) -> None:
    page = visit.page
    sign_in(page, world, OLGA)
    page.get_by_role("link", name=TITLE).click()
    expect(page).to_have_url(f"{world.stack.url}/incidents/{number}/")
    ledger = page.locator("#incident-pages")
    expect(ledger).to_contain_text("Milan Member")
    expect(ledger).to_contain_text(OLGA)
    page.locator("summary", has_text="Declare").click()
    page.get_by_role("button", name="SEV2").click()
    expect(page.get_by_text("Declared as SEV2, led by Olga Owner.")).to_be_visible()
    page.get_by_label("What happened, what you did").fill(f"**{NOTE}**")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator("#timeline").get_by_text(NOTE)).to_be_visible()
    _publish(page, "Identified", "Partial outage", UPDATE)


def _publish(page: Page, phase: str, impact: str, body: str) -> None:
    page.locator("summary", has_text="Post an update").click()
    page.get_by_label("Phase").select_option(phase)
    page.get_by_label("Customer impact").select_option(impact)
    page.get_by_label("What customers should know").fill(body)
    page.get_by_role("button", name="Post update").click()
    expect(page.locator("#timeline").get_by_text(body)).to_be_visible()


def _customers_see_it(world: World, visit: Visit, *, status: str, indicator: str) -> None:
    def told() -> Any:
        summary = world.get_json("/status/example/api/v2/summary.json")
        return summary if summary["incidents"] else None

    summary = world.until(told, TOLD_WITHIN)
    [incident] = summary["incidents"]
    [component] = summary["components"]
    assert incident["name"] == TITLE
    assert incident["incident_updates"][0]["body"] == UPDATE
    assert (component["status"], summary["status"]["indicator"]) == (status, indicator)
    visit.page.goto("/status/example/")
    expect(visit.page.get_by_text(UPDATE)).to_be_visible()
    assert visit.problems == []


def _the_end_of_the_alert_is_only_noted(page: Page) -> None:
    """The page is open and hears of it by itself; what was declared is for people to end."""
    expect(page.locator("#timeline").get_by_text("resolved").first).to_be_visible(timeout=30_000)
    expect(page.locator("#incident-head .state")).to_have_text("Active")


def _olga_ends_it(page: Page) -> None:
    head = page.locator("#incident-head")
    page.get_by_role("button", name="Mitigated").click()
    expect(head.locator(".state")).to_have_text("Mitigated")
    _publish(page, "Resolved", "No impact", "Payments work again.")
    page.get_by_role("button", name="Resolve", exact=True).click()
    expect(head.locator(".state")).to_have_text("Resolved")


def _customers_see_it_work_again(world: World, visit: Visit) -> None:
    def works() -> bool:
        summary = world.get_json("/status/example/api/v2/summary.json")
        return not summary["incidents"] and summary["status"]["indicator"] == "none"

    world.until(works, TOLD_WITHIN)
    visit.page.goto("/status/example/")
    expect(visit.page.get_by_role("heading", level=1)).to_have_text("All systems operational")
    expect(visit.page.get_by_role("link", name=TITLE)).to_be_visible()


def _olga_writes_the_postmortem(page: Page, number: int) -> None:
    expect(page.locator("#panel-postmortem")).to_have_count(1)
    page.locator("#incident-head").get_by_role("button", name="Write postmortem").click()
    page.wait_for_url(f"**/postmortems/{number}/")
    for title, text in (
        ("Summary", "The pool was too small."),
        ("Impact", "One in three could not pay."),
        ("Contributing factors", "Nobody reviewed the release."),
    ):
        page.get_by_role("link", name=f"Edit {title}").click()
        page.get_by_role("textbox", name=title).fill(text)
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text(text)).to_be_visible()
    page.reload()
    page.get_by_role("button", name="Submit for review").click()
    expect(page.get_by_text("It waits for the approval of someone other than you.")).to_be_visible()


def _ada_approves(page: Page, number: int) -> None:
    page.goto(f"/postmortems/{number}/")
    page.get_by_role("button", name="Approve").click()
    expect(page.locator("#review")).to_contain_text("Ada Admin")
    expect(page.get_by_role("button", name="Publish", exact=True).first).to_be_visible()


def _text_of_the_pdf(page: Page, folder: Path) -> str:
    page.get_by_role("button", name="Make a PDF").click()
    link = page.locator("#pdf").get_by_role("link", name="Version")
    expect(link).to_be_visible(timeout=60_000)
    with page.expect_download() as waiting:
        link.click()
    file = folder / waiting.value.suggested_filename
    waiting.value.save_as(file)
    assert file.name.startswith("postmortem-")
    done = subprocess.run(["pdftotext", "-layout", file, "-"], check=True, capture_output=True, text=True)
    return done.stdout


def _nobody_else_was_mailed(world: World, third_turn: float) -> None:
    """Also after the moment at which the fallback would have been paged."""
    world.until(lambda: float(world.ask("select extract(epoch from now())")) > third_turn + 2)
    assert [len(world.pages(who, TITLE)) for who in (MILAN, OLGA, ADA)] == [1, 1, 0]
