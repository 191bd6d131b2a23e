"""The pages of hand-off notes, and who may write on them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Team, User
from catalog.models import Service
from insights.actions import LONGEST_REMARK, write_remark
from insights.handoffs import write_notes
from insights.models import HandoffNote
from oncall.drafts import Refused
from oncall.models import Schedule, Slot
from tests.incidents.making import declared
from tests.making import NOW, make_schedule, make_user

Browser = Callable[[User], Client]
BEGAN = datetime(2026, 3, 9, 9, tzinfo=UTC)
HANDED = datetime(2026, 3, 16, 9, tzinfo=UTC)


@pytest.fixture
def note(schedule: Schedule, service: Service, owner: User) -> HandoffNote:
    """From `owner` to `member`, with one incident open."""
    Slot.objects.create(layer=schedule.layers.get(), position=1, user=owner)
    declared(service, owner, BEGAN + timedelta(hours=1), title="Search is slow")
    write_notes(now=HANDED, since=HANDED - timedelta(hours=1))
    return HandoffNote.objects.get()


def text(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def path_of(note: HandoffNote) -> str:
    return f"/oncall/handoffs/{note.pk}/"


def test_everybody_reads_and_what_is_open_comes_first(
    browser_of: Browser, viewer: User, stranger: User, note: HandoffNote
) -> None:
    for person in (viewer, stranger):
        page = text(browser_of(person), path_of(note))
        assert "<h1>1 incident is open</h1>" in page
        assert "Search is slow" in page
        assert page.index("Open at the hand-off") < page.index("Updates due") < page.index("On the shift")
        assert "<textarea" not in page


def test_who_is_not_signed_in_is_sent_to_sign_in(client: Client, note: HandoffNote) -> None:
    for path in ("/oncall/handoffs/", path_of(note)):
        assert client.get(path).headers["Location"].startswith("/account/login/")


def test_the_team_and_those_of_the_hand_off_write_the_remark(
    browser_of: Browser, owner: User, member: User, admin: User, note: HandoffNote
) -> None:
    for person in (owner, member, admin):
        note.refresh_from_db()
        data = {"remark": f"**{person.name}** was here", "before": note.remark}
        assert browser_of(person).post(f"{path_of(note)}remark/", data).status_code == 302
        note.refresh_from_db()
        assert note.remark_by == person
    assert "<strong>Ada Admin</strong> was here" in text(browser_of(member), path_of(note))


def test_an_outgoing_person_of_another_team_writes_too(
    browser_of: Browser, stranger: User, note: HandoffNote
) -> None:
    HandoffNote.objects.update(outgoing=[stranger.pk])
    assert "<textarea" in text(browser_of(stranger), path_of(note))
    assert browser_of(stranger).post(f"{path_of(note)}remark/", {"remark": "Mine"}).status_code == 302


def test_strangers_and_viewers_write_nothing(
    browser_of: Browser, stranger: User, viewer: User, note: HandoffNote
) -> None:
    HandoffNote.objects.update(incoming=[viewer.pk])
    for person in (stranger, viewer):
        assert browser_of(person).post(f"{path_of(note)}remark/", {"remark": "Mine"}).status_code == 404
    note.refresh_from_db()
    assert note.remark == ""


def test_the_action_itself_refuses_a_stranger(stranger: User, note: HandoffNote) -> None:
    with pytest.raises(Refused):
        write_remark(actor=stranger, now=NOW, note=note, text="Mine")


def test_a_remark_that_somebody_changed_meanwhile_is_not_lost(
    browser_of: Browser, owner: User, member: User, note: HandoffNote
) -> None:
    write_remark(actor=owner, now=NOW, note=note, text="Watch the queue")
    answer = browser_of(member).post(f"{path_of(note)}remark/", {"remark": "All calm", "before": ""})
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "Olga Owner changed the remark meanwhile" in page
    assert "Watch the queue" in page
    assert "All calm" in page
    again = browser_of(member).post(
        f"{path_of(note)}remark/", {"remark": "All calm", "before": "Watch the queue"}
    )
    assert again.status_code == 302


def test_after_a_refusal_the_form_sends_what_stands_there_now(
    browser_of: Browser, owner: User, member: User, note: HandoffNote
) -> None:
    write_remark(actor=owner, now=NOW, note=note, text="Watch the queue")
    page = (
        browser_of(member)
        .post(f"{path_of(note)}remark/", {"remark": "All calm", "before": ""})
        .content.decode()
    )
    assert 'name="before" value="Watch the queue"' in page


def test_a_remark_is_sanitised_and_bounded(browser_of: Browser, owner: User, note: HandoffNote) -> None:
    write_remark(actor=owner, now=NOW, note=note, text="<script>alert(1)</script> [x](javascript:alert(1))")
    page = text(browser_of(owner), path_of(note))
    assert "<script>alert" not in page
    assert 'href="javascript:' not in page
    with pytest.raises(Refused):
        write_remark(actor=owner, now=NOW, note=note, text="x" * (LONGEST_REMARK + 1))


def test_an_empty_remark_takes_it_away(owner: User, note: HandoffNote) -> None:
    write_remark(actor=owner, now=NOW, note=note, text="Watch the queue")
    cleared = write_remark(actor=owner, now=NOW, note=note, text="  ")
    assert (cleared.remark, cleared.remark_by) == ("", None)


def test_the_list_shows_my_schedules_and_on_demand_all(
    browser_of: Browser, member: User, stranger: User, note: HandoffNote
) -> None:
    assert path_of(note) in text(browser_of(member), "/oncall/handoffs/")
    assert "No hand-off yet" in text(browser_of(stranger), "/oncall/handoffs/")
    assert path_of(note) in text(browser_of(stranger), "/oncall/handoffs/?of=all")
    assert path_of(note) in text(browser_of(stranger), f"/oncall/handoffs/?schedule={note.schedule_id}")
    assert path_of(note) in text(browser_of(member), "/oncall/handoffs/?schedule=nonsense")


def test_whoever_stands_in_a_schedule_of_another_team_finds_its_notes(
    browser_of: Browser, stranger: User, note: HandoffNote, schedule: Schedule
) -> None:
    Slot.objects.create(layer=schedule.layers.get(), position=2, user=stranger)
    assert path_of(note) in text(browser_of(stranger), "/oncall/handoffs/")


def test_a_note_that_does_not_exist_is_not_found(browser_of: Browser, admin: User) -> None:
    assert browser_of(admin).get("/oncall/handoffs/999/").status_code == 404


def test_the_page_of_a_note_without_its_people_still_shows(
    browser_of: Browser, viewer: User, note: HandoffNote
) -> None:
    HandoffNote.objects.update(outgoing=[999_999])
    assert "somebody who left" in text(browser_of(viewer), path_of(note))


def test_the_queries_of_the_list_do_not_grow(
    browser_of: Browser, member: User, team: Team, note: HandoffNote
) -> None:
    browser = browser_of(member)

    def counted() -> int:
        with CaptureQueriesContext(connection) as queries:
            browser.get("/oncall/handoffs/")
        return len(queries)

    counted()
    few = counted()
    for _ in range(6):
        people = (make_user(), make_user())
        make_schedule(team, people)
    write_notes(now=HANDED, since=HANDED - timedelta(hours=1))
    assert HandoffNote.objects.count() == 7
    assert counted() == few
