"""The feed, read by feedparser."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import feedparser
import pytest

from statuspage import actions
from statuspage.models import Component, Rendition, StatusPage
from tests.statuspage import making
from tests.statuspage.conftest import Tell

ReadFeed = Callable[[], Any]


@pytest.fixture
def feed(page: StatusPage) -> ReadFeed:
    def read() -> Any:
        parsed = feedparser.parse(Rendition.objects.get(page=page, path="history.atom").body)
        assert (parsed.bozo, parsed.version) == (False, "atom10")
        return parsed

    return read


def test_an_empty_history_is_a_valid_feed(feed: ReadFeed) -> None:
    parsed = feed()
    assert parsed.entries == []
    assert parsed.feed.title == "Acme Status - Incident History"
    assert {link.rel for link in parsed.feed.links} == {"alternate", "self"}


def test_an_incident_is_one_entry_that_stays_while_it_grows(
    component: Component, tell: Tell, feed: ReadFeed, now: datetime
) -> None:
    tell("investigating", body="We look into it.")
    [first] = feed().entries
    tell("resolved", body="It is **over**.", at=now + timedelta(minutes=30))
    [second] = feed().entries
    assert first.id == second.id
    assert first.published == second.published
    assert (first.updated, second.updated) == ("2026-03-10T12:00:00Z", "2026-03-10T12:30:00Z")
    html = second.content[0].value
    assert html.index("Resolved") < html.index("Investigating")
    assert "<strong>over</strong>" in html
    assert "<var>10</var>" in html.replace(" data-var='date'", "").replace(' data-var="date"', "")


def test_text_is_escaped_twice(page: StatusPage, component: Component, tell: Tell, feed: ReadFeed) -> None:
    tell("investigating", body="<script>alert(1)</script> a < b & c")
    raw = Rendition.objects.get(page=page, path="history.atom").body
    assert "&amp;lt;script&amp;gt;" in raw
    assert "<script" not in raw
    assert "<script" not in feed().entries[0].content[0].value


def test_characters_that_xml_forbids_do_not_break_it(
    page: StatusPage, component: Component, tell: Tell, feed: ReadFeed, now: datetime
) -> None:
    tell("investigating", body="bell \x07 and vertical tab \x0b")
    assert "bell" in feed().entries[0].content[0].value


def test_it_holds_the_newest_twenty_five(
    page: StatusPage, component: Component, feed: ReadFeed, now: datetime
) -> None:
    service = component.services.get()
    for number in range(27):
        at = now + timedelta(hours=number)
        incident = making.make_incident(service, at, f"Number {number}")
        making.make_update(incident, "investigating", "partial_outage", "Text.", at)
    actions.render(page=page, now=now + timedelta(days=2))
    titles = [entry.title for entry in feed().entries]
    assert (len(titles), titles[0], titles[-1]) == (25, "Number 26", "Number 2")
