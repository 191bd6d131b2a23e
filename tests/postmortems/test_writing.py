"""Beginning a postmortem, its frozen timeline, and two people who write at once."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.db import connection

from accounts.models import User
from catalog.models import Service
from incidents.actions.opening import declare_new
from incidents.actions.writing import add_note
from incidents.models import Incident
from postmortems import actions
from postmortems.evidence import check_chain
from postmortems.models import Postmortem, Section, TimelineItem
from tests.postmortems.conftest import TEXTS


def save(
    postmortem: Postmortem, text: str, actor: User, now: datetime, seen: int | None = None
) -> Postmortem:
    return actions.save_section(
        postmortem=postmortem,
        section=Section.IMPACT,
        text=text,
        seen=postmortem.version if seen is None else seen,
        actor=actor,
        now=now,
    )


def test_it_begins_with_the_incidents_summary_and_its_timeline(draft: Postmortem, resolved: Incident) -> None:
    assert draft.summary == "Checkout is down."
    copies = list(draft.items.order_by("number").values_list("number", "text", "hash", "actor_name"))
    entries = resolved.timeline.values_list("number", "text", "hash", "actor__name")
    assert copies == list(entries)
    resolved.refresh_from_db()
    assert (draft.timeline_head, draft.timeline_length) == (resolved.timeline_head, resolved.timeline_length)


def test_it_begins_once_for_an_incident(
    draft: Postmortem, resolved: Incident, member: User, now: datetime
) -> None:
    assert actions.start(incident=resolved, actor=member, now=now) == draft
    assert draft.author != member


def test_it_cannot_begin_while_the_incident_is_open(service: Service, owner: User, now: datetime) -> None:
    incident = declare_new(actor=owner, service=service, title="Down", severity=2, now=now, page=False)
    with pytest.raises(actions.NotResolved):
        actions.start(incident=incident, actor=owner, now=now)
    assert not Postmortem.objects.exists()


def test_importing_again_adds_what_is_new_and_leaves_pins_alone(
    draft: Postmortem, owner: User, now: datetime
) -> None:
    first = draft.items.get(number=1)
    pinned = actions.mark_item(
        item=first, is_pinned=True, is_hidden=False, comment="it began here", actor=owner, now=now
    )
    add_note(incident_id=draft.incident_id, actor=owner, text="A late thought", now=now)
    assert actions.import_timeline(postmortem=draft, actor=owner, now=now) == 1
    assert actions.import_timeline(postmortem=draft, actor=owner, now=now) == 0
    pinned.refresh_from_db()
    assert (pinned.is_pinned, pinned.comment) == (True, "it began here")
    assert draft.items.filter(text="A late thought").count() == 1


def test_an_entry_that_is_left_out_is_not_a_key_moment(draft: Postmortem, owner: User, now: datetime) -> None:
    item = actions.mark_item(
        item=draft.items.get(number=2), is_pinned=True, is_hidden=True, comment="", actor=owner, now=now
    )
    assert (item.is_pinned, item.is_hidden) == (False, True)
    assert item not in draft.items.shown()


def test_the_chain_holds_and_a_changed_copy_is_found(draft: Postmortem) -> None:
    assert check_chain(draft).holds
    TimelineItem.objects.filter(postmortem=draft, number=3).update(hash="0" * 64)
    assert check_chain(draft).broken_at == 3


def test_an_entry_that_was_changed_behind_the_triggers_back_is_found(draft: Postmortem) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SET LOCAL session_replication_role = replica"
        )  # as somebody with the database's keys could
        cursor.execute("UPDATE incidents_timelineentry SET text = 'Nothing happened' WHERE number = 4")
        cursor.execute("SET LOCAL session_replication_role = origin")
    assert check_chain(draft).broken_at == 4


def test_a_missing_last_copy_breaks_the_chain(draft: Postmortem) -> None:
    draft.items.get(number=draft.timeline_length).delete()
    assert check_chain(draft).broken_at == draft.timeline_length


def test_saving_keeps_every_text_that_was_written(draft: Postmortem, owner: User, now: datetime) -> None:
    draft = save(draft, "One", owner, now)
    draft = save(draft, "Two", owner, now)
    kept = draft.revisions.filter(section=Section.IMPACT).values_list("text", flat=True)
    assert list(kept) == ["One", "Two"]
    assert draft.revisions.latest("number").number == draft.version


def test_saving_the_same_text_is_no_new_version(written: Postmortem, owner: User, now: datetime) -> None:
    again = save(written, TEXTS[Section.IMPACT], owner, now)
    assert again.version == written.version


def test_two_writers_of_one_section_do_not_overwrite_each_other(
    draft: Postmortem, owner: User, member: User, now: datetime
) -> None:
    seen = draft.version
    save(draft, "Mine", owner, now, seen)
    with pytest.raises(actions.Conflict) as caught:
        save(draft, "Theirs", member, now, seen)
    assert (caught.value.latest.text, caught.value.latest.author) == ("Mine", owner)
    draft.refresh_from_db()
    assert draft.impact == "Mine"
    assert save(draft, "Both", member, now, caught.value.version).impact == "Both"


def test_two_writers_of_different_sections_do_not_disturb_each_other(
    draft: Postmortem, owner: User, member: User, now: datetime
) -> None:
    seen = draft.version
    save(draft, "Mine", owner, now, seen)
    saved = actions.save_section(
        postmortem=draft, section=Section.WENT_WELL, text="Theirs", seen=seen, actor=member, now=now
    )
    assert (saved.impact, saved.went_well) == ("Mine", "Theirs")


def test_what_is_in_review_is_not_changed(in_review: Postmortem, owner: User, now: datetime) -> None:
    with pytest.raises(actions.NotDraft):
        save(in_review, "Quietly better", owner, now)
    with pytest.raises(actions.NotDraft):
        actions.import_timeline(postmortem=in_review, actor=owner, now=now)
    with pytest.raises(actions.NotDraft):
        actions.mark_item(
            item=in_review.items.get(number=1),
            is_pinned=True,
            is_hidden=False,
            comment="",
            actor=owner,
            now=now,
        )


def test_control_characters_are_dropped_before_they_reach_the_database(
    draft: Postmortem, owner: User, now: datetime
) -> None:
    assert save(draft, "a\x00b\ud800c", owner, now).impact == "abc"
