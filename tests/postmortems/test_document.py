"""The PDF: what stands in it, and that an archive and a screen reader can use it."""

from __future__ import annotations

import os
import re
import socket
from datetime import date, datetime, timedelta
from html import unescape
from io import BytesIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pypdf import PdfReader

from accounts.models import User
from catalog.models import Service
from incidents.actions.timeline import Entry, append, lock
from incidents.models import EntryKind
from lib.masking import mask
from notifications.ledger import documents, signing
from postmortems import actions, evidence, pdf
from postmortems.evidence import reason_words
from postmortems.models import ActionKind, Postmortem, TimelineItem
from postmortems.report import read_report
from postmortems.templatetags.postmortems import precise
from tests.postmortems.conftest import make_page
from tests.postmortems.test_pages import hostile

PNG = os.environ.get("TOCSIN_TEST_KEEP_PDF", "")


def catalog_of(reader: PdfReader) -> Any:
    """The root of the file; pypdf cannot say what stands in it."""
    return reader.trailer["/Root"].get_object()


def made(postmortem: Postmortem, now: datetime, zone: str = "Europe/Berlin") -> PdfReader:
    if PNG:
        Path(PNG + ".html").write_text(pdf.html_of(read_report(postmortem.pk, zone=ZoneInfo(zone), now=now)))
    done = pdf.make(postmortem.pk, zone_name=zone, now=now)
    if PNG:
        Path(PNG).write_bytes(done.content)
    return PdfReader(BytesIO(done.content))


def text_of(reader: PdfReader) -> str:
    return " ".join(" ".join(page.extract_text() for page in reader.pages).split())


def words_of(postmortem: Postmortem, now: datetime, zone: str = "Europe/Berlin") -> str:
    """What the document says, before it is typeset: enough, and quick, for tests of words."""
    html = pdf.html_of(read_report(postmortem.pk, zone=ZoneInfo(zone), now=now))
    return " ".join(unescape(re.sub("<[^>]*>", " ", html)).split())


def test_the_pdf_holds_texts_timeline_ledger_approvals_and_action_items(
    published: Postmortem, owner: User, now: datetime
) -> None:
    item = TimelineItem.objects.get(postmortem=published, text="Roll back to 1417")
    TimelineItem.objects.filter(pk=item.pk).update(is_pinned=True, comment="14 minutes, twice the target")
    actions.add_action_item(
        postmortem=published,
        text="Size the pool for two regions",
        owner=owner,
        due_on=date(2026, 3, 1),
        kind=ActionKind.PREVENT,
        actor=owner,
        now=now,
    )
    text = text_of(made(published, now))
    for words in (
        "Checkout answered 502",
        "4,212 customers",
        "Roll back to 1417",
        "Size the pool",
        "overdue",
    ):
        assert words in text
    for words in ("250 Ok: queued as 778", "451 try again later", "after 4.2 s", "Milan Member"):
        assert words in text
    assert "q-778" in text
    assert "Page 1 of" in text
    assert "The timeline is unbroken" in text
    assert published.timeline_head in text.replace(" ", "")


def test_the_ledgers_digest_is_that_of_its_export_and_is_signed(published: Postmortem, now: datetime) -> None:
    about = f"incident:{published.incident_id}"
    ledger = evidence.ledger(published.incident, now=now)
    document = documents.about(about, title="x", now=now)
    assert ledger.digest == document["digest"]
    statement = signing.statement(about, ledger.digest)
    assert signing.fits(statement, ledger.signature, signing.public_key())
    assert not signing.fits(statement + b"0", ledger.signature, signing.public_key())
    text = text_of(made(published, now)).replace(" ", "")
    assert ledger.digest in text
    assert ledger.signature in text


