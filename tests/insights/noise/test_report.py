"""The noise report over real incidents, pages and alerts."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from accounts.models import User
from alerts.actions.hours import count_hours
from alerts.models import Alert, AlertHour
from catalog.models import Service
from incidents.actions.transitions import acknowledge, resolve_quietly
from incidents.actions.verdicts import NotPaged, judge
from incidents.models import Incident, PageVerdict
from insights.noise.anomalies import WEEK
from insights.noise.reading import noise_report
from insights.noise.tally import per_shift
from lib.intervals import Interval
from notifications.acks import token
from notifications.models import Delivery
from tests.incidents.making import hand_over, triaged
from tests.making import NOW, make_integration, make_user

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
SPAN = Interval(NOW - DAY, NOW + DAY)
AT_NIGHT = NOW.replace(hour=23)


def paged(service: Service, rule: str, at: object = NOW) -> Incident:
    """An incident by an alert of that rule; its page was sent."""
    assert at is NOW or at is AT_NIGHT
    now = NOW if at is NOW else AT_NIGHT
    incident = triaged(service, now, f"{rule} fires")
    door = service.integrations.first() or make_integration(service, "generic")[0]
    Alert.objects.create(
        integration=door, service=service, incident=incident, dedup_key=f"{rule}-{incident.pk}", severity="error",
        summary=f"{rule} fires", rule=rule, started_at=now, last_seen_at=now,
    )  # fmt: skip
    hand_over(now)
    return incident


def test_a_page_that_ended_by_itself_at_night_is_the_first_to_mend(service: Service, owner: User) -> None:
    useful = paged(service, "DiskFull")
    acknowledge(incident_id=useful.pk, actor=owner, now=NOW)
    noise = paged(service, "Flaky", AT_NIGHT)
    resolve_quietly(incident_ids=[noise.pk], now=AT_NIGHT)
    report = noise_report(SPAN, now=NOW)
    assert [row.rule for row in report.to_mend] == ["Flaky"]
    flaky = report.to_mend[0].tally
    assert (flaky.pages, flaky.night, flaky.by_itself, flaky.unanswered) == (1, 1, 1, 1)
    assert {row.rule: row.tally.by_itself for row in report.rules} == {"Flaky": 1, "DiskFull": 0}
    assert report.services[0].service == service
    assert report.all.pages == 2


def test_alerts_of_tools_that_name_no_rule_are_told_apart_by_their_words_without_numbers(
    service: Service,
) -> None:
    for percent in (91, 93.5):
        incident = paged(service, f"Disk at {percent} %")
        Alert.objects.filter(incident=incident).update(rule="")
    assert [row.rule for row in noise_report(SPAN, now=NOW).rules] == ["Disk at # % fires"]


def test_what_those_paged_say_weighs(service: Service, member: User) -> None:
    incident = paged(service, "DiskFull")
    acknowledge(incident_id=incident.pk, actor=member, now=NOW)
    judge(incident=incident, user=member, is_useful=False, now=NOW)
    assert noise_report(SPAN, now=NOW).to_mend[0].tally.useless == 1
    judge(incident=incident, user=member, is_useful=True, now=NOW)
    assert noise_report(SPAN, now=NOW).to_mend == ()


def test_only_somebody_who_was_paged_can_judge(service: Service) -> None:
    incident = paged(service, "DiskFull")
    with pytest.raises(NotPaged):
        judge(incident=incident, user=make_user(), is_useful=False, now=NOW)


def test_the_report_asks_as_many_queries_for_many_rules_as_for_one(
    service: Service, django_assert_max_num_queries: object
) -> None:
    for number in range(5):
        paged(service, f"Rule {number}")
    with django_assert_max_num_queries(16):  # type: ignore[operator]
        assert len(noise_report(SPAN, now=NOW, service=service).rules) == 5


def test_one_tap_on_the_incident_is_kept_and_another_changes_it(service: Service, member: User) -> None:
    incident = paged(service, "DiskFull")
    acknowledge(incident_id=incident.pk, actor=member, now=NOW)
    client = Client()
    client.force_login(member)
    page = client.get(f"/incidents/{incident.pk}/").content.decode()
    assert "Was the page useful?" in page
    for said, kept in (("no", False), ("yes", True)):
        assert client.post(f"/incidents/{incident.pk}/verdict/", {"useful": said}).status_code == 302
        assert PageVerdict.objects.get().is_useful is kept


def test_somebody_who_was_not_paged_is_not_asked_and_cannot_judge(service: Service, owner: User) -> None:
    incident = paged(service, "DiskFull")
    acknowledge(incident_id=incident.pk, actor=owner, now=NOW)
    client = Client()
    client.force_login(make_user())
    assert "Was the page useful?" not in client.get(f"/incidents/{incident.pk}/").content.decode()
    assert client.post(f"/incidents/{incident.pk}/verdict/", {"useful": "no"}).status_code == 404
    assert not PageVerdict.objects.exists()


def test_the_page_says_what_to_mend_and_the_api_the_same(service: Service, owner: User) -> None:
    client = Client()
    client.force_login(owner)
    assert "Nobody was paged" in client.get("/noise/").content.decode()
    assert client.get("/noise/?days=nonsense&service=none").status_code == 200
    viewer = Client()
    viewer.force_login(make_user(role="viewer"))
    assert viewer.get("/noise/").status_code == 404


def test_alerts_are_counted_by_the_hour_as_often_as_one_likes(service: Service) -> None:
    paged(service, "DiskFull")
    for _ in range(2):
        count_hours(now=NOW)
    assert [(row.hour, row.alerts) for row in AlertHour.objects.all()] == [(NOW, 1)]


def test_an_hour_unlike_other_weeks_is_told_with_its_reason(service: Service) -> None:
    hours = [AlertHour(service=service, hour=NOW - n * WEEK, alerts=2) for n in range(1, 9)]
    AlertHour.objects.bulk_create([*hours, AlertHour(service=service, hour=NOW, alerts=30)])
    [odd] = noise_report(SPAN, now=NOW + timedelta(minutes=50)).odd
    assert (odd.service, odd.found.alerts, odd.found.usual.median) == (service, 30, 2)


def test_pages_for_a_shift_are_pages_for_twelve_hours_on_call() -> None:
    assert per_shift(6, timedelta(hours=24)) == 3
    assert per_shift(1, timedelta()) is None


def test_the_link_in_the_page_asks_too_and_keeps_the_answer(service: Service, member: User) -> None:
    paged(service, "DiskFull")
    link = f"/ack/{token(Delivery.objects.get(kind='page', user=member).pk)}"
    client = Client()
    client.post(link)
    assert "Was this page useful?" in client.get(link).content.decode()
    assert client.post(link, {"verb": "useless"}).status_code == 200
    assert PageVerdict.objects.get().is_useful is False
