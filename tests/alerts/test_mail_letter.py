"""From a mail to a letter, and from a letter to what it says."""

from __future__ import annotations

import random
from email.message import EmailMessage
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.sources.base import Signal
from alerts.sources.email import parser
from alerts.sources.email.letter import letter_of, parsed
from alerts.sources.email.loops import why_refused
from alerts.sources.email.markup import plain
from tests.alerts.test_sources_contract import NOW, check_storable


def mail(subject: str = "Disk is full", text: str = "On db1.", **headers: str) -> EmailMessage:
    found = EmailMessage()
    found["From"], found["To"], found["Subject"] = "Backup <backup@example.org>", "key@example.org", subject
    found.set_content(text)
    for name, value in headers.items():
        found[name.replace("_", "-")] = value
    return found


def letter(raw: bytes | EmailMessage) -> dict[str, Any]:
    return letter_of(parsed(bytes(raw)), sender="backup@example.org")


def signal_of(**fields: Any) -> Signal:
    (found,) = parser.parse(
        {"subject": "Disk is full", "from": "a@example.org", **fields}, received_at=NOW
    ).signals
    return found


def test_a_mail_is_read_with_its_text_and_sender() -> None:
    found = letter(mail("Störung in Zürich – 日本", "Größe: 5 €\n"))
    assert found["subject"] == "Störung in Zürich – 日本"
    assert found["text"] == "Größe: 5 €"
    assert found["from"] == "Backup <backup@example.org>"


def test_plain_text_is_preferred_and_attachments_are_named_only() -> None:
    message = mail(text="the plain words")
    message.add_alternative("<p>the <b>rich</b> words</p>", subtype="html")
    message.add_attachment(
        b"\x00secret bytes", maintype="application", subtype="pdf", filename="Bericht ü.pdf"
    )
    found = letter(message)
    assert found["text"] == "the plain words"
    assert found["attachments"] == [{"name": "Bericht ü.pdf", "type": "application/pdf"}]
    assert "secret" not in str(found)


def test_html_alone_becomes_text() -> None:
    message = EmailMessage()
    message.set_content(
        "<html><head><title>x</title><style>p{}</style></head><body><p>One &amp; two</p><div>three<br>four</div>"
        "<script>alert(1)</script></body></html>",
        subtype="html",
    )
    assert letter(message)["text"] == "One & two\n\nthree\nfour"


@pytest.mark.parametrize(
    ("line", "read"),
    [
        (b"Subject: =?iso-8859-1?q?St=F6rung?=", "Störung"),
        (b"Subject: =?utf-8?b?U3TDtnJ1bmc=?= =?utf-8?q?_hier?=", "Störung hier"),
        (b"Subject: =?no-such-charset?q?St=C3=B6rung?=", "Störung"),
        (b"Subject: =?utf-8?b?not base64!?=", None),
        ("Subject: Störung".encode(), "Störung"),
        ("Subject: Störung".encode("latin-1"), "Störung"),
        (b"Subject: two\r\n lines", "two lines"),
        (b"Subject:", ""),
        (b"Subject: a\x00b\x07c", "abc"),
        (b"X: y", ""),
    ],
)
def test_odd_headers_are_read(line: bytes, read: str | None) -> None:
    found = letter(b"From: a@example.org\r\n" + line + b"\r\n\r\ntext").get("subject", "")
    assert found == read or read is None


@pytest.mark.parametrize("charset", [b"no-such", b"utf-16", b"'", b"ascii", b'"utf-8', b"base64"])
def test_a_charset_that_is_wrong_costs_no_mail(charset: bytes) -> None:
    raw = b"Subject: x\r\nContent-Type: text/plain; charset=" + charset + b"\r\n\r\nGr\xf6\xdfe"
    assert letter(raw)["text"]


def test_parts_within_parts_without_end_are_bounded() -> None:
    raw = b"Subject: Deep\r\n" + b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(3000)
    )
    assert letter(raw)["subject"] == "Deep"


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400), st.integers(0, 2**32))
def test_any_bytes_make_a_letter_that_is_read_and_can_be_stored(noise: bytes, seed: int) -> None:
    message = bytes(mail("=?utf-8?q?caf=C3=A9?=", "text", Importance="high"))
    chance = random.Random(seed)  # noqa: S311 - no secret
    place = chance.randrange(len(message))
    for raw in (noise, message[:place] + noise + message[place:], message[:place] + noise):
        found = letter(raw)
        parser.check(found)
        check_storable(parser.parse(found, received_at=NOW))


