"""Two incidents that are one, and one that is two: actions, pages, API."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from alerts.actions.merging import CannotMerge, CannotSplit, NoSuchIncident, merge, split
from alerts.models import Alert, Integration
from catalog.models import Grouping, Service
from incidents.actions.opening import declare_new
from incidents.actions.paging import NotOpen
from incidents.actions.transitions import acknowledge, change_state
from incidents.lifecycle import IllegalTransition
from incidents.models import Escalation, Incident, State
from incidents.sweep import sweep
from notifications.models import Delivery, DeliveryKind, DeliveryState, Urgency
from tests.alerts.engine import tell, turn, words
from tests.making import NOW, make_integration

pytestmark = pytest.mark.django_db
Later = Callable[..., datetime]
BrowserOf = Callable[[User], Client]


@pytest.fixture
def door(service: Service) -> Integration:
    return make_integration(service)[0]


@pytest.fixture
def pair(door: Integration, service: Service) -> tuple[Incident, Incident]:
    """Two open incidents, each with two alerts."""
    Service.objects.filter(pk=service.pk).update(grouping=Grouping.LABELS, group_labels=["env"])
    for key in ("a", "b", "c", "d"):
        tell(door, key=key, labels={"env": "prod" if key in "ab" else "test"})
    turn()
    first, second = Incident.objects.order_by("pk")
    return first, second


def alerts_of(incident: Incident) -> list[str]:
    return sorted(incident.alerts.values_list("dedup_key", flat=True))


# --- Merging


def test_a_merged_incident_is_over_and_its_alerts_go_on_in_the_other(
    pair: tuple[Incident, Incident], owner: User, later: Later
) -> None:
    into, other = pair
    merge(into_id=into.pk, other_ids=[other.pk], actor=owner, now=later(minutes=1))
    other.refresh_from_db()
    assert (other.state, other.merged_into, other.closed_at) == (State.DISMISSED, into, later(minutes=1))
    assert (alerts_of(into), alerts_of(other)) == (["a", "b", "c", "d"], [])
    assert Escalation.objects.running().get().incident == into
    assert words(other)[-1] == f"Merged into #{into.pk} a is full"
    assert words(into)[-1] == f"#{other.pk} c is full was merged into this one"


def test_alerts_that_went_over_fire_and_end_there(
    pair: tuple[Incident, Incident], door: Integration, owner: User
) -> None:
    into, other = pair
    merge(into_id=into.pk, other_ids=[other.pk], actor=owner, now=NOW)
    tell(door, key="c")
    for key in ("a", "b", "c", "d"):
        tell(door, "resolve", key=key)
    turn()
    into.refresh_from_db()
    assert Incident.objects.count() == 2
    assert into.state == State.RESOLVED


def test_who_was_paged_for_it_hears_where_it_went(
    pair: tuple[Incident, Incident], owner: User, work: Callable[[datetime], None]
) -> None:
    into, other = pair
    work(NOW)
    told = Delivery.objects.filter(kind=DeliveryKind.PAGE, state=DeliveryState.SENT)
    assert told.filter(subject=f"incident:{other.pk}").exists()
    merge(into_id=into.pk, other_ids=[other.pk], actor=owner, now=NOW)
    notice = Delivery.objects.get(subject=f"incident:{other.pk}", kind=DeliveryKind.NOTICE)
    assert f"Merged into #{into.pk} at 12:00 UTC, by Olga Owner" in str(notice.message)


def test_pages_that_wait_for_a_merged_incident_are_not_sent(
    pair: tuple[Incident, Incident], owner: User
) -> None:
    into, other = pair
    while sweep(now=NOW):
        pass
    merge(into_id=into.pk, other_ids=[other.pk], actor=owner, now=NOW)
    waiting = Delivery.objects.filter(state=DeliveryState.PENDING, kind=DeliveryKind.PAGE)
    assert not waiting.filter(subject=f"incident:{other.pk}").exists()
    assert waiting.filter(subject=f"incident:{into.pk}").exists()


def test_what_takes_in_something_urgent_becomes_urgent(pair: tuple[Incident, Incident], owner: User) -> None:
    into, other = pair
    Incident.objects.filter(pk=into.pk).update(urgency=Urgency.LOW)
    merge(into_id=into.pk, other_ids=[other.pk], actor=owner, now=NOW)
    into.refresh_from_db()
    assert into.urgency == Urgency.HIGH


def test_a_merged_incident_that_is_reopened_points_nowhere(
    pair: tuple[Incident, Incident], owner: User
) -> None:
    into, other = pair
    merge(into_id=into.pk, other_ids=[other.pk], actor=owner, now=NOW)
    change_state(incident_id=other.pk, verb="reopen", actor=owner, now=NOW)
    other.refresh_from_db()
    assert (other.merged_into, other.is_open) == (None, True)


def test_what_does_not_go_together_is_refused_and_nothing_changes(
    pair: tuple[Incident, Incident], owner: User
) -> None:
    into, other = pair
    with pytest.raises(CannotMerge, match="itself"):
        merge(into_id=into.pk, other_ids=[into.pk], actor=owner, now=NOW)
    with pytest.raises(NoSuchIncident):
        merge(into_id=10**9, other_ids=[other.pk], actor=owner, now=NOW)
    Incident.objects.filter(pk=other.pk).update(is_drill=True)
    with pytest.raises(CannotMerge, match="drill"):
        merge(into_id=into.pk, other_ids=[other.pk], actor=owner, now=NOW)
    Incident.objects.filter(pk=other.pk).update(is_drill=False)
    change_state(incident_id=into.pk, verb="resolve", actor=owner, now=NOW)
    with pytest.raises(CannotMerge, match="is over"):
        merge(into_id=into.pk, other_ids=[other.pk], actor=owner, now=NOW)
    with pytest.raises(IllegalTransition):
        merge(into_id=other.pk, other_ids=[into.pk], actor=owner, now=NOW)
    assert alerts_of(other) == ["c", "d"]


# --- Splitting


def test_alerts_that_are_split_off_are_an_incident_of_their_own_that_pages(
    pair: tuple[Incident, Incident], owner: User, member: User
) -> None:
    whole, _other = pair
    acknowledge(incident_id=whole.pk, actor=member, now=NOW)
    going = whole.alerts.get(dedup_key="b")
    part = split(incident_id=whole.pk, alert_ids=[going.pk], actor=owner, now=NOW)
    assert (alerts_of(whole), alerts_of(part)) == (["a"], ["b"])
    assert (part.title, part.service, part.state) == ("b is full", whole.service, State.TRIAGE)
    assert Escalation.objects.running().filter(incident=part).exists()
    assert words(part) == [f"Split off #{whole.pk} a is full. Alert moved: b is full"]
    assert words(whole)[-1] == f"Split into #{part.pk} b is full. Alert moved: b is full"


def test_a_split_that_is_asked_not_to_page_belongs_to_who_split(
    pair: tuple[Incident, Incident], owner: User
) -> None:
    whole, _other = pair
    going = whole.alerts.get(dedup_key="b")
    part = split(
        incident_id=whole.pk, alert_ids=[going.pk], actor=owner, now=NOW, title=" Disks ", page=False
    )
    assert (part.title, part.state, part.acknowledged_by) == ("Disks", State.ACKNOWLEDGED, owner)
    assert not Escalation.objects.filter(incident=part).exists()


def test_only_alerts_of_the_incident_can_go_and_one_must_stay(
    pair: tuple[Incident, Incident], owner: User
) -> None:
    whole, other = pair
    own, foreign = (list(each.alerts.values_list("pk", flat=True)) for each in pair)
    for chosen in ([], foreign[:1], [own[0], foreign[0]]):
        with pytest.raises(CannotSplit, match="at least one"):
            split(incident_id=whole.pk, alert_ids=chosen, actor=owner, now=NOW)
    with pytest.raises(CannotSplit, match="must stay"):
        split(incident_id=whole.pk, alert_ids=own, actor=owner, now=NOW)
    change_state(incident_id=other.pk, verb="resolve", actor=owner, now=NOW)
    with pytest.raises(NotOpen):
        split(incident_id=other.pk, alert_ids=foreign[:1], actor=owner, now=NOW)
    assert Incident.objects.count() == 2


# --- Pages


def test_alerts_are_chosen_and_split_off_on_the_page(
    pair: tuple[Incident, Incident], member: User, browser_of: BrowserOf
) -> None:
    whole, _other = pair
    going = whole.alerts.get(dedup_key="b")
    browser = browser_of(member)
    page = browser.get(f"/incidents/{whole.pk}/alerts/").content.decode()
    assert f'name="alerts" value="{going.pk}"' in page
    answer = browser.post(f"/incidents/{whole.pk}/split/", {"alerts": [going.pk], "title": "", "page": "on"})
    part = Incident.objects.latest("pk")
    assert answer.headers["Location"] == f"/incidents/{part.pk}/"
    assert alerts_of(part) == ["b"]


def test_a_split_that_cannot_be_says_why(
    pair: tuple[Incident, Incident], member: User, browser_of: BrowserOf
) -> None:
    whole, _other = pair
    browser = browser_of(member)
    for chosen in ({}, {"alerts": ["x"]}, {"alerts": list(Alert.objects.values_list("pk", flat=True))}):
        answer = browser.post(f"/incidents/{whole.pk}/split/", chosen, follow=True)
        assert "Choose at least one alert of this incident." in answer.content.decode()


def test_the_other_incident_is_found_and_merged_into_on_the_page(
    pair: tuple[Incident, Incident], member: User, browser_of: BrowserOf
) -> None:
    into, other = pair
    browser = browser_of(member)
    for asked in ("", f"#{into.pk}", "full"):
        page = browser.get(f"/incidents/{other.pk}/alerts/", {"q": asked}).content.decode()
        assert f'name="into" value="{into.pk}"' in page
        assert f'name="into" value="{other.pk}"' not in page
    assert (
        "No open incident is like that"
        in browser.get(f"/incidents/{other.pk}/alerts/", {"q": "nowhere"}).content.decode()
    )
    answer = browser.post(f"/incidents/{other.pk}/merge/", {"into": into.pk})
    assert answer.headers["Location"] == f"/incidents/{into.pk}/"
    page = browser.get(f"/incidents/{other.pk}/").content.decode()
    assert f'<a href="/incidents/{into.pk}/">#{into.pk}</a>' in page


@pytest.mark.parametrize("into", ["", "x", "0", str(10**30), str(10**9)])
def test_a_merge_into_nothing_says_so(
    pair: tuple[Incident, Incident], member: User, browser_of: BrowserOf, into: str
) -> None:
    answer = browser_of(member).post(f"/incidents/{pair[0].pk}/merge/", {"into": into}, follow=True)
    assert answer.status_code == 200
    assert not Incident.objects.exclude(merged_into=None).exists()
    assert list(answer.context["messages"])


def test_a_viewer_neither_merges_nor_splits(
    pair: tuple[Incident, Incident], viewer: User, browser_of: BrowserOf
) -> None:
    into, other = pair
    browser = browser_of(viewer)
    page = browser.get(f"/incidents/{other.pk}/alerts/").content.decode()
    assert "merge/" not in page
    assert "split/" not in page
    assert browser.post(f"/incidents/{other.pk}/merge/", {"into": into.pk}).status_code == 403
    alert = other.alerts.all()[0]
    assert browser.post(f"/incidents/{other.pk}/split/", {"alerts": [alert.pk]}).status_code == 403
    assert Incident.objects.open().count() == 2


def test_an_incident_without_alerts_can_be_merged_too(
    pair: tuple[Incident, Incident], service: Service, owner: User, browser_of: BrowserOf
) -> None:
    declared = declare_new(actor=owner, service=service, title="Phones ring", severity=2, now=NOW)
    page = browser_of(owner).get(f"/incidents/{declared.pk}/alerts/").content.decode()
    assert f'name="into" value="{pair[0].pk}"' in page
    merge(into_id=pair[0].pk, other_ids=[declared.pk], actor=owner, now=NOW)
    declared.refresh_from_db()
    assert declared.merged_into == pair[0]


# --- API


def api(browser: Client, path: str, body: Any) -> Any:
    return browser.post(f"/api/v1/incidents/{path}", body, content_type="application/json")


def test_the_api_merges_and_splits(
    pair: tuple[Incident, Incident], member: User, browser_of: BrowserOf
) -> None:
    into, other = pair
    browser = browser_of(member)
    answer = api(browser, f"{other.pk}/merge", {"into": into.pk})
    assert (answer.status_code, answer.json()["id"]) == (200, into.pk)
    going = into.alerts.get(dedup_key="c")
    answer = api(browser, f"{into.pk}/split", {"alerts": [going.pk], "page": False})
    part = Incident.objects.latest("pk")
    assert (answer.status_code, answer.json()["state"]) == (201, "acknowledged")
    assert answer.headers["Location"].endswith(f"/api/v1/incidents/{part.pk}")
    assert alerts_of(part) == ["c"]


def test_the_api_refuses_with_a_reason(
    pair: tuple[Incident, Incident], member: User, browser_of: BrowserOf
) -> None:
    into, other = pair
    browser = browser_of(member)
    assert api(browser, f"{other.pk}/merge", {"into": other.pk}).status_code == 409
    assert api(browser, f"{other.pk}/merge", {"into": 10**9}).status_code == 409
    assert api(browser, f"{other.pk}/merge", {}).status_code == 400
    assert api(browser, f"{10**9}/merge", {"into": into.pk}).status_code == 404
    assert api(browser, f"{other.pk}/split", {"alerts": [10**9]}).status_code == 409
    assert api(browser, f"{other.pk}/split", {"alerts": []}).status_code == 400
    assert api(browser, f"{10**9}/split", {"alerts": [1]}).status_code == 404