def test_a_timeline_of_a_thousand_entries_and_a_hundred_pages_fits(
    written: Postmortem, member: User, now: datetime
) -> None:
    incident = lock(written.incident_id)
    texts = [f"Looked at `node-{n}`, **{n} %** full, nothing yet on shard {n % 7}." for n in range(1_000)]
    append([(incident, [Entry(EntryKind.NOTE, text, member) for text in texts])], now=now)
    for n in range(100):
        make_page(incident, member, now, key=f"bulk-{n}")
    actions.import_timeline(postmortem=written, actor=member, now=now)
    reader = made(written, now)
    last = len(reader.pages)
    assert last < 150
    assert f"Page {last} of {last}" in reader.pages[-1].extract_text()
    assert "The timeline is unbroken" in " ".join(reader.pages[-1].extract_text().split())
    assert any("node-999" in page.extract_text() for page in reader.pages[last // 2 :])


def test_it_is_an_archivable_tagged_pdf_in_a_named_language(written: Postmortem, now: datetime) -> None:
    reader = made(written, now)
    catalog = catalog_of(reader)
    assert catalog["/MarkInfo"]["/Marked"]
    assert catalog["/StructTreeRoot"]
    assert catalog["/Lang"] == "en"
    assert catalog["/OutputIntents"]
    packet = catalog["/Metadata"].get_data().decode()
    assert 'pdfaid:part="3"' in packet or "<pdfaid:part>3<" in packet
    assert 'pdfaid:conformance="A"' in packet or "<pdfaid:conformance>A<" in packet
    assert reader.metadata is not None
    assert reader.metadata.title == f"Postmortem #{written.incident_id}: Checkout answers 502"
    assert reader.metadata.author == "Olga Owner"
    assert [entry.title for entry in reader.outline if not isinstance(entry, list)][:2] == [
        "Summary",
        "Impact",
    ]


def test_every_font_is_in_the_file(written: Postmortem, now: datetime) -> None:
    for page in made(written, now).pages:
        resources: Any = page["/Resources"]
        for font in resources["/Font"].values():
            [descendant] = font.get_object()["/DescendantFonts"]
            assert "/FontFile2" in descendant.get_object()["/FontDescriptor"] or (
                "/FontFile3" in descendant.get_object()["/FontDescriptor"]
            )


def test_every_page_says_which_it_is(published: Postmortem, now: datetime) -> None:
    reader = made(published, now)
    last = len(reader.pages)
    for number, page in enumerate(reader.pages, start=1):
        text = page.extract_text()
        assert f"Page {number} of {last}" in text
        if number > 1:
            assert f"Postmortem #{published.incident_id} · Checkout answers 502" in text
            assert "Published · version" in text


def test_a_draft_says_that_it_is_one(written: Postmortem, now: datetime) -> None:
    text = words_of(written, now)
    assert "Draft · version" in text
    assert "nobody yet" in text
    assert "It has not been submitted" in text


def test_times_stand_in_utc_and_on_the_readers_clock(written: Postmortem, now: datetime) -> None:
    text = words_of(written, now, "Asia/Kolkata")
    assert "2026-03-10 11:00:00 UTC" in text
    assert "16:30:00 IST" in text
    assert "Asia/Kolkata" in text
    assert "IST" not in words_of(written, now, "UTC")


def test_an_entry_that_is_left_out_is_named_by_its_number(written: Postmortem, now: datetime) -> None:
    written.items.filter(number=4).update(is_hidden=True)
    text = words_of(written, now)
    assert "Roll back to 1417" not in text
    assert "The authors left out entry 4" in text


def test_a_broken_chain_is_said_in_the_document(written: Postmortem, now: datetime) -> None:
    written.items.filter(number=2).update(hash="0" * 64)
    assert "does not fit its hashes from entry 2" in words_of(written, now)


def test_addresses_are_shortened(written: Postmortem, member: User, now: datetime) -> None:
    text = words_of(written, now)
    assert member.email not in text
    assert "m•••@example.test" in text


def test_publishing_without_approval_stands_in_the_document(
    in_review: Postmortem, admin: User, now: datetime
) -> None:
    actions.publish(postmortem=in_review, reason="The auditor waits", actor=admin, now=now)
    text = words_of(in_review, now)
    assert "published without approval" in text
    assert "The auditor waits" in text


def test_a_script_in_any_field_is_only_text(
    service: Service, owner: User, member: User, now: datetime
) -> None:
    reader = made(hostile(service, owner, member, now), now)
    assert "<script>alert(1)</script>" in text_of(reader)
    assert "/OpenAction" not in catalog_of(reader)
    for page in reader.pages:
        for annotation in page.get("/Annots", []):
            action = annotation.get_object().get("/A", {})
            assert action.get("/S") in (None, "/URI", "/GoTo")
            assert not str(action.get("/URI", "")).startswith("javascript:")


def test_the_typesetter_fetches_nothing(tmp_path: Path) -> None:
    """Neither from the network, where a listener would hear it, nor from the disk."""
    (tmp_path / "secret.txt").write_text("attached secret")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.2)
        there = f"http://127.0.0.1:{listener.getsockname()[1]}/x.png"
        body = (
            f'<html lang="en"><title>x</title><link rel="stylesheet" href="{there}">'
            f'<link rel="attachment" href="{(tmp_path / "secret.txt").as_uri()}">'
            f'<img src="{there}" alt="x"><img src="{(tmp_path / "secret.txt").as_uri()}" alt="x">'
            f'<p style="background: url({there})">Alone</p></html>'
        )
        content, _pages = pdf.typeset(body)
        with pytest.raises(TimeoutError):
            listener.accept()
    reader = PdfReader(BytesIO(content))
    assert "Alone" in text_of(reader)
    assert not reader.attachments


def test_a_document_that_takes_too_long_is_given_up() -> None:
    with pytest.raises(pdf.CannotRender, match="longer than"):
        pdf.typeset("<html lang='en'><p>x</p></html>", time_limit=0.01)


def test_a_typesetter_that_breaks_says_why(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    broken = tmp_path / "broken.py"
    broken.write_text("import sys; sys.exit('WeasyPrint cannot load Pango; install libpango-1.0-0')")
    monkeypatch.setattr(pdf, "_TYPESETTER", broken)
    with pytest.raises(pdf.CannotRender, match="install libpango"):
        pdf.typeset("<p>x</p>")


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("jane@example.test", "j•••@example.test"),
        ("https://user:pw@hooks.example.test/secret?key=1", "https://hooks.example.test/•••"),
        ("http://[::1", "•••"),
        ("+4915112345678", "•••5678"),
        ("12345", "•••"),
        ("@example.test", "•••test"),
    ],
)
def test_a_masked_address_tells_two_apart_and_gives_none_away(address: str, shown: str) -> None:
    assert mask(address) == shown


@pytest.mark.parametrize(
    ("length", "words"),
    [(0.34, "340 ms"), (1.24, "1.2 s"), (75, "1 min"), (None, "–")],
)
def test_lateness_is_said_to_the_part_of_a_second(length: float | None, words: str) -> None:
    assert precise(None if length is None else timedelta(seconds=length)) == words


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ({"policy": "Payments", "kind": "step", "step": 2, "cycle": 1}, "Payments, step 2"),
        (
            {"policy": "Payments", "step": 1, "cycle": 3, "instead_of": "sms"},
            "Payments, step 1, round 3, in place of sms",
        ),
        ({"policy": "Payments", "kind": "fallback", "step": 3}, "Payments, fallback"),
        ({}, ""),
    ],
)
def test_the_ledger_says_why_this_person(reason: dict[str, Any], words: str) -> None:
    assert reason_words(reason) == words
