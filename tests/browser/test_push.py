"""The installed app in a real Chromium: turned on, paged, answered from the notification, with and without a network.

There is no push service here: the browser is told a subscription of the test's, and what the server posts to it is
given to the worker as the browser itself would do it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, CDPSession, Page, Worker, expect

from tests.notifications.chats.server import Chat, running
from tests.notifications.push.browser import Browser
from tests.world import World

pytestmark = [pytest.mark.browser, pytest.mark.processes]

PIA = "pia@example.test"
# As a browser that reaches its push service; what it subscribed to outlives the page.
SUBSCRIBES = """
const given = GIVEN, made = { ...given, options: {}, toJSON: () => given };
PushManager.prototype.subscribe = async () => { localStorage.setItem("subscribed", "1"); return made; };
PushManager.prototype.getSubscription = async () => (localStorage.getItem("subscribed") ? made : null);
"""
SHOWN = """async () => (await self.registration.getNotifications()).map((each) => ({
  title: each.title, body: each.body, tag: each.tag, silent: each.silent, sticky: each.requireInteraction,
  actions: each.actions.map((action) => action.action) }))"""
PRESS = """async (action) => {
  const [shown] = await self.registration.getNotifications();
  await clicked(shown, action);
}"""


@dataclass
class Phone:
    """Pia's browser, and the push service that it is registered at."""

    world: World
    context: BrowserContext
    page: Page
    service: Chat
    browser: Browser
    control: CDPSession
    registrations: list[str] = field(default_factory=list)
    delivered: dict[str, Any] = field(default_factory=dict)

    @property
    def worker(self) -> Worker:
        [found] = self.context.service_workers
        return found

    def pushed(self, number: int) -> dict[str, Any]:
        """What the server posted as the `number`-th, decrypted."""
        self.world.until(lambda: len(self.service.requests) > number)
        return self.browser.read(self.service.requests[number])

    def deliver(self, said: dict[str, Any]) -> None:
        """As the browser gives a push to the worker."""
        found = {
            "origin": self.world.stack.url,
            "registrationId": self.registrations[-1],
            "data": json.dumps(said),
        }
        self.delivered = said
        self.control.send("ServiceWorker.deliverPushMessage", found)

    def shown(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.worker.evaluate(SHOWN)
        return found

    def shows(self, title: str) -> dict[str, Any]:
        """The one notification, once it says that."""
        deadline, again = time.monotonic() + 30, time.monotonic() + 8
        while not (found := [each for each in self.shown() if title in each["title"]]):
            assert time.monotonic() < deadline, self.shown()
            self.page.wait_for_timeout(50)
            if time.monotonic() > again and self.delivered and not self.shown():
                # A worker that is being stopped for idleness drops what the protocol hands it without an answer; a push
                # service delivers anew what was not taken. The tag keeps it one notification.
                again = deadline
                self.deliver(self.delivered)
        assert len(self.shown()) == 1
        return found[0]

    def press(self, action: str) -> None:
        self.worker.evaluate(PRESS, action)


@pytest.fixture
def phone(world: World, open_session: Callable[..., BrowserContext]) -> Iterator[Phone]:
    with running() as service:
        service.usual_status = 201
        browser = Browser(f"{service.root}/push/pia")
        context = open_session(PIA)
        context.grant_permissions(["notifications"], origin=world.stack.url)
        context.add_init_script(SUBSCRIBES.replace("GIVEN", browser.json))
        page = context.new_page()
        control = context.new_cdp_session(page)
        made = Phone(world, context, page, service, browser, control)
        control.on(
            "ServiceWorker.workerRegistrationUpdated",
            lambda said: made.registrations.extend(each["registrationId"] for each in said["registrations"]),
        )
        control.send("ServiceWorker.enable")
        yield made
        _remove(page)
        context.close()


def _remove(page: Page) -> None:
    """So that later pages of Pia are not sent to a server that is gone."""
    page.goto("/me/push/")
    for link in page.get_by_role("link", name="Remove").all():
        page.goto(str(link.get_attribute("href")))
        page.locator("main form button").first.click()
        page.wait_for_url("**/me/")


@pytest.fixture
def connected(phone: Phone) -> Phone:
    """Turned on by the button, and proved by the first push."""
    phone.page.goto("/me/push/")
    phone.page.get_by_role("button", name="Turn on notifications on this device").click()
    expect(phone.page.locator("#push-state")).to_contain_text("on its way")
    phone.deliver(phone.pushed(0))
    expect(phone.page.locator("#push-state")).to_contain_text("Verified")
    phone.worker.evaluate(
        "async () => (await self.registration.getNotifications()).forEach((each) => each.close())"
    )
    return phone


def fire(phone: Phone, title: str) -> tuple[int, dict[str, Any]]:
    """An incident of Pia's; its number and the page as it was pushed."""
    before = len(phone.service.requests)
    return phone.world.fire(phone.world.seed["parcels"], title), phone.pushed(before)


def who_has(phone: Phone, number: int) -> str:
    """Empty while nobody does."""
    joined = "incidents_incident i join accounts_user u on u.id = i.acknowledged_by_id"
    found = f"select u.email from {joined} where i.id = {number}"  # noqa: S608 - a number of ours
    return phone.world.ask(found).strip()


def test_a_page_is_acknowledged_from_the_notification(connected: Phone) -> None:
    phone = connected
    number, said = fire(phone, "Parcels are lost")
    phone.deliver(said)
    shown = phone.shows("Parcels are lost")
    assert shown["actions"] == ["acknowledge", "open"]
    assert (shown["tag"], shown["silent"], shown["sticky"]) == (f"incident:{number}", False, True)
    assert who_has(phone, number) == ""
    phone.press("acknowledge")
    after = phone.shows("")
    assert "Parcels are lost" in after["body"]
    assert (after["tag"], after["silent"]) == (f"incident:{number}", True)
    assert who_has(phone, number) == PIA
    phone.deliver(said)
    phone.shows("Parcels are lost")
    phone.press("acknowledge")
    assert "Not acknowledged" not in phone.shows("")["title"]
    assert who_has(phone, number) == PIA


def test_without_a_connection_nobody_believes_it_is_acknowledged(connected: Phone) -> None:
    phone = connected
    number, said = fire(phone, "Parcels are wet")
    phone.deliver(said)
    phone.shows("Parcels are wet")
    phone.worker.evaluate(
        "() => { self.online = self.fetch; self.fetch = async () => { throw new TypeError('offline'); }; }"
    )
    phone.press("acknowledge")
    shown = phone.shows("Not acknowledged: no connection. Tap to try again.")
    assert (shown["sticky"], shown["silent"], shown["actions"]) == (True, False, ["acknowledge", "open"])
    assert who_has(phone, number) == ""
    phone.worker.evaluate("() => { self.fetch = async () => new Response('', { status: 503 }); }")
    phone.press("")
    phone.shows("Not acknowledged: Tocsin did not answer. Tap to try again.")
    phone.worker.evaluate("() => { self.fetch = self.online; }")
    phone.press("")
    assert "Not acknowledged" not in phone.shows("")["title"]
    assert who_has(phone, number) == PIA


def test_a_quiet_notice_takes_the_page_s_place_without_a_sound(connected: Phone) -> None:
    phone = connected
    _number, said = fire(phone, "Parcels are late")
    phone.deliver(said)
    phone.shows("Parcels are late")
    over = {
        "kind": "notice",
        "title": "Acknowledged by Olga",
        "tag": said["tag"],
        "quiet": True,
        "url": said["url"],
    }
    phone.deliver(over)
    assert phone.shows("Acknowledged by Olga")["silent"] is True


def test_a_push_that_cannot_be_read_still_shows_something(connected: Phone) -> None:
    connected.worker.evaluate("() => arrived(read({ json() { throw new SyntaxError('no'); } }))")
    connected.shows("Tocsin has something for you")


def test_where_a_notification_has_no_buttons_a_tap_leads_to_the_one_button(connected: Phone) -> None:
    phone = connected
    _number, said = fire(phone, "Parcels are heavy")
    phone.deliver(said)
    phone.shows("Parcels are heavy")
    opened = phone.worker.evaluate(
        """async () => {
          const asked = [];
          self.clients.openWindow = async (url) => { asked.push(url); };
          Object.defineProperty(Notification, "maxActions", { value: 0, configurable: true });
          const [shown] = await self.registration.getNotifications();
          await clicked(shown, "");
          delete Notification.maxActions;
          await clicked(shown, "open");
          return asked;
        }"""
    )
    assert opened == [said["ack_url"], said["url"]]


def test_a_browser_that_is_moved_by_its_maker_stays_a_device(connected: Phone) -> None:
    phone = connected
    moved = Browser(f"{phone.service.root}/push/pia-moved", phone.browser.secret, phone.browser.auth)
    phone.worker.evaluate(
        "(given) => renewed({ oldSubscription: null, newSubscription: { toJSON: () => given } })",
        moved.subscription,
    )
    fire(phone, "Parcels are moved")
    assert phone.service.last.path == "/push/pia-moved"


def test_offline_says_so_and_keeps_nothing_private(connected: Phone) -> None:
    phone = connected
    phone.page.goto("/me/")
    phone.page.goto("/incidents/")
    kept = phone.worker.evaluate(
        """async () => (await Promise.all((await caches.keys()).map(async (name) =>
          (await (await caches.open(name)).keys()).map((each) => new URL(each.url).pathname)))).flat().sort()"""
    )
    assert [path for path in kept if not path.startswith("/static/css/ack")] == ["/device", "/offline"]
    phone.context.set_offline(True)
    phone.page.goto("/me/")
    expect(phone.page.locator("h1")).to_have_text("You are offline")
    expect(phone.page.get_by_role("link", name="Try again")).to_be_visible()
    assert "Pia" not in phone.page.content()
    phone.context.set_offline(False)
    phone.page.get_by_role("link", name="Try again").click()
    expect(phone.page.locator("h1")).to_have_text("How will I be reached?")


IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Version/18.5 Safari/604.1"
)
IN_THE_WAY = {
    "Add to Home Screen": ({"user_agent": IPHONE}, ""),
    "blocks notifications": ({}, "Object.defineProperty(Notification, 'permission', { value: 'denied' })"),
    "has no Web Push": ({}, "delete window.PushManager"),
}


@pytest.mark.parametrize("words", IN_THE_WAY)
def test_the_page_says_what_stands_in_the_way(
    words: str, open_session: Callable[..., BrowserContext]
) -> None:
    options, script = IN_THE_WAY[words]
    context = open_session(PIA, **options)
    context.add_init_script(script)
    page = context.new_page()
    page.goto("/me/push/")
    expect(page.locator("main")).to_contain_text(words)
    expect(page.get_by_text(words).first).to_be_visible()
    expect(page.locator("[data-push-turn-on]:visible")).to_have_count(0)
    context.close()


def test_the_app_can_be_installed(phone: Phone) -> None:
    phone.page.goto("/me/push/")
    said = phone.control.send("Page.getAppManifest")
    assert said["errors"] == []
    assert json.loads(said["data"])["display"] == "standalone"
