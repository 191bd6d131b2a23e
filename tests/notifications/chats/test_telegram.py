"""Telegram: what the bot sends to a Bot API on loopback, and what it does with the updates that come back."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.models import User
from lib.sealing import seal
from notifications import commands, providers
from notifications.actions.methods import MOST_METHODS
from notifications.declared.telegram import DECLARED
from notifications.models import ContactMethod, Delivery, Inbound, Provider
from notifications.subjects import Verb
from notifications.transports.base import Envelope, PermanentFailure, TemporaryFailure
from notifications.transports.telegram import starting
from notifications.transports.telegram.transport import TRANSPORT
from tests.making import make_method
from tests.notifications.chats import common
from tests.notifications.chats.conftest import Answers
from tests.notifications.chats.server import Chat

pytestmark = pytest.mark.django_db

Made = Callable[..., Envelope]
Paged = Callable[..., tuple[Delivery, str]]
TOKEN = "123456789:AAbbCCddEEffGGhhIIjjKKllMMnnOOppQQr"
SECRET = "a-secret-of-the-webhook"
SENT = b'{"ok":true,"result":{"message_id":77,"chat":{"id":4242,"type":"private"},"date":1,"text":"x"}}'
HOOK = "/hooks/telegram/webhook"


@pytest.fixture
def bot(chat: Chat, now: datetime) -> Chat:
    """A bot that is set up, with its API on loopback."""
    chat.usual = SENT
    values = {"token": TOKEN, "username": "@PellworthBot", "secret_token": SECRET, "api_url": chat.root}
    Provider.objects.create(name="telegram", values=seal(json.dumps(values)), updated_at=now)
    providers.forget()
    return chat


def refused(status: int, description: str, **parameters: int) -> tuple[int, dict[str, str], bytes]:
    """As the Bot API refuses."""
    said = {"ok": False, "error_code": status, "description": description, "parameters": parameters}
    return status, {}, json.dumps(said).encode()


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.words, self.tags = "", list[str]()

    def handle_data(self, data: str) -> None:
        self.words += data

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)


# --- What is sent


def test_a_page_has_buttons_that_fit_and_is_found_again(
    bot: Chat, envelope: Made, paged: Paged, member: User
) -> None:
    _delivery, token = paged(member, "telegram", "4242")
    receipt = TRANSPORT.send(envelope("4242", token=token))
    assert (receipt.provider_id, bot.last.path) == ("4242:77", f"/bot{TOKEN}/sendMessage")
    said = bot.last.json
    assert (said["chat_id"], said["parse_mode"], said["disable_notification"]) == ("4242", "HTML", False)
    [[acknowledge], [escalate]] = said["reply_markup"]["inline_keyboard"]
    assert (acknowledge["callback_data"], escalate["callback_data"]) == (f"a:{token}", f"e:{token}")
    assert len(acknowledge["callback_data"].encode()) <= 64
    assert said["text"].startswith("<b>SEV1 Checkout is down")


def test_what_is_only_to_know_makes_no_sound(bot: Chat, envelope: Made) -> None:
    TRANSPORT.send(envelope("4242", kind="notice", quiet=True))
    assert bot.last.json["disable_notification"] is True
    assert "reply_markup" not in bot.last.json


def test_a_changed_message_loses_its_buttons(bot: Chat, envelope: Made) -> None:
    TRANSPORT.edit(envelope("-100", kind="edit", headline="Acknowledged"), "-100:77")
    assert bot.last.path.endswith("/editMessageText")
    assert (bot.last.json["chat_id"], bot.last.json["message_id"]) == ("-100", 77)
    assert "reply_markup" not in bot.last.json
    bot.answers = [refused(400, "Bad Request: message is not modified: same")]
    assert TRANSPORT.edit(envelope("-100"), "-100:77").provider_id == "-100:77"


def test_a_title_is_text_and_never_markup(bot: Chat, envelope: Made) -> None:
    TRANSPORT.send(
        envelope("1", headline='<a href="http://evil.test">Acknowledge</a> & <b>', facts=(("<i>", "</b>"),))
    )
    parser = _Text()
    parser.feed(bot.last.json["text"])
    assert '<a href="http://evil.test">Acknowledge</a> & <b>' in parser.words
    assert sorted(set(parser.tags)) == ["a", "b"]


def test_a_title_of_fifty_thousand_characters_stays_within_the_limit(bot: Chat, envelope: Made) -> None:
    wide = "\N{FIRE}" * 60_000
    for long in (common.LONG, wide):
        parts = {"headline": long, "intro": long, "facts": ((long, long),) * 30, "more": (long,) * 50}
        TRANSPORT.send(envelope("1", token="7~t~s", **parts))
        parser = _Text()
        parser.feed(bot.last.json["text"])
        assert len(parser.words.encode("utf-16-le")) // 2 <= 4096
        assert "and 50 more pages" in parser.words


def test_each_answer_of_the_api_is_understood(
    bot: Chat, envelope: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    common.fails_and_recovers(TRANSPORT, envelope("4242"), bot, monkeypatch)


@pytest.mark.parametrize(
    ("status", "description", "reason"),
    [
        (403, "Forbidden: bot was blocked by the user", "the bot was blocked"),
        (403, "Forbidden: user is deactivated", "the account is gone"),
        (400, "Bad Request: chat not found", "there is no such chat"),
    ],
)
def test_a_chat_that_is_lost_is_switched_off(
    bot: Chat, envelope: Made, status: int, description: str, reason: str
) -> None:
    bot.answers = [refused(status, description)]
    with pytest.raises(PermanentFailure) as caught:
        TRANSPORT.send(envelope("4242"))
    assert caught.value.disable
    assert str(caught.value) == f"HTTP {status}: {reason}"


def test_a_chat_that_is_too_fast_waits_alone_as_long_as_the_body_says(bot: Chat, envelope: Made) -> None:
    bot.answers = [refused(429, "Too Many Requests: retry after 14", retry_after=14)]
    with pytest.raises(TemporaryFailure) as caught:
        TRANSPORT.send(envelope("4242"))
    assert (caught.value.retry_after, caught.value.down) == (14, False)


@pytest.mark.parametrize("status", [401, 404])
def test_a_wrong_token_can_be_mended_and_stands_in_no_reason(bot: Chat, envelope: Made, status: int) -> None:
    bot.answers = [refused(status, "Unauthorized")]
    with pytest.raises(TemporaryFailure) as caught:
        TRANSPORT.send(envelope("4242"))
    assert caught.value.down
    assert TOKEN not in str(caught.value)


def test_without_a_bot_it_is_not_offered_and_waits(envelope: Made) -> None:
    providers.forget()
    assert not TRANSPORT.is_available()
    with pytest.raises(TemporaryFailure):
        TRANSPORT.send(envelope("4242"))


def test_numbers_of_chats_are_taken_and_nothing_else() -> None:
    assert TRANSPORT.clean_address(" -1001234 ") == "-1001234"
    for wrong in ("12a", "", "1/../2", "--1", "@a"):
        with pytest.raises(ValidationError):
            TRANSPORT.clean_address(wrong)


def test_the_declaration_finds_slips() -> None:
    good = {"token": TOKEN, "username": "PellworthBot", "secret_token": ""}
    assert DECLARED.check(good) == {}
    assert set(DECLARED.check({"token": "x", "username": "a b", "secret_token": "short"})) == {
        "token",
        "username",
        "secret_token",
    }


# --- What comes back


@pytest.fixture
def tell(client: Client, bot: Chat) -> Callable[..., Any]:
    """`tell(update)`: as Telegram sends it."""

    def post(update: Any, secret: str = SECRET) -> Any:
        headers = {"X-Telegram-Bot-Api-Secret-Token": secret}
        return client.post(HOOK, update, content_type="application/json", headers=headers)

    return post


def pressed(number: int, data: str, sender: int = 4242) -> dict[str, Any]:
    return {
        "update_id": number,
        "callback_query": {
            "id": f"cb{number}",
            "from": {"id": sender, "is_bot": False, "first_name": "M"},
            "message": {"message_id": 77, "chat": {"id": sender, "type": "private"}},
            "data": data,
        },
    }


def written(number: int, text: str, sender: int = 4242, chat: int = 0) -> dict[str, Any]:
    return {
        "update_id": number,
        "message": {
            "message_id": number,
            "from": {"id": sender, "first_name": "Milan", "username": "milan_m"},
            "chat": {"id": chat or sender, "type": "supergroup" if chat else "private"},
            "text": text,
        },
    }


def test_a_button_answers_and_a_replay_changes_nothing(
    tell: Any, paged: Paged, member: User, asked: Answers
) -> None:
    _delivery, token = paged(member, "telegram", "4242")
    answer = tell(pressed(1, f"a:{token}")).json()
    assert answer == {
        "method": "answerCallbackQuery",
        "callback_query_id": "cb1",
        "text": "Milan Member has it.",
        "show_alert": True,
    }
    again = tell(pressed(1, f"e:{token}"))
    assert (again.status_code, again.content) == (200, b"")
    assert asked.asked == [(Verb.ACKNOWLEDGE, member, "telegram")]
    assert tell(pressed(2, f"a:{token}")).json()["text"] == "Milan Member did this before."


def test_a_stranger_who_presses_is_told_whose_page_it_is(
    tell: Any, paged: Paged, member: User, stranger: User, asked: Answers
) -> None:
    _delivery, token = paged(member, "telegram", "4242")
    make_method(stranger, "telegram", "666")
    for number, sender in ((1, 666), (2, 999)):
        answer = tell(pressed(number, f"a:{token}", sender)).json()
        assert answer["text"] == "This page is for Milan Member."
    assert asked.asked == []
    assert Inbound.objects.count() == 2


def test_in_a_room_whoever_is_connected_may_answer(
    tell: Any, paged: Paged, owner: User, asked: Answers, settings: Any
) -> None:
    _delivery, token = paged(None, "telegram", "-100")
    assert f"{settings.SITE_URL}/me/telegram/" in tell(pressed(1, f"a:{token}", 555)).json()["text"]
    assert asked.asked == []
    make_method(owner, "telegram", "555")
    assert tell(pressed(2, f"a:{token}", 555)).json()["text"] == "Olga Owner has it."


def test_who_left_answers_nothing(tell: Any, paged: Paged, member: User, asked: Answers) -> None:
    _delivery, token = paged(member, "telegram", "4242")
    User.objects.filter(pk=member.pk).update(is_active=False)
    tell(pressed(1, f"a:{token}"))
    assert asked.asked == []


def test_forged_and_old_buttons_change_nothing(tell: Any, paged: Paged, member: User, asked: Answers) -> None:
    _delivery, token = paged(member, "telegram", "4242")
    _other, mailed = paged(member, "email", "m@example.test")
    forged = token[:-1] + ("A" if token[-1] != "A" else "B")
    for number, data in enumerate((f"a:{forged}", f"a:{mailed}", f"x:{token}", "", "a:" + "9" * 5000)):
        assert tell(pressed(number, data)).json()["text"] == "This button is not one of ours."
    with time_machine.travel(datetime.now(UTC) + timedelta(days=3), tick=False):
        assert "older than two days" in tell(pressed(9, f"a:{token}")).json()["text"]
    assert asked.asked == []


@pytest.mark.parametrize("secret", ["", "wrong", SECRET + "x", "ü"])
def test_a_forged_secret_is_refused(
    tell: Any, paged: Paged, member: User, asked: Answers, secret: str
) -> None:
    _delivery, token = paged(member, "telegram", "4242")
    assert tell(pressed(1, f"a:{token}"), secret=secret).status_code == 403
    assert asked.asked == []
    assert not Inbound.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b"{}",
        b'{"update_id": "x"}',
        b'{"update_id": 1, "callback_query": 3}',
        b'{"update_id":1,"message":{}}',
    ],
)
def test_what_is_no_update_is_refused_without_breaking(client: Client, bot: Chat, body: bytes) -> None:
    headers = {"X-Telegram-Bot-Api-Secret-Token": SECRET}
    answer = client.post(HOOK, body, content_type="application/json", headers=headers)
    assert answer.status_code in (200, 400)
    assert not Inbound.objects.exists()


def test_a_body_of_a_megabyte_is_refused_first(client: Client, bot: Chat) -> None:
    assert client.post(HOOK, b"x" * 1_000_000, content_type="application/json").status_code == 413


def test_without_a_bot_nobody_can_be_telegram(client: Client) -> None:
    providers.forget()
    assert client.post(HOOK, {}, content_type="application/json").status_code == 403


# --- Connecting


def _link(browser: Client) -> str:
    page = browser.get("/me/telegram/").content.decode()
    link = page.partition("https://t.me/PellworthBot?start=")[2].partition('"')[0]
    assert 0 < len(link) <= 64
    return link


def test_a_person_connects_by_pressing_start(
    tell: Any, member: User, browser_of: Callable[[User], Client], asked: Answers, paged: Paged
) -> None:
    browser = browser_of(member)
    token = _link(browser)
    since = browser.get("/me/telegram/").context["since"]
    waiting = browser.get(f"/me/telegram/?since={since}", headers={"HX-Request": "true"}).content.decode()
    assert "every 2s" in waiting
    answer = tell(written(1, f"/start {token}")).json()
    assert (answer["method"], answer["chat_id"]) == ("sendMessage", 4242)
    assert answer["text"].startswith("Connected: pages for Milan Member come here")
    method = ContactMethod.objects.get(user=member, transport="telegram")
    assert (method.address, method.label, method.is_usable) == ("4242", "@milan_m", True)
    done = browser.get(f"/me/telegram/?since={since}", headers={"HX-Request": "true"}).content.decode()
    assert "every 2s" not in done
    assert "Connected: @milan_m" in done


def test_a_link_to_start_works_once(tell: Any, member: User, browser_of: Callable[[User], Client]) -> None:
    token = _link(browser_of(member))
    tell(written(1, f"/start {token}"))
    assert "does not work any more" in tell(written(2, f"/start {token}", sender=666)).json()["text"]
    assert ContactMethod.objects.filter(transport="telegram").count() == 1
    assert not Inbound.objects.filter(summary__contains=token).exists()


def test_a_link_that_is_changed_or_old_connects_nobody(tell: Any, member: User, owner: User) -> None:
    now = datetime.now(UTC)
    mine = starting.start_token(member.pk, now)
    theirs = starting.start_token(owner.pk, now)
    old = starting.start_token(member.pk, now - starting.VALID_FOR)
    for number, token in enumerate((old, theirs[:16] + mine[16:], mine[:-1], mine + "AAAA", "ü", "a b")):
        assert "Connected" not in tell(written(number, f"/start {token}")).json()["text"]
    assert not ContactMethod.objects.filter(transport="telegram").exists()


def test_a_method_that_was_switched_off_is_on_again(tell: Any, member: User, now: datetime) -> None:
    method = make_method(member, "telegram", "4242")
    ContactMethod.objects.filter(pk=method.pk).update(disabled_at=now, disabled_reason="blocked")
    tell(written(1, f"/start {starting.start_token(member.pk, datetime.now(UTC))}"))
    method.refresh_from_db()
    assert method.is_usable


def test_too_many_methods_are_refused(tell: Any, member: User) -> None:
    for number in range(MOST_METHODS):
        make_method(member, "webhook", f"https://hooks.example.test/{number}")
    said = tell(written(1, f"/start {starting.start_token(member.pk, datetime.now(UTC))}")).json()["text"]
    assert "too many" in said


def test_a_group_learns_its_number_and_talk_in_it_is_ignored(tell: Any) -> None:
    assert "-100123" in tell(written(1, "/start@PellworthBot", chat=-100123)).json()["text"]
    assert tell(written(2, "what a morning", chat=-100123)).content == b""


def test_commands_are_for_people_who_are_connected(
    tell: Any, member: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[commands.Said] = []

    def run(said: commands.Said) -> str:
        heard.append(said)
        return "Done."

    monkeypatch.setitem(commands._commands, "ack", commands.Command("ack", "42", "Acknowledge", run))
    assert "/me/telegram/" in tell(written(1, "/ack 42")).json()["text"]
    assert heard == []
    make_method(member, "telegram", "4242")
    assert tell(written(2, "/ack 42")).json()["text"] == "Done."
    assert tell(written(3, "/ack@PellworthBot 42", chat=-100)).json()["text"] == "Done."
    assert [(said.person, said.text, said.via) for said in heard] == [(member, "42", "telegram")] * 2
    assert "/ack 42" in tell(written(4, "/help")).json()["text"]


def test_the_page_says_when_no_bot_is_set_up(member: User, browser_of: Callable[[User], Client]) -> None:
    providers.forget()
    page = browser_of(member).get("/me/telegram/?since=99999999999").content.decode()
    assert "No Telegram bot is set up" in page


def test_a_stranger_to_the_installation_is_asked_to_sign_in(client: Client) -> None:
    assert client.get("/me/telegram/").status_code == 302


# --- Setting it up


def test_telegram_is_told_where_we_are(bot: Chat, settings: Any, capsys: pytest.CaptureFixture[str]) -> None:
    bot.usual = b'{"ok":true,"result":true}'
    settings.SITE_URL = "https://tocsin.example.test"
    call_command("telegram_webhook")
    assert bot.last.path == f"/bot{TOKEN}/setWebhook"
    assert bot.last.json == {
        "url": "https://tocsin.example.test/hooks/telegram/webhook",
        "secret_token": SECRET,
        "allowed_updates": ["message", "callback_query"],
    }
    assert "https://tocsin.example.test/hooks/telegram/webhook" in capsys.readouterr().out
    bot.answers = [refused(401, "Unauthorized")]
    with pytest.raises(CommandError, match="HTTP 401"):
        call_command("telegram_webhook")
    settings.SITE_URL = "http://127.0.0.1:8000"
    with pytest.raises(CommandError, match="https"):
        call_command("telegram_webhook")


def test_a_secret_is_made_where_none_is_typed(client: Client, bot: Chat, now: datetime) -> None:
    values = {"token": TOKEN, "username": "PellworthBot", "secret_token": "", "api_url": bot.root}
    Provider.objects.filter(name="telegram").update(values=seal(json.dumps(values)))
    providers.forget()
    assert client.post(HOOK, {"update_id": 1}, content_type="application/json").status_code == 403
