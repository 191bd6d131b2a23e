"""The pages: who sees and does what, what stands first, and that nothing anybody wrote is executed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from catalog.models import Service
from incidents.actions.opening import declare_new
from incidents.models import Incident
from lib import panels
from postmortems import actions
from postmortems.models import ActionItem, ActionKind, ActionState, Postmortem, Section, State
from tests.postmortems.conftest import make_resolved, write

Browser = Callable[[User], Client]
HTMX = {"HX-Request": "true"}
SCRIPT = "<script>alert(1)</script>"


def address(name: str, postmortem: Postmortem, *more: object) -> str:
    return reverse(f"postmortems:{name}", args=[postmortem.incident_id, *more])


def html(client: Client, url: str, **query: str) -> str:
    answer = client.get(url, query)
    assert answer.status_code == 200
    return answer.content.decode()


def add_item(
    postmortem: Postmortem, owner: User, now: datetime, due_on: date, text: str = "Fix it"
) -> ActionItem:
    return actions.add_action_item(
        postmortem=postmortem,
        text=text,
        owner=owner,
        due_on=due_on,
        kind=ActionKind.DETECT,
        actor=owner,
        now=now,
    )


PAGES = ("detail", "read", "timeline")


@pytest.mark.parametrize("name", PAGES)
def test_everybody_signed_in_reads_and_others_sign_in(
    written: Postmortem, client: Client, viewer: User, stranger: User, browser_of: Browser, name: str
) -> None:
    url = address(name, written)
    assert client.get(url)["Location"].startswith("/account/login/")
    for person in (viewer, stranger):
        assert "Checkout answers 502" in html(browser_of(person), url) or name == "timeline"


WRITES: list[tuple[str, tuple[Any, ...], dict[str, str]]] = [
    ("section", ("impact",), {"text": "x", "version": "9"}),
    ("import", (), {}),
    ("mark", (1,), {"do": "pin"}),
    ("action-add", (), {"text": "x"}),
    ("submit", (), {}),
    ("approve", (), {}),
    ("return", (), {"comment": "x"}),
    ("publish", (), {}),
    ("reopen", (), {"comment": "x"}),
]


@pytest.mark.parametrize(("name", "more", "data"), WRITES)
def test_a_viewer_changes_nothing(
    written: Postmortem,
    viewer: User,
    browser_of: Browser,
    name: str,
    more: tuple[Any, ...],
    data: dict[str, str],
) -> None:
    assert browser_of(viewer).post(address(name, written, *more), data).status_code == 404
    after = Postmortem.objects.get(pk=written.pk)
    assert (after.version, after.state) == (written.version, State.DRAFT)


def test_a_viewer_sees_no_button_that_changes_something(
    written: Postmortem, owner: User, viewer: User, browser_of: Browser, now: datetime
) -> None:
    add_item(written, owner, now, date(2026, 4, 1))
    page = html(browser_of(viewer), address("detail", written))
    assert "Edit" not in page
    assert "Submit for review" not in page
    assert address("pdf", written) in page


def test_a_responder_of_another_team_may_write(
    written: Postmortem, stranger: User, browser_of: Browser
) -> None:
    data = {"text": "From the outside", "version": str(written.version)}
    answer = browser_of(stranger).post(address("section", written, "impact"), data)
    assert answer["Location"] == address("detail", written) + "#impact"
    written.refresh_from_db()
    assert written.impact == "From the outside"


def test_the_button_on_a_resolved_incident_begins_it(
    resolved: Incident, as_owner: Client, owner: User
) -> None:
    [shown] = [row for row in panels.filled("incident", resolved, owner) if row.panel.name == "postmortem"]
    assert shown.context["postmortem"] is None
    as_owner.post(reverse("postmortems:start", args=[resolved.pk]))
    begun = Postmortem.objects.get(incident=resolved)
    [shown] = [row for row in panels.filled("incident", resolved, owner) if row.panel.name == "postmortem"]
    assert shown.context["postmortem"] == begun


def test_an_open_incident_has_no_panel_and_says_why_it_cannot_begin(
    service: Service, owner: User, as_owner: Client, now: datetime
) -> None:
    incident = declare_new(actor=owner, service=service, title="Down", severity=2, now=now, page=False)
    assert not [row for row in panels.filled("incident", incident, owner) if row.panel.name == "postmortem"]
    answer = as_owner.post(reverse("postmortems:start", args=[incident.pk]))
    assert "once its incident is resolved" in answer.content.decode()


def test_a_section_is_edited_in_its_place(draft: Postmortem, as_owner: Client) -> None:
    url = address("section", draft, "impact")
    form = as_owner.get(url, headers=HTMX).content.decode()
    assert "<html" not in form
    assert f'name="version" value="{draft.version}"' in form
    saved = as_owner.post(url, {"text": "**Nobody** paid", "version": str(draft.version)}, headers=HTMX)
    assert "<strong>Nobody</strong> paid" in saved.content.decode()


def test_a_conflict_shows_both_texts_and_keeps_what_was_typed(
    draft: Postmortem, as_owner: Client, member: User, now: datetime
) -> None:
    seen = draft.version
    actions.save_section(
        postmortem=draft, section=Section.IMPACT, text="Theirs", seen=seen, actor=member, now=now
    )
    url, typed = (
        address("section", draft, "impact"),
        {"text": "Mine, long thought about", "version": str(seen)},
    )
    answer = as_owner.post(url, typed, headers=HTMX)
    page = answer.content.decode()
    assert answer.status_code == 422
    for words in ("Milan Member saved this section", "Theirs", "Mine, long thought about"):
        assert words in page
    assert f'name="version" value="{seen + 1}"' in page
    assert as_owner.post(url, typed).status_code == 200  # without script: the same as a page


def test_an_unknown_section_is_not_there(draft: Postmortem, as_owner: Client) -> None:
    assert as_owner.get(address("section", draft, "author")).status_code == 404


def test_too_long_a_text_is_refused_and_kept_in_the_form(draft: Postmortem, as_owner: Client) -> None:
    text = "long " * 9_000
    answer = as_owner.post(address("section", draft, "impact"), {"text": text, "version": "1"})
    assert answer.status_code == 200
    assert text.strip() in answer.content.decode()


def test_pinning_moves_an_entry_to_the_key_moments(draft: Postmortem, as_owner: Client) -> None:
    item = draft.items.get(text="Roll back to 1417")
    answer = as_owner.post(address("mark", draft, item.number), {"do": "pin"}, headers=HTMX)
    assert "Unpin" in answer.content.decode()
    as_owner.post(address("mark", draft, item.number), {"do": "comment", "comment": "too slow"})
    page = html(as_owner, address("detail", draft))
    assert "Key moments" in page
    assert "too slow" in page
    assert "Declared as SEV1" not in page


def test_leaving_out_and_putting_back(draft: Postmortem, as_owner: Client) -> None:
    url = address("mark", draft, 1)
    as_owner.post(url, {"do": "pin"})
    as_owner.post(url, {"do": "hide"})
    item = draft.items.get(number=1)
    assert (item.is_hidden, item.is_pinned) == (True, False)
    as_owner.post(url, {"do": "show"})
    item.refresh_from_db()
    assert not item.is_hidden
    assert as_owner.post(url, {"do": "burn"}, headers=HTMX).status_code == 422


def test_the_whole_way_by_its_buttons(
    written: Postmortem, as_owner: Client, member: User, browser_of: Browser
) -> None:
    as_owner.post(address("submit", written), {"reviewers": [str(member.pk)]})
    reviewer = browser_of(member)
    assert "Checkout answers 502" in html(reviewer, reverse("postmortems:list"), state="waiting")
    reviewer.post(address("approve", written), {"comment": "Well told"})
    page = html(as_owner, address("detail", written))
    assert "Well told" in page
    as_owner.post(address("publish", written))
    written.refresh_from_db()
    assert written.is_published
    assert "Approved by Milan Member" in " ".join(html(as_owner, address("read", written)).split())


def test_why_a_step_was_refused_is_said(draft: Postmortem, as_owner: Client) -> None:
    answer = as_owner.post(address("submit", draft), follow=True)
    assert "Reviewers need these first: Impact" in answer.content.decode()
    answer = as_owner.post(address("reopen", draft), {"comment": "x"}, follow=True)
    assert "cannot be moved" in answer.content.decode()


def test_action_items_are_added_edited_and_done(
    draft: Postmortem, as_owner: Client, owner: User, member: User
) -> None:
    data = {"text": "Alert on pool use", "owner": str(owner.pk), "due_on": "2026-04-01", "kind": "detect"}
    as_owner.post(address("action-add", draft), data)
    item = ActionItem.objects.get()
    as_owner.post(address("action-edit", draft, item.pk), data | {"owner": str(member.pk)})
    url = address("action-move", draft, item.pk, "complete")
    answer = as_owner.post(url, {"next": "https://elsewhere.example/"})
    assert answer["Location"] == address("detail", draft) + "#actions"
    item.refresh_from_db()
    assert (item.owner, item.state) == (member, ActionState.DONE)
    answer = as_owner.post(url, follow=True)
    assert "cannot be moved" in answer.content.decode()


def test_a_wrong_action_item_keeps_what_was_typed(draft: Postmortem, as_owner: Client) -> None:
    answer = as_owner.post(address("action-add", draft), {"text": "Without anybody", "due_on": "soon"})
    page = answer.content.decode()
    assert "Without anybody" in page
    assert "Enter a valid date" in page
    assert not ActionItem.objects.exists()


def test_the_overview_marks_what_is_overdue_and_filters(
    draft: Postmortem, as_owner: Client, owner: User, member: User, now: datetime
) -> None:
    add_item(draft, owner, now, date(2020, 1, 1), "Long late")
    add_item(draft, member, now, date(2999, 1, 1), "Far away")
    page = html(as_owner, reverse("postmortems:actions"))
    assert page.index("Long late") < page.index("Far away")
    assert page.count("state-alarm") == 1
    assert "Far away" not in html(as_owner, reverse("postmortems:actions"), show="overdue")
    assert "Far away" not in html(as_owner, reverse("postmortems:actions"), show="mine")
    assert "Far away" in html(as_owner, reverse("postmortems:actions"), show="nonsense")
    assert [row for row in panels.filled("me", owner, owner) if row.panel.name == "action-items"]


def test_a_list_of_many_takes_as_few_queries_as_one_of_two(
    service: Service,
    owner: User,
    member: User,
    as_owner: Client,
    now: datetime,
    django_assert_max_num_queries: Any,
) -> None:
    for number in range(12):
        incident = make_resolved_quickly(service, owner, now, f"Outage {number}")
        begun = actions.start(incident=incident, actor=owner, now=now)
        add_item(begun, member, now, date(2020, 1, 1))
        add_item(begun, member, now, date(2999, 1, 1))
    with django_assert_max_num_queries(12):
        page = html(as_owner, reverse("postmortems:list"))
    assert page.count("2 open") == 12
    assert page.count("1 overdue") == 12
    with django_assert_max_num_queries(12):
        html(as_owner, reverse("postmortems:actions"))


def make_resolved_quickly(service: Service, owner: User, now: datetime, title: str) -> Incident:
    incident = declare_new(actor=owner, service=service, title=title, severity=2, now=now, page=False)
    Incident.objects.filter(pk=incident.pk).update(state="resolved", resolved_at=now, closed_at=now)
    incident.refresh_from_db()
    return incident


def test_resolved_incidents_without_one_are_offered(resolved: Incident, as_owner: Client) -> None:
    page = html(as_owner, reverse("postmortems:list"))
    assert reverse("postmortems:start", args=[resolved.pk]) in page
    assert "No postmortems yet" in page


@pytest.mark.parametrize("name", PAGES)
def test_a_script_in_any_field_is_inert(
    service: Service, owner: User, member: User, as_owner: Client, now: datetime, name: str
) -> None:
    owner.name = f"Olga {SCRIPT}"
    owner.save()
    postmortem = hostile(service, owner, member, now)
    page = html(as_owner, address(name, postmortem))
    assert "<script>alert" not in page
    assert "onerror=" not in page.replace("&lt;img src=x onerror=alert(1)&gt;", "")
    assert "javascript:" not in page.replace("[x](javascript:alert(1))", "")


def hostile(service: Service, owner: User, member: User, now: datetime) -> Postmortem:
    payload = f"{SCRIPT}<img src=x onerror=alert(1)>[x](javascript:alert(1))"
    incident = make_resolved(service, member, owner, title=payload)
    postmortem = actions.start(incident=incident, actor=owner, now=now)
    postmortem = write(postmortem, owner, now, dict.fromkeys(Section, payload))
    item = postmortem.items.get(number=1)
    actions.mark_item(item=item, is_pinned=True, is_hidden=False, comment=payload, actor=owner, now=now)
    add_item(postmortem, owner, now, date(2026, 4, 1), payload)
    postmortem.refresh_from_db()
    actions.submit(postmortem=postmortem, reviewers=[member], actor=owner, now=now)
    actions.approve(postmortem=postmortem, comment=payload, actor=member, now=now)
    return postmortem
