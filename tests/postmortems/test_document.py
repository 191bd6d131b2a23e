"""The PDF: what stands in it, and that an archive and a screen reader can use it."""

from __future__ import annotations

import os
from datetime import date, datetime
from io import BytesIO
from pathlib import Path

import pytest
from pypdf import PdfReader

from accounts.models import User
from incidents.actions.timeline import Entry, append, lock
from incidents.models import EntryKind
from postmortems import actions, pdf
from postmortems.models import ActionKind, Postmortem, TimelineItem
from tests.postmortems.conftest import make_page

PNG = os.environ.get("TOCSIN_TEST_KEEP_PDF", "")


def made(postmortem: Postmortem, now: datetime, zone: str = "Europe/Berlin") -> PdfReader:
    done = pdf.make(postmortem.pk, zone_name=zone, now=now)
    if PNG:
        Path(PNG).write_bytes(done.content)
    return PdfReader(BytesIO(done.content))


def text_of(reader: PdfReader) -> str:
    return " ".join(" ".join(page.extract_text() for page in reader.pages).split())


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
    for words in ("Checkout answered 502", "4,212 customers", "Roll back to 1417", "Size the pool", "overdue"):
        assert words in text
    for words in ("250 Ok: queued as 778", "451 try again later", "after 4.2 s", "Milan Member"):
        assert words in text
    assert "Page 1 of" in text
    assert "The timeline is unbroken" in text
    assert published.timeline_head in text.replace(" ", "")


def test_a_timeline_of_two_thousand_entries_and_three_hundred_pages_fits(
    written: Postmortem, member: User, now: datetime
) -> None:
    incident = lock(written.incident_id)
    texts = [f"Looked at `node-{n}`, **{n} %** full, nothing yet on shard {n % 7}." for n in range(2_000)]
    append([(incident, [Entry(EntryKind.NOTE, text, member) for text in texts])], now=now)
    for n in range(300):
        make_page(incident, member, now, key=f"bulk-{n}")
    actions.import_timeline(postmortem=written, actor=member, now=now)
    reader = made(written, now)
    text = text_of(reader)
    assert "node-0" in text
    assert "node-1999" in text
    assert f"Page {len(reader.pages)} of {len(reader.pages)}" in text
    assert "The timeline is unbroken" in text
