"""Nothing that people or tools write lives on a page, and no page could run it if it did."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import pytest

from accounts.models import User
from incidents.models import Incident
from notifications.transports.base import Envelope, Message
from notifications.transports.email.transport import compose
from postmortems import pdf
from postmortems.report import read_report
from statuspage import actions as statuspage
from statuspage.models import StatusPage
from tests.security.looking import HTML, Sight, look
from tests.security.poison import living_in, poison, text
from tests.security.site import Site

# Swagger's page styles itself; a caught mail is shown as mail programs show it, without script.
OWN_POLICY = {"api-docs", "dev-mail-html"}


@pytest.fixture
def poisoned(site: Site) -> Site:
    fields = poison()
    assert {"Incident.title", "User.name", "TimelineEntry.text", "Alert.links", "Event.body"} <= fields
    User.objects.filter(pk=site.viewer.pk).update(email='"<script>alert(1)</script>"@example.test')
    for page in StatusPage.objects.all():
        statuspage.render(page=page, now=site.now)
    return site


def test_what_people_and_tools_write_lives_on_no_page(poisoned: Site) -> None:
    wrong = []
    for sight in look(poisoned):
        alive = living_in(sight.text) if sight.is_html and sight.route.key not in OWN_POLICY else []
        if alive or sight.answer.status_code >= 500:
            wrong.append((str(sight), alive[:3]))
    assert not wrong, "\n".join(map(str, wrong))


def test_payloads_do_come_through_as_text(poisoned: Site) -> None:
    """Guards the test above: what is looked for does stand on the pages."""
    browser = poisoned.browser(poisoned.owner)
    for path in (
        "/",
        f"/incidents/{poisoned.triaged.pk}/",
        f"/postmortems/{poisoned.reviewed.pk}/",
        "/people/",
    ):
        assert "&lt;script&gt;alert(" in browser.get(path).content.decode(), path


def test_the_look_for_what_lives_finds_it() -> None:
    assert living_in('<p><img src=x onerror="alert(1)">')
    assert living_in('<a href=" java\tscript:alert(1)">x</a>')
    assert living_in("<script>alert(1)</script>")
    assert living_in('<p style="color: red">')
    assert living_in('<div hx-vals="js:alert(1)">')
    assert not living_in('<script src="/static/js/tocsin.js"></script><a href="/incidents/1/">1</a>')


def test_the_public_page_s_files_are_well_formed(poisoned: Site) -> None:
    """The feed is XML and the API JSON whatever stands in them; neither is taken for a page."""
    browser = poisoned.browser(None)
    feed = browser.get(f"/status/{poisoned.page.slug}/history.atom")
    ElementTree.fromstring(feed.content)  # noqa: S314 - our own
    assert b"<script" not in feed.content
    found = browser.get(f"/status/{poisoned.page.slug}/api/v2/summary.json")
    assert json.loads(found.content)["incidents"]
    for answer in (feed, found):
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert HTML not in answer.headers["Content-Type"]


def test_what_a_tool_sent_is_shown_as_plain_text_alone(poisoned: Site) -> None:
    path = f"/integrations/{poisoned.integration.pk}/events/{poisoned.event.pk}/body/"
    answer = poisoned.browser(poisoned.owner).get(path)
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_what_people_wrote_lives_in_no_pdf(poisoned: Site) -> None:
    """Apart from its own style sheet, the document that is typeset refers to nothing and runs nothing."""
    html = pdf.html_of(read_report(poisoned.postmortem.pk, zone=poisoned.owner.zone, now=poisoned.now))
    assert "&lt;script&gt;" in html
    assert living_in(html) == []


def test_what_people_wrote_lives_in_no_mail(site: Site) -> None:
    bad = text()
    message = Message(
        kind="page",
        headline=f"{bad}\r\nBcc: everybody@example.test",
        intro=bad,
        facts=((bad, bad),),
        url=f"https://tocsin.example.test/?{bad}",
        ack_url="https://tocsin.example.test/ack/1",
        link_text=bad,
    )
    mail = compose(Envelope("ada@example.test", "", "key", 1, message, site.now))
    sent = mail.message()
    assert sent["Bcc"] is None
    assert "\n" not in str(mail.subject)
    html = str(mail.alternatives[0][0])
    alive = [found for found in living_in(html) if "style" not in found]  # mail programs know no style sheets
    assert alive == []


def test_every_page_has_a_strict_policy(sights: list[Sight]) -> None:
    """No inline script or style, nothing from elsewhere, no frame around it; exceptions are named above."""
    pages = [sight for sight in sights if sight.is_html and sight.route.key not in OWN_POLICY]
    assert len(pages) > 150
    for sight in pages:
        said = _directives(sight.answer.headers.get("Content-Security-Policy", ""))
        assert _is_strict(said), (str(sight), said)


def test_the_exceptions_run_no_script_of_others(site: Site) -> None:
    caught = _directives(site.browser(None).get("/dev/mail/1.eml").headers["Content-Security-Policy"])
    assert caught["script-src"] == ["'none'"]
    assert caught["default-src"] == ["'none'"]
    docs = _directives(site.browser(None).get("/api/docs").headers["Content-Security-Policy"])
    assert docs["script-src"] == ["'self'"]
    assert docs["default-src"] == ["'none'"]


def _directives(header: str) -> dict[str, list[str]]:
    parts = [part.split() for part in header.split(";") if part.strip()]
    return {name: values for name, *values in parts}


def _is_strict(said: dict[str, list[str]]) -> bool:
    everything = {value for values in said.values() for value in values}
    ours = {"'none'", "'self'", "data:"}
    return (
        said.get("default-src") == ["'none'"]
        and said.get("script-src") in (["'self'"], ["'none'"], None)
        and said.get("base-uri") == ["'none'"]
        and said.get("form-action") in (["'self'"], ["'none'"])
        and said.get("frame-ancestors") in (["'none'"], ["'self'"])
        and everything <= ours
    )


def test_an_incident_s_title_is_one_line_in_headers_and_names_of_files(poisoned: Site) -> None:
    """The name of the file of a PDF is made of a title that tools write."""
    Incident.objects.filter(pk=poisoned.reviewed.pk).update(title='a"; filename="evil.exe\r\nX-Evil: 1')
    answer = poisoned.browser(poisoned.owner).get(
        f"/postmortems/{poisoned.reviewed.pk}/pdf/{poisoned.pdf.pk}/"
    )
    assert answer.headers["Content-Disposition"].count('"') == 2
    assert "X-Evil" not in answer.headers
