"""The Operations page says whether pages are on time; the ledger holds every message."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from catalog.models import Service
from incidents.actions.opening import declare_new
from incidents.models import Escalation
from insights.operations.charts import bars
from insights.templatetags.operations import edges, percent
from notifications import lateness, measures
from notifications.lateness import ALL, MAX
from notifications.models import Alarm, Circuit, Delivery, LatenessKind
from notifications.punctuality import Span, read, seconds, summary, worst

pytestmark = pytest.mark.django_db
URL, LEDGER = "/operations/", "/operations/ledger/"
Browsers = Callable[[User], Client]


@pytest.fixture
def late(now: datetime) -> Callable[..., None]:
    """Something that was done just now, so many seconds late; written at once."""

    def observed(seconds: float, **given: Any) -> None:
        done = timezone.now()
        told = {"subject": "incident:7", "what": "Page by e-mail", **given}
        lateness.observe(LatenessKind.SEND, due=done - timedelta(seconds=seconds), done=done, **told)
        measures.flush()

    return observed


def test_percentiles_are_read_off_the_histogram_and_never_above_the_worst() -> None:
    counts = {"0.05": 50.0, "0.1": 90.0, "10.0": 99.0, ALL: 100.0, MAX: 42.0, "sum": 50.0}
    for edge in ("0.25", "0.5", "1.0", "2.5", "5.0"):
        counts[edge] = 90.0
    counts |= {"30.0": 99.0, "60.0": 100.0, "300.0": 100.0}
    found = read(LatenessKind.SEND, counts)
    assert found.p50 == 0.05
    assert found.p95 == pytest.approx(5 + 5 * 5 / 9)
    assert found.p99 == 10
    assert (found.within, found.beyond, found.worst, found.mean) == (0.99, 1, 42, 0.5)
    assert found.buckets[-3].count == 1


def test_all_in_one_bucket_is_no_later_than_the_worst() -> None:
    found = read(LatenessKind.SEND, {str(edge): 4.0 for edge in measures.EDGES} | {ALL: 4.0, MAX: 0.02})
    assert (found.p99 or 0) <= 0.02
    assert found.within == 1


def test_the_summary_looks_back_as_far_as_asked(now: datetime) -> None:
    for back in (timedelta(minutes=10), timedelta(hours=5), timedelta(days=3)):
        lateness.observe(
            LatenessKind.STEP, due=now - back, done=now - back + timedelta(seconds=2), subject="", what="x"
        )
    measures.flush()
    assert [summary(span, now)[LatenessKind.STEP].count for span in Span] == [1, 2, 3]
    assert [len(worst(span, now)) for span in Span] == [1, 2, 3]


def test_bars_hold_everything_once() -> None:
    counts = {str(edge): 10.0 for edge in measures.EDGES} | {"0.05": 1.0, ALL: 12.0, MAX: 400.0}
    rows = bars(read(LatenessKind.SEND, counts))
    assert sum(row.count for row in rows) == 12
    assert [row.is_late for row in rows][-2:] == [True, True]
    assert max(row.width for row in rows) == 100


def test_words_for_times_and_shares() -> None:
    assert [seconds(value) for value in (None, 0.123, 3.14, 125)] == ["–", "0.12 s", "3.1 s", "2 min 05 s"]
    assert [percent(share) for share in (None, 1, 0.99999)] == ["–", "100 %", "99.99 %"]
    (first, *_rest, last) = bars(read(LatenessKind.SEND, {ALL: 1.0, MAX: 400.0}))
    assert (edges(first), edges(last)) == ("up to 0.1 s", "over 1 min")


def test_all_is_well(member: User, browser_of: Browsers, late: Callable[..., None]) -> None:
    measures.beat("sweeper", "host:4711", now=timezone.now())
    late(0.2)
    page = browser_of(member).get(URL).content.decode()
    assert "Pages are on time: p99" in page
    assert "host:4711" in page
    assert "card-alarm" not in page
    assert "style=" not in page.partition('<main id="main"')[2].partition("</main>")[0]


def test_it_is_empty_and_says_so(member: User, browser_of: Browsers) -> None:
    page = browser_of(member).get(URL).content.decode()
    assert "No worker is running" in page
    assert "Nothing was due in this time." in page


def test_what_is_wrong_stands_first_and_since_when(
    service: Service, owner: User, browser_of: Browsers
) -> None:
    before = timezone.now() - timedelta(minutes=2)
    incident = declare_new(actor=owner, service=service, title="Down", severity=1, now=before)
    measures.beat("sweeper", "host:1", now=timezone.now())
    Alarm.objects.create(kind="timer", text="It waits.", opened_at=before)
    page = browser_of(owner).get(URL).content.decode()
    assert f"incident #{incident.pk} waits for its next step" in page
    assert "The admins could not be told." in page
    assert page.index("card-alarm") < page.index("How late")


def test_a_provider_that_is_down_is_named_with_its_reason(
    member: User, browser_of: Browsers, now: datetime
) -> None:
    Circuit.objects.create(
        name="sms",
        failures=3,
        opened_at=now,
        retry_at=now,
        reason="answered <b>500</b>",
        changed_at=now,
    )
    measures.beat("sweeper", "host:1", now=timezone.now())
    page = browser_of(member).get(URL).content.decode()
    assert "sms does not answer: other methods are used." in page
    assert "answered &lt;b&gt;500&lt;/b&gt;" in page


def test_the_worst_are_listed_with_their_cause_and_incident(
    member: User, browser_of: Browsers, late: Callable[..., None]
) -> None:
    late(14, cause="mail server refused: 451")
    page = browser_of(member).get(URL, {"range": "day"}).content.decode()
    assert "mail server refused: 451" in page
    assert "/incidents/7/pages/" in page


def test_htmx_gets_the_first_part_alone(member: User, browser_of: Browsers) -> None:
    answer = browser_of(member).get(URL, headers={"HX-Request": "true"})
    assert answer.content.decode().lstrip().startswith('<div id="operations-now"')
    assert "HX-Request" in answer.headers["Vary"]


@pytest.mark.parametrize("url", [URL, LEDGER, "/api/v1/operations"])
def test_responders_and_admins_read_and_others_find_nothing(
    url: str, admin: User, stranger: User, viewer: User, browser_of: Browsers
) -> None:
    assert browser_of(admin).get(url).status_code == 200
    assert browser_of(stranger).get(url).status_code == 200
    assert browser_of(viewer).get(url).status_code == 404
    assert Client().get(url).status_code in (302, 401)


def test_viewers_have_no_such_entry_in_the_navigation(
    viewer: User, member: User, browser_of: Browsers
) -> None:
    assert 'href="/operations/"' in browser_of(member).get("/").content.decode()
    assert 'href="/operations/"' not in browser_of(viewer).get("/").content.decode()


def test_the_api_says_the_same(member: User, browser_of: Browsers, late: Callable[..., None]) -> None:
    measures.beat("sweeper", "host:1", now=timezone.now())
    late(14, cause="no worker swept")
    found = browser_of(member).get("/api/v1/operations", {"range": "week"}).json()
    assert (found["verdict"], found["bound"], found["range"]) == ("warn", 10, "week")
    assert [each["kind"] for each in found["lateness"]] == ["step", "send"]
    assert found["lateness"][1]["within"] == 0
    assert found["worst"][0]["cause"] == "no worker swept"
    assert found["sweepers"][0]["name"] == "host:1"
    assert browser_of(member).get("/api/v1/operations", {"range": "year"}).status_code == 400


def row(user: User, now: datetime, **fields: Any) -> Delivery:
    number = Delivery.objects.count()
    given = {
        "key": f"k{number}",
        "group": f"g{number}",
        "subject": "incident:7",
        "transport": "email",
        "address": f"{user.pk}@secret.example.test",
        "created_at": now,
        "scheduled_at": now,
        "due_at": now,
        **fields,
    }
    return Delivery.objects.create(user=user, **given)


def listed(browser: Client, **asked: Any) -> int:
    return len(browser.get(LEDGER, asked).context["lines"])


def test_the_ledger_is_filtered_by_person_method_state_and_incident(
    admin: User, member: User, owner: User, browser_of: Browsers, now: datetime
) -> None:
    row(member, now)
    row(owner, now, transport="webhook", state="failed")
    row(owner, now, subject="incident:8", kind="notice")
    browser = browser_of(admin)
    assert listed(browser) == 3
    assert listed(browser, person=owner.pk) == 2
    assert listed(browser, method="webhook") == 1
    assert listed(browser, state="failed") == 1
    assert listed(browser, incident=8) == 1
    assert listed(browser, kind="page", person=member.pk) == 1
    assert listed(browser, incident="nonsense", person="-1", state="x") == 3


def test_addresses_and_private_messages_are_the_persons_own_and_the_admins(
    admin: User, member: User, stranger: User, browser_of: Browsers, now: datetime
) -> None:
    row(member, now)
    row(member, now, kind="verification")
    address = f"{member.pk}@secret.example.test"
    assert address not in browser_of(stranger).get(LEDGER).content.decode()
    assert [listed(browser_of(user)) for user in (stranger, member, admin)] == [1, 2, 2]
    assert address in browser_of(member).get(LEDGER).content.decode()
    assert address in browser_of(admin).get(LEDGER).content.decode()


@pytest.mark.parametrize("url", [URL, LEDGER])
def test_the_number_of_queries_does_not_grow(
    url: str, member: User, owner: User, browser_of: Browsers, now: datetime, late: Callable[..., None]
) -> None:
    browser = browser_of(member)

    def asked() -> int:
        with CaptureQueriesContext(
            connection,
        ) as watched:
            browser.get(url)
        return len(watched)

    row(member, now)
    late(2)
    asked()
    few = asked()
    for _ in range(20):
        row(owner, now)
        late(2)
        measures.beat("sweeper", f"host:{_}", now=timezone.now())
    assert asked() == few


def test_the_pages_stand_when_escalations_wait(
    service: Service, owner: User, browser_of: Browsers, now: datetime
) -> None:
    declare_new(actor=owner, service=service, title="Down", severity=1, now=now)
    assert Escalation.objects.exists()
    assert browser_of(owner).get(URL, {"range": "nonsense"}).status_code == 200
