"""What a message becomes in a chat, whatever the channel."""

from __future__ import annotations

from collections.abc import Callable

from notifications.transports.base import Envelope
from notifications.transports.chats.markup import AMBER, BLUE, GREEN, RED, colour, harmless, markdown
from notifications.transports.chats.words import plain, words
from notifications.transports.mattermost.transport import buttons as mattermost_buttons
from notifications.transports.ntfy.transport import payload as ntfy_payload
from notifications.transports.telegram.transport import _content as telegram_content

Made = Callable[..., Envelope]


def test_a_message_that_is_over_has_neither_buttons_nor_link(envelope: Made) -> None:
    over = envelope("1", token="7~t~s", kind="edit", data={"answers": False, "state": "resolved"})
    still = envelope("1", token="7~t~s", kind="edit", data={"answers": True, "state": "triage"})
    assert mattermost_buttons(over) == []
    assert "reply_markup" not in telegram_content(over)
    assert [each["action"] for each in ntfy_payload(over, "x")["actions"]] == ["view"]
    assert "Acknowledge" not in plain(words(over.message))
    assert len(mattermost_buttons(still)) == 2
    assert "reply_markup" in telegram_content(still)


def test_a_drill_says_so_once(envelope: Made) -> None:
    for headline in ("Drill: Checkout", "Checkout"):
        assert words(envelope("1", kind="drill", headline=headline).message).title == "Drill: Checkout"


def test_the_edge_says_whether_somebody_is_wanted(envelope: Made) -> None:
    def edge(**parts: object) -> int:
        return colour(envelope("1", **parts).message)

    assert edge() == RED
    assert edge(kind="notice", data={"state": "triage"}) == RED
    assert edge(kind="notice", data={"state": "acknowledged"}) == AMBER
    assert edge(kind="notice", data={"state": "resolved"}) == GREEN
    assert edge(kind="notice", quiet=True) == GREEN
    assert edge(kind="test") == BLUE


def test_an_address_stays_one_and_a_mention_does_not() -> None:
    assert markdown("https://wiki.example.test/a_b?c=@d") == "<https://wiki.example.test/a_b?c=@d>"
    assert harmless("https://wiki.example.test/@d") == "https://wiki.example.test/@d"
    assert "@all" not in harmless("ask @all")
    assert markdown("*a*_b_`c`") == r"\*a\*\_b\_\`c\`"
    assert harmless("a < b, me @ home") == "a < b, me @ home"


def test_a_code_is_said(envelope: Made) -> None:
    assert "Your code: 123456" in plain(words(envelope("1", kind="verification", code="123456").message))
