"""From draft to published, and back; and the action items."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from accounts.models import User
from postmortems import actions, lifecycle, queries
from postmortems.actions.rows import move
from postmortems.models import (
    ActionItem,
    ActionKind,
    ActionState,
    Decision,
    PdfFile,
    Postmortem,
    Review,
    State,
)
from tests.postmortems.conftest import write


def test_reviewers_need_the_texts_first(draft: Postmortem, owner: User, now: datetime) -> None:
    with pytest.raises(actions.Incomplete, match="Impact, Contributing factors"):
        actions.submit(postmortem=draft, actor=owner, now=now)


def test_those_who_were_asked_find_it_waiting_until_they_approve(
    in_review: Postmortem, member: User, owner: User, stranger: User, now: datetime
) -> None:
    assert list(queries.waiting_for(member)) == [in_review]
    assert not queries.waiting_for(stranger)
    actions.approve(postmortem=in_review, actor=member, now=now)
    assert not queries.waiting_for(member)


def test_the_author_is_not_asked_and_cannot_approve(written: Postmortem, owner: User, now: datetime) -> None:
    actions.submit(postmortem=written, reviewers=[owner], actor=owner, now=now)
    assert not Review.objects.exists()
    with pytest.raises(actions.OwnWork):
        actions.approve(postmortem=written, actor=owner, now=now)


def test_nothing_is_published_without_an_approval(in_review: Postmortem, owner: User, now: datetime) -> None:
    with pytest.raises(actions.NotApproved):
        actions.publish(postmortem=in_review, reason="I am in a hurry", actor=owner, now=now)
    in_review.refresh_from_db()
    assert in_review.state == State.IN_REVIEW


def test_approved_it_is_published_and_its_pdf_is_asked_for(published: Postmortem, owner: User) -> None:
    assert (published.state, published.published_by) == (State.PUBLISHED, owner)
    assert PdfFile.objects.get(postmortem=published).was_published


def test_approving_twice_is_approving_once(in_review: Postmortem, member: User, now: datetime) -> None:
    first = actions.approve(postmortem=in_review, actor=member, now=now)
    assert actions.approve(postmortem=in_review, actor=member, now=now) == first


def test_an_admin_publishes_without_approval_only_with_a_reason(
    in_review: Postmortem, admin: User, now: datetime
) -> None:
    with pytest.raises(actions.ReasonNeeded):
        actions.publish(postmortem=in_review, reason="  ", actor=admin, now=now)
    actions.publish(postmortem=in_review, reason="The auditor waits", actor=admin, now=now)
    waiver = Review.objects.get(decision=Decision.WAIVED)
    assert (waiver.user, waiver.comment) == (admin, "The auditor waits")


def test_an_approval_ends_when_it_goes_back_to_draft(
    in_review: Postmortem, owner: User, member: User, now: datetime
) -> None:
    actions.approve(postmortem=in_review, actor=member, now=now)
    draft = actions.send_back(postmortem=in_review, comment="", actor=owner, now=now)
    again = actions.submit(postmortem=draft, actor=owner, now=now)
    with pytest.raises(actions.NotApproved):
        actions.publish(postmortem=again, actor=owner, now=now)


def test_a_reviewer_who_returns_it_says_why(in_review: Postmortem, member: User, now: datetime) -> None:
    with pytest.raises(actions.ReasonNeeded):
        actions.send_back(postmortem=in_review, comment=" ", actor=member, now=now)
    draft = actions.send_back(postmortem=in_review, comment="Why was it slow?", actor=member, now=now)
    assert draft.is_draft
    assert Review.objects.get(decision=Decision.RETURNED).comment == "Why was it slow?"


def test_reopening_needs_a_reason_and_keeps_the_record(
    published: Postmortem, owner: User, member: User, now: datetime
) -> None:
    with pytest.raises(actions.ReasonNeeded):
        actions.reopen(postmortem=published, reason="", actor=owner, now=now)
    draft = actions.reopen(postmortem=published, reason="The cause was another", actor=owner, now=now)
    assert (draft.state, draft.published_at) == (State.DRAFT, None)
    decisions = list(draft.reviews.values_list("decision", flat=True))
    assert decisions == [Decision.ASKED, Decision.APPROVED, Decision.REOPENED]
    assert write(draft, owner, now, {}).version == published.version + 1


@pytest.mark.parametrize("verb", ["publish", "return", "reopen"])
def test_a_draft_can_only_be_submitted(verb: str) -> None:
    with pytest.raises(lifecycle.IllegalTransition):
        lifecycle.after(lifecycle.POSTMORTEM, "draft", verb)


def test_of_two_who_publish_at_once_one_is_told(published: Postmortem, owner: User, now: datetime) -> None:
    with pytest.raises(lifecycle.IllegalTransition):
        actions.publish(postmortem=published, actor=owner, now=now)


def test_a_stale_row_is_not_moved(in_review: Postmortem, now: datetime) -> None:
    stale = Postmortem.objects.get(pk=in_review.pk)
    Postmortem.objects.filter(pk=in_review.pk).update(version=99)
    with pytest.raises(actions.Changed):
        move(stale, "return")


def make_item(postmortem: Postmortem, owner: User, now: datetime, due_on: date | None = None) -> ActionItem:
    return actions.add_action_item(
        postmortem=postmortem,
        text="Size the pool\nfor two regions",
        owner=owner,
        due_on=due_on or date(2026, 3, 20),
        kind=ActionKind.PREVENT,
        actor=owner,
        now=now,
    )


def test_an_action_item_is_completed_and_reopened(draft: Postmortem, owner: User, now: datetime) -> None:
    item = make_item(draft, owner, now)
    assert item.text == "Size the pool for two regions"
    item = actions.move_action_item(item=item, verb="complete", actor=owner, now=now)
    assert (item.state, item.closed_by, item.closed_at) == (ActionState.DONE, owner, now)
    item = actions.move_action_item(item=item, verb="reopen", actor=owner, now=now)
    assert (item.state, item.closed_by, item.closed_at) == (ActionState.OPEN, None, None)


def test_what_is_dropped_cannot_be_completed(draft: Postmortem, owner: User, now: datetime) -> None:
    item = actions.move_action_item(item=make_item(draft, owner, now), verb="drop", actor=owner, now=now)
    with pytest.raises(lifecycle.IllegalTransition):
        actions.move_action_item(item=item, verb="complete", actor=owner, now=now)


def test_an_item_that_somebody_else_closed_is_not_closed_again(
    draft: Postmortem, owner: User, member: User, now: datetime
) -> None:
    item = make_item(draft, owner, now)
    mine = ActionItem.objects.get(pk=item.pk)
    actions.move_action_item(item=item, verb="drop", actor=member, now=now)
    with pytest.raises(actions.Changed):
        actions.move_action_item(item=mine, verb="complete", actor=owner, now=now)


def test_what_is_due_today_is_not_overdue(draft: Postmortem, owner: User, now: datetime) -> None:
    item = make_item(draft, owner, now, date(2026, 3, 10))
    assert not ActionItem.objects.overdue(date(2026, 3, 10))
    assert list(ActionItem.objects.overdue(date(2026, 3, 11))) == [item]


def test_the_longest_overdue_stands_first(draft: Postmortem, owner: User, now: datetime) -> None:
    later, sooner = (
        make_item(draft, owner, now, date(2026, 4, 1)),
        make_item(draft, owner, now, date(2026, 2, 1)),
    )
    assert list(queries.to_follow_up()) == [sooner, later]