@pytest.mark.parametrize(
    ("subject", "key", "action"),
    [
        ("Disk is full", "DISK IS FULL", "trigger"),
        ("RE: Fwd: AW: disk is full", "DISK IS FULL", "trigger"),
        ("[FIRING:1] Disk is full", "DISK IS FULL", "trigger"),
        ("[RESOLVED] Disk is full", "DISK IS FULL", "resolve"),
        ("Re: [FIRING:2] Disk is full", "DISK IS FULL", "trigger"),
        ("Resolved in 12m 3s: Disk is full", "DISK IS FULL", "resolve"),
        ("Problem: Disk is full", "DISK IS FULL", "trigger"),
        ("OK: Disk is full", "DISK IS FULL", "resolve"),
        ("Recovery - Disk is full", "DISK IS FULL", "resolve"),
        ("ACK: Disk is full", "DISK IS FULL", "acknowledge"),
        ("CRITICAL: Disk is full", "DISK IS FULL", "trigger"),
        ("Ok", "OK", "trigger"),
        ("Resolved: ", "RESOLVED:", "trigger"),
        ("Upgrade: done", "UPGRADE: DONE", "trigger"),
        ("Not ok: Disk", "NOT OK: DISK", "trigger"),
    ],
)
def test_the_subject_is_the_key_and_a_word_before_it_the_state(subject: str, key: str, action: str) -> None:
    found = signal_of(subject=subject)
    assert (found.dedup_key, found.action) == (key, action)


@pytest.mark.parametrize(
    ("text", "action"),
    [
        ("OK", "resolve"),
        ("\n ok. \n\n-- \nsent from a phone", "resolve"),
        ("Resolved!", "resolve"),
        ("ack\n", "acknowledge"),
        ("OK, the disk is full", "trigger"),
        ("It is not resolved", "trigger"),
        ("down", "trigger"),
        ("", "trigger"),
    ],
)
def test_a_first_line_that_is_only_a_word_of_state_counts(text: str, action: str) -> None:
    assert signal_of(text=text).action == action


@pytest.mark.parametrize(
    ("fields", "severity"),
    [
        ({}, "error"),
        ({"subject": "CRITICAL: x"}, "critical"),
        ({"subject": "[WARNING] x"}, "warning"),
        ({"subject": "Info: x"}, "info"),
        ({"subject": "Alert: x"}, "error"),
        ({"importance": "Low"}, "warning"),
        ({"x_priority": "5 (Lowest)"}, "warning"),
    ],
)
def test_severity_is_read_from_the_subject_or_the_importance(fields: dict[str, str], severity: str) -> None:
    assert signal_of(**fields).severity == severity


def test_a_mail_without_a_subject_has_its_sender_as_key_and_its_first_line_as_summary() -> None:
    found = signal_of(subject="", text="Exit 2\non db1")
    assert found.summary == "Exit 2"
    assert found.dedup_key == signal_of(subject="", text="Exit 3").dedup_key
    assert found.dedup_key != signal_of(subject="", **{"from": "b@example.org"}).dedup_key


@pytest.mark.parametrize(
    ("headers", "takes", "why"),
    [
        ({}, False, ""),
        ({"Auto-Submitted": "no"}, False, ""),
        ({"Auto-Submitted": "auto-replied"}, True, "answer"),
        ({"Auto-Submitted": "auto-generated (rejected)"}, True, "automatic"),
        ({"Auto-Submitted": "auto-generated"}, False, "automatic"),
        ({"Auto-Submitted": "auto-generated; x=y"}, True, ""),
        ({"Auto-Submitted": "auto-generated", "Precedence": "bulk"}, True, ""),
        ({"Precedence": "bulk"}, False, "bulk"),
        ({"Precedence": "Junk"}, True, "list"),
        ({"Precedence": "list"}, True, "list"),
        ({"X-Autoreply": "yes"}, True, "answer"),
        ({"Message-ID": "<abc@Tocsin.Example.org>"}, True, "own"),
        ({"Message-ID": "<abc@other.example.org>"}, False, ""),
        ({"Content-Type": "multipart/report; report-type=delivery-status"}, True, "bounce"),
    ],
)
def test_loops_are_seen(headers: dict[str, str], takes: bool, why: str) -> None:
    message = parsed("".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode() + b"\r\nx")
    hosts = {"tocsin.example.org"}
    assert why_refused(message, sender="a@b.c", own_hosts=hosts, takes_automatic=takes) == why
    assert why_refused(message, sender="", own_hosts=hosts, takes_automatic=takes) == "bounce"


def test_markup_without_end_is_quick() -> None:
    assert plain("<p>" * 20_000 + "x") == "x"
    assert plain("<" * 5_000 + "x")
