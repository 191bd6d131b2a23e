"""The mail catcher: real SMTP in, one file per mail out."""

import smtplib
import sys
import time
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from pathlib import Path

import pytest

from ops import process
from ops.layout import ROOT
from ops.mailcatcher import MailFolder
from ops.ports import LOOPBACK, free_port

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def test_the_newest_mails_are_kept_in_the_order_of_receipt(tmp_path: Path) -> None:
    folder = MailFolder(tmp_path, keep=3)
    for second in range(5):
        folder.store(
            f"Subject: {second}\r\n\r\n".encode(), ["a@example.com"], NOON + timedelta(seconds=second)
        )
    subjects = [message_from_bytes(path.read_bytes())["Subject"] for path in sorted(tmp_path.iterdir())]
    assert subjects == ["2", "3", "4"]


def test_a_restarted_catcher_counts_the_mails_that_were_there(tmp_path: Path) -> None:
    MailFolder(tmp_path, keep=2).store(b"Subject: old\r\n\r\n", [], NOON)
    again = MailFolder(tmp_path, keep=1)
    again.store(b"Subject: new\r\n\r\n", [], NOON + timedelta(seconds=1))
    assert [b"new" in path.read_bytes() for path in tmp_path.iterdir()] == [True]


@pytest.mark.processes
def test_a_mail_sent_by_smtp_becomes_a_file_with_its_recipients(tmp_path: Path) -> None:
    port = free_port()
    command = [sys.executable, "-m", "ops.mailcatcher", str(port), str(tmp_path / "mail")]
    catcher = process.spawn(command, log=tmp_path / "log", cwd=ROOT)
    try:
        mail = EmailMessage()
        mail["Subject"], mail["From"], mail["To"] = (
            "Checkout is down",
            "tocsin@example.com",
            "ada@example.com",
        )
        mail.set_content("Größe ✓")
        with connect(port) as smtp:
            smtp.send_message(mail, to_addrs=["ada@example.com", "hidden@example.com"])
        (stored,) = (tmp_path / "mail").iterdir()
        received = message_from_bytes(stored.read_bytes())
        assert received["Subject"] == "Checkout is down"
        assert received["X-Envelope-To"] == "ada@example.com, hidden@example.com"
        assert stored.name.startswith(f"{datetime.now(UTC):%Y%m%dT}")
    finally:
        assert process.stop(catcher) == 0


def connect(port: int) -> smtplib.SMTP:
    deadline = time.monotonic() + 15
    while True:
        try:
            return smtplib.SMTP(LOOPBACK, port, local_hostname="localhost", timeout=5)
        except (TimeoutError, ConnectionRefusedError):
            assert time.monotonic() < deadline, "the mail catcher did not come up"
            time.sleep(0.05)
