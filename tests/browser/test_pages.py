"""Every main page, wide and narrow, light and dark: whole, quiet in the console, and fit for keyboard and thumb."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.world import DESKTOP, PHONE, Visit, World, ack_link

pytestmark = [pytest.mark.browser, pytest.mark.processes]

AXE = Path(__file__).parent / "vendor" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
SERIOUS = ("serious", "critical")
LOOKS: dict[str, dict[str, Any]] = {
    "desk, light": {"viewport": DESKTOP, "color_scheme": "light"},
    "phone, dark": {"viewport": PHONE, "color_scheme": "dark", "has_touch": True},
}
MOST_TABS = 60
# Whether the main action is reached, and what is reached without a mark to see.
FOCUS = """() => {
  const e = document.activeElement, s = getComputedStyle(e), box = e.getBoundingClientRect();
  const marked = (s.outlineStyle !== "none" && parseFloat(s.outlineWidth) > 0) || s.boxShadow !== "none";
  const seen = e !== document.body && marked && box.width > 1 && box.height > 1;
  return [e.hasAttribute("data-wanted"), seen ? "" : e.outerHTML.slice(0, 200)];
}"""
PAGING = "Search answers slowly"

SUPPOSED = (
    "/oncall/simulator/?service={ledger_service}&severity=2&at=2030-01-09T03:00&zone=UTC"
    "&schedule={ledger_schedule}&user={sven}&kind=replace&away={sven}"
)


@dataclass(frozen=True)
class Looked:
    """A page to look at: its address (with {names} from the seed) and as whom. `action` must show without a scroll.
    `press` leads on to a page that has no address. `is_ours` is false for markup of others, whose colours we do not
    choose."""

    name: str
    path: str
    email: str = "sven@example.test"
    action: str = ""
    press: str = ""
    is_ours: bool = True


PAGES = [
    Looked("sign in", "/account/login/", "", "Sign in"),
    Looked("home that pages me", "/", action="Acknowledge"),
    Looked("incident that pages me", "/incidents/{paging}/", action="Acknowledge"),
    Looked("incident that is over", "/incidents/{over}/"),
    Looked("ledger of an incident", "/incidents/{paging}/pages/"),
    Looked("alerts of an incident, to split or merge", "/incidents/{paging}/alerts/"),
    Looked("acknowledge link", "{ack}", "", "Acknowledge"),
    Looked("declare", "/incidents/declare/?service={search_service}"),
    Looked("on call", "/oncall/"),
    Looked("schedules", "/oncall/schedules/"),
    Looked("schedule", "/oncall/schedules/{search_schedule}/"),
    Looked("schedule, a quarter", "/oncall/schedules/{search_schedule}/?range=quarter"),
    Looked("new schedule", "/oncall/schedules/new/", "sara@example.test"),
    Looked("override", "/oncall/schedules/{search_schedule}/overrides/new/", "sara@example.test"),
    Looked("time off and covers", "/oncall/covers/"),
    Looked("time off", "/oncall/absences/new/"),
    Looked("uncovered hours", "/oncall/reports/"),
    Looked("load and pay", "/oncall/reports/load/", "sara@example.test"),
    Looked("hand-offs", "/oncall/handoffs/"),
    Looked("drills", "/drills/", "sara@example.test"),
    Looked("start a drill", "/drills/new/", "sara@example.test", "Send the drill"),
    Looked("plan a drill", "/drills/plans/new/", "sara@example.test"),
    Looked("drill", "/drills/{drill}/", "sara@example.test"),
    Looked("readiness", "/readiness/"),
    Looked("noise", "/noise/"),
    Looked("operations", "/operations/", "ari@example.test"),
    Looked("ledger of messages", "/operations/ledger/", "ari@example.test"),
    Looked("calendar links", "/oncall/calendar-links/"),
    Looked("read a calendar", "/oncall/calendars/new/?schedule={search_schedule}", "sara@example.test"),
    Looked("new policy", "/oncall/policies/new/", "sara@example.test"),
    Looked("schedule editor", "/oncall/schedules/{search_schedule}/edit/", "sara@example.test"),
    Looked("policies", "/oncall/policies/"),
    Looked("policy", "/oncall/policies/{search_policy}/"),
    Looked("policy editor", "/oncall/policies/{search_policy}/edit/", "sara@example.test"),
    Looked(
        "policy under review",
        "/oncall/policies/{search_policy}/edit/",
        "sara@example.test",
        press="Review and save",
    ),
    Looked("simulator", "/oncall/simulator/", action="Ask"),
    Looked("simulator, what if", SUPPOSED),
    Looked("simulator, asked wrongly", f"{SUPPOSED}&away_ends=2020-01-01T00:00"),
    Looked("what is expected", "/oncall/assertions/", "lena@example.test"),
    Looked("expectation that holds", "/oncall/assertions/{holding}/", "lena@example.test"),
    Looked("expectation that fails", "/oncall/assertions/{failing}/"),
    Looked("new expectation", "/oncall/assertions/new/?service={ledger_service}", "lena@example.test"),
    Looked("expectation, edited", "/oncall/assertions/{holding}/edit/", "lena@example.test"),
    Looked("services", "/services/"),
    Looked("service", "/services/{search_service}/"),
    Looked("integrations", "/integrations/", "sara@example.test"),
    Looked("integration", "/integrations/{search_integration}/", "sara@example.test"),
    Looked("integration with events", "/integrations/{json_integration}/", "sara@example.test"),
    Looked("mapping", "/integrations/{json_integration}/mapping/", "sara@example.test"),
    Looked(
        "mapping, looked at before it is kept",
        "/integrations/{json_integration}/mapping/",
        "sara@example.test",
        press="Preview",
    ),
    Looked("event", "/integrations/{json_integration}/events/{event}/", "sara@example.test"),
    Looked("routes, with one", "/integrations/{json_integration}/routes/", "sara@example.test"),
    Looked("route, edited", "/routes/{route}/edit/", "sara@example.test"),
    Looked("replay of events", "/integrations/{search_integration}/replay/", "sara@example.test"),
    Looked("routes of an integration", "/integrations/{search_integration}/routes/", "sara@example.test"),
    Looked("new route", "/integrations/{search_integration}/routes/new/", "sara@example.test"),
    Looked("routes for all", "/routes/"),
    Looked("mutes", "/mutes/"),
    Looked("new mute", "/mutes/new/?service={search_service}", "sara@example.test"),
    Looked("mute that holds", "/mutes/{mute}/", "sara@example.test"),
    Looked("mute that comes", "/mutes/{weekly_mute}/", "sara@example.test"),
    Looked("mute, edited", "/mutes/{weekly_mute}/edit/", "sara@example.test"),
    Looked("kinds of integrations", "/integrations/new/", "sara@example.test"),
    Looked("new integration", "/integrations/new/grafana/?service=search-api", "sara@example.test"),
    Looked("integration's settings", "/integrations/{search_integration}/settings/", "sara@example.test"),
    Looked("alerts", "/alerts/"),
    Looked("alerts, none", "/alerts/?state=over&place=muted"),
    Looked("alert", "/alerts/{alert}/"),
    Looked("heartbeats", "/heartbeats/"),
    Looked("heartbeat", "/heartbeats/{heartbeat}/", "sara@example.test"),
    Looked("heartbeat, edited", "/heartbeats/{heartbeat}/edit/", "sara@example.test"),
    Looked("new heartbeat", "/heartbeats/new/", "sara@example.test"),
    Looked("changes of a service", "/services/search-api/changes/?below=1"),
    Looked("a change by hand", "/services/search-api/changes/new/"),
    Looked("me", "/me/"),
    Looked("notifications on this device", "/me/push/"),
    Looked("me without a way to be reached", "/me/", "nora@example.test"),
    Looked("people", "/people/"),
    Looked("teams", "/teams/"),
    Looked("team", "/teams/search/"),
    Looked("settings", "/settings/"),
    Looked("channels", "/settings/channels/", "ari@example.test"),
    Looked("channel's settings", "/settings/channels/telegram/", "ari@example.test"),
    Looked("postmortems", "/postmortems/"),
    Looked("postmortem in draft", "/postmortems/{draft}/", "sara@example.test"),
    Looked("postmortem published", "/postmortems/{over}/"),
    Looked("status editor", "/status-pages/search/", "ari@example.test"),
    Looked("public page", "/status/search/", ""),
    Looked("API reference", "/api/docs", "", is_ours=False),
    Looked("caught mail", "/dev/mail", ""),
]


@pytest.fixture(scope="module")
def names(world: World) -> dict[str, str]:
    """What addresses are made of; an incident pages Sven meanwhile."""
    number = world.fire(world.seed["search"], PAGING)
    [mail] = world.until(lambda: world.pages("sven@example.test", PAGING))
    return {**world.seed, "paging": str(number), "ack": ack_link(mail)}


@pytest.fixture(scope="module")
def sessions(open_session: Callable[..., BrowserContext]) -> Callable[[str, str], BrowserContext]:
    """One browser session for each person and look: pages change nothing, and the second is served from its cache."""
    return cache(lambda email, look: open_session(email, **LOOKS[look]))


@pytest.fixture
def visit_as(sessions: Callable[[str, str], BrowserContext]) -> Iterator[Callable[[str, str], Visit]]:
    """A new page in the session of that person and look."""
    opened: list[Page] = []

    def open_page(email: str, look: str) -> Visit:
        opened.append(sessions(email, look).new_page())
        return Visit(opened[-1])

    yield open_page
    for page in opened:
        page.close()


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("looked", PAGES, ids=lambda looked: looked.name)
def test_a_page_is_whole(
    looked: Looked, look: str, names: dict[str, str], visit_as: Callable[[str, str], Visit]
) -> None:
    visit = visit_as(looked.email, look)
    page = visit.page
    answer = page.goto(looked.path.format(**names))
    assert answer is not None
    assert answer.status == 200
    if looked.press:
        with page.expect_navigation():
            page.get_by_role("button", name=looked.press).first.click()
    expect(page.locator("h1")).to_have_count(1)
    assert _overflow(page) == []
    _shows_its_focus(page, looked.action)
    assert not looked.is_ours or _violations(page) == []
    assert visit.problems == []


def _overflow(page: Page) -> list[str]:
    """What sticks out to the right when the page can be moved sideways."""
    found: list[str] = page.evaluate(
        """() => {
          const width = document.documentElement.clientWidth;
          if (document.scrollingElement.scrollWidth <= innerWidth) return [];
          return [...document.body.querySelectorAll("*")]
            .filter((e) => e.getBoundingClientRect().right > width + 1)
            .map((e) => `${e.tagName}.${e.className} ${Math.round(e.getBoundingClientRect().right)}`);
        }"""
    )
    return found


def _shows_its_focus(page: Page, action: str) -> None:
    """Whatever Tab reaches can be seen to be chosen, as far as the main action, or two steps where there is none."""
    if action:
        button = page.get_by_role("button", name=action, exact=True).first
        expect(button).to_be_in_viewport(ratio=1)
        button.evaluate("(e) => e.setAttribute('data-wanted', '')")
    for _ in range(MOST_TABS if action else 2):
        page.keyboard.press("Tab")
        there, unseen = page.evaluate(FOCUS)
        assert unseen == ""
        if there:
            return
    assert not action, f"Tab does not reach {action}"


def _violations(page: Page) -> list[str]:
    """What axe-core finds that keeps people out, one line each."""
    # Evaluated by the debugger, which the page's content security policy does not concern.
    page.evaluate(_axe())
    found = page.evaluate("(tags) => axe.run({runOnly: {type: 'tag', values: tags}})", RULES)
    return [
        f"{rule['id']}: {node['html'][:200]} {node['any'][0]['message'] if node['any'] else ''}"
        for rule in found["violations"]
        if rule["impact"] in SERIOUS
        for node in rule["nodes"]
    ]


@cache
def _axe() -> str:
    return AXE.read_text(encoding="utf-8")
