"""Pages by a Teams workflow: an Adaptive Card, posted to a server on loopback that answers as a workflow does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from notifications.transports.base import Envelope, PermanentFailure, TemporaryFailure
from notifications.transports.teams.transport import TRANSPORT
from tests.notifications.chats import common
from tests.notifications.chats.server import Chat

Made = Callable[..., Envelope]
PATH = (
    "/workflows/0123456789abcdef/triggers/manual/paths/invoke"
    "?api-version=2016-06-01&sp=%2Ftriggers%2Fmanual&sig=S3cret"
)
ADDRESS = f"https://prod-12.westeurope.logic.azure.com:443{PATH}"


@pytest.fixture
def flow(chat: Chat) -> Chat:
    chat.usual_status, chat.usual = 202, b""
    return chat


def card(chat: Chat) -> dict[str, Any]:
    [attachment] = chat.last.json["attachments"]
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    found: dict[str, Any] = attachment["content"]
    return found


def runs(found: dict[str, Any]) -> list[str]:
    return [run["text"] for block in found["body"] for run in block["inlines"]]


def test_the_address_is_kept_and_its_signature_is_never_shown() -> None:
    assert TRANSPORT.clean_address(f" {ADDRESS} ") == ADDRESS
    assert TRANSPORT.shown(ADDRESS) == "prod-12.westeurope.logic.azure.com/workflows/0123…"
    assert TRANSPORT.circuit(ADDRESS) == "teams:prod-12.westeurope.logic.azure.com"


@pytest.mark.parametrize(
    "typed",
    [
        *(
            "https://pellworth.webhook.office.com/webhookb2/1/IncomingWebhook/2/3",
            "https://example.test/hook",
        ),
        *("https://a.logic.azure.com/workflows/1/triggers", "javascript://x/workflows/?sig=1", "https://"),
    ],
)
def test_what_is_no_workflow_is_refused(typed: str) -> None:
    with pytest.raises(ValidationError):
        TRANSPORT.clean_address(typed)


def test_a_page_is_a_card_whose_buttons_open_pages(flow: Chat, envelope: Made) -> None:
    flow.answers = [(202, {"x-ms-workflow-run-id": "0858"}, b"")]
    receipt = TRANSPORT.send(envelope(flow.root + PATH, token="7~t~s"))
    assert (receipt.provider_id, receipt.answer) == ("0858", "HTTP 202")
    assert flow.last.path == PATH
    found = card(flow)
    assert (found["type"], found["version"]) == ("AdaptiveCard", "1.4")
    assert runs(found)[0].startswith("SEV1 Checkout is down")
    assert [(each["type"], each["title"], each["url"]) for each in found["actions"]] == [
        ("Action.OpenUrl", "Acknowledge", "https://tocsin.example.test/ack/abc"),
        ("Action.OpenUrl", "Open incident #7", "https://tocsin.example.test/incidents/7/"),
    ]
    assert "Payments API" in runs(found)


def test_what_an_alert_says_is_text_and_no_function_of_cards(flow: Chat, envelope: Made) -> None:
    TRANSPORT.send(
        envelope(
            flow.root + PATH, headline="[x](http://evil.test) <at>all</at> {{DATE(2020-01-01T00:00:00Z)}}"
        )
    )
    found = card(flow)
    assert {block["type"] for block in found["body"]} == {"RichTextBlock"}
    assert {run["type"] for block in found["body"] for run in block["inlines"]} == {"TextRun"}
    assert "{{" not in runs(found)[0]
    assert "entities" not in found["msteams"]


def test_a_title_of_fifty_thousand_characters_stays_within_the_limit(flow: Chat, envelope: Made) -> None:
    long = common.LONG
    parts = {
        "headline": long,
        "intro": long,
        "facts": ((long, long),) * 30,
        "more": ("\N{FIRE}" * 9000,) * 50,
    }
    TRANSPORT.send(envelope(flow.root + PATH, token="7~t~s", **parts))
    assert len(flow.last.body) < 28_000
    assert "and 50 more pages" in runs(card(flow))


def test_each_answer_of_a_workflow_is_understood(
    flow: Chat, envelope: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    common.fails_and_recovers(TRANSPORT, envelope(flow.root + PATH), flow, monkeypatch)


def test_a_workflow_that_is_gone_is_switched_off_and_one_that_refuses_is_not(
    flow: Chat, envelope: Made
) -> None:
    for status, is_dead in ((404, True), (410, True), (401, False), (400, False)):
        flow.answers = [(status, {}, b'{"error":{"code":"x"}}')]
        with pytest.raises(PermanentFailure) as caught:
            TRANSPORT.send(envelope(flow.root + PATH))
        assert (str(caught.value), caught.value.disable) == (f"HTTP {status}", is_dead)


def test_a_workflow_that_is_called_too_often_waits_alone(flow: Chat, envelope: Made) -> None:
    flow.answers = [(429, {"Retry-After": "5"}, b"")]
    with pytest.raises(TemporaryFailure) as caught:
        TRANSPORT.send(envelope(flow.root + PATH))
    assert (caught.value.retry_after, caught.value.down) == (5, False)


def test_a_private_address_is_refused(flow: Chat, envelope: Made, settings: Any) -> None:
    settings.OUTBOUND_ALLOW = []
    common.refuses_private(TRANSPORT, envelope, flow.root + PATH, flow)
