"""The exported proof of paging is signed; whatever is changed in it is found."""

from __future__ import annotations

import base64
import csv
import io
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from catalog.models import Service
from incidents.actions.opening import declare_new
from incidents.models import Incident
from notifications.apps import make_keys
from notifications.ledger import documents, files, signing
from notifications.ledger.checking import Finding, NotALedger, check
from notifications.models import Attempt, Delivery, Inbound, SigningKey

pytestmark = pytest.mark.django_db
Browsers = Callable[[User], Client]


@pytest.fixture
def incident(service: Service, owner: User, now: datetime) -> Incident:
    return declare_new(actor=owner, service=service, title="Down", severity=1, now=now, page=False)


@pytest.fixture
def page(incident: Incident, member: User, now: datetime) -> Delivery:
    """Refused once, then taken, acknowledged by an answer."""
    return make_page(incident, member, now)


def make_page(incident: Incident, person: User, now: datetime, **fields: Any) -> Delivery:
    number = Delivery.objects.count()
    row = Delivery.objects.create(
        **{
            "key": f"k{number}",
            "group": f"g{number}",
            "subject": f"incident:{incident.pk}",
            "user": person,
            "transport": "email",
            "address": person.email,
            "reason": {
                "name": "Milan as he was",
                "policy": "Payments",
                "kind": "step",
                "step": 1,
                "cycle": 1,
            },
            "state": "sent",
            "created_at": now,
            "scheduled_at": now,
            "due_at": now,
            "sent_at": now + timedelta(seconds=1.25),
            "acknowledged_at": now + timedelta(seconds=70),
            "provider_id": "q-778",
            "outcome": "queued as 778",
            **fields,
        }
    )
    for attempt, taken in ((1, False), (2, True)):
        Attempt.objects.create(
            delivery=row,
            number=attempt,
            transport="email",
            started_at=now,
            answered_at=now,
            succeeded=taken,
            answer="=HYPERLINK(1)" if taken else "451",
        )
    Inbound.objects.create(
        transport="email",
        provider_id=f"in-{number}",
        sender="+15550199",
        summary="a",
        outcome="acknowledged",
        received_at=now,
        delivery=row,
    )
    return row


def exported(incident: Incident, now: datetime, ending: str = "json") -> bytes:
    document = documents.about(f"incident:{incident.pk}", title=str(incident), now=now)
    return (files.as_csv if ending == "csv" else files.as_json)(document)


def checked(content: bytes, now: datetime) -> Finding:
    return check(content, signing.public_key())


def test_a_line_says_who_why_how_when_and_what_came_back(
    incident: Incident, page: Delivery, member: User, now: datetime
) -> None:
    (line,) = json.loads(exported(incident, now))["ledger"]["lines"]
    assert line["person"] == "Milan as he was"
    assert line["why"] == {"policy": "Payments", "kind": "step", "step": 1, "cycle": 1}
    assert (line["sent_at"], line["late_ms"]) == ("2026-03-10T12:00:01.250Z", 1250)
    assert [each["result"] for each in line["attempts"]] == ["refused", "taken"]
    assert line["answers"][0]["outcome"] == "acknowledged"
    assert member.email not in exported(incident, now).decode()
    assert "+15550199" not in exported(incident, now).decode()


@pytest.mark.parametrize("ending", ["json", "csv"])
def test_what_was_exported_is_valid(incident: Incident, page: Delivery, now: datetime, ending: str) -> None:
    found = checked(exported(incident, now, ending), now)
    assert (found.valid, found.problems, found.about) == (True, (), f"incident:{incident.pk}")


def test_json_that_was_only_laid_out_anew_is_valid(incident: Incident, page: Delivery, now: datetime) -> None:
    assert checked(json.dumps(json.loads(exported(incident, now))).encode(), now).valid


def test_a_changed_line_is_named(incident: Incident, page: Delivery, now: datetime) -> None:
    changed = exported(incident, now).replace(b'"taken"', b'"unknown"')
    found = checked(changed, now)
    assert not found.valid
    assert found.problems == (f"line 1 was changed (delivery {page.pk}, Milan as he was by email)",)


def test_a_forger_who_mends_the_digests_still_fails(
    incident: Incident, page: Delivery, now: datetime
) -> None:
    body = json.loads(exported(incident, now))
    line = body["ledger"]["lines"][0]
    line["acknowledged_at"] = None
    line["digest"] = documents.digest_of(line)
    body["ledger"]["digest"] = documents.digest_of_all([line["digest"]])
    found = checked(json.dumps(body).encode(), now)
    assert not found.valid
    assert "signature does not fit" in found.problems[0]


def test_a_removed_line_is_noticed(incident: Incident, page: Delivery, member: User, now: datetime) -> None:
    make_page(incident, member, now)
    body = json.loads(exported(incident, now))
    del body["ledger"]["lines"][0]
    found = checked(json.dumps(body).encode(), now)
    assert found.problems == ("lines were added, removed or put in another order",)


def test_a_name_that_stands_twice_is_refused(incident: Incident, page: Delivery, now: datetime) -> None:
    twice = exported(incident, now).replace(b'"state": "sent"', b'"state": "failed", "state": "sent"')
    with pytest.raises(NotALedger):
        checked(twice, now)


def test_another_key_is_named(incident: Incident, page: Delivery, now: datetime) -> None:
    other = Ed25519PrivateKey.generate().public_key()
    found = check(exported(incident, now), other)
    assert not found.valid
    assert signing.id_of(other) in found.problems[0]


@pytest.mark.parametrize(
    "broken", [b"", b"{", b"[]", b"{}", b'{"ledger": 1, "signature": 2}', b"a,b\n1,2\n", b"\xff\xfe"]
)
def test_what_is_no_ledger_is_refused_with_a_reason(broken: bytes, now: datetime) -> None:
    with pytest.raises(NotALedger):
        checked(broken, now)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"451", b"250"),
        (b"\r\n# signature", b"\r\n# more\r\n# signature"),
        (b"q-778", b"q-779"),
        (b"Down", b"Up"),
    ],
)
def test_a_changed_table_is_not_valid(
    incident: Incident, page: Delivery, now: datetime, old: bytes, new: bytes
) -> None:
    content = exported(incident, now, "csv")
    assert old in content
    assert not _valid(content.replace(old, new), now)


def test_nothing_can_be_written_behind_the_signature(
    incident: Incident, page: Delivery, now: datetime
) -> None:
    assert not _valid(exported(incident, now, "csv") + b"1,2,3\r\n", now)


def _valid(content: bytes, now: datetime) -> bool:
    try:
        return checked(content, now).valid
    except NotALedger:
        return False


def test_a_changed_row_of_a_table_is_named(incident: Incident, page: Delivery, now: datetime) -> None:
    found = checked(exported(incident, now, "csv").replace(b"451", b"250"), now)
    assert found.problems == (f"row 2 was changed (delivery {page.pk})",)


def test_a_table_holds_a_row_per_attempt_and_no_formula(
    incident: Incident, member: User, now: datetime
) -> None:
    make_page(incident, member, now, reason={"name": "@SUM(1+1)", "policy": "-cmd|calc"}, outcome="+1")
    rows = list(csv.DictReader(io.StringIO(exported(incident, now, "csv").decode())))
    assert [row["attempt_number"] for row in rows[:2]] == ["1", "2"]
    assert (rows[0]["person"], rows[0]["policy"], rows[0]["outcome"]) == ("'@SUM(1+1)", "'-cmd|calc", "'+1")
    assert rows[1]["attempt_answer"] == "'=HYPERLINK(1)"


def test_the_digest_is_the_same_whenever_the_same_lines_are_exported(
    incident: Incident, page: Delivery, now: datetime
) -> None:
    digests = {
        json.loads(exported(incident, moment))["ledger"]["digest"]
        for moment in (now, now + timedelta(days=9))
    }
    assert len(digests) == 1


def test_the_key_is_made_with_the_tables_and_once(now: datetime) -> None:
    make_keys()
    signing.make_key(now)
    first, second = signing.sign(b"x"), signing.sign(b"x")
    assert first == second
    assert SigningKey.objects.filter(purpose="ledger").count() == 1


@pytest.mark.parametrize("path", ["/.well-known/tocsin-ledger.pem", "/api/v1/operations/ledger-key"])
def test_reading_the_key_makes_none(client: Client, owner: User, path: str) -> None:
    client.force_login(owner)
    SigningKey.objects.all().delete()
    assert client.get(path).status_code == 404
    assert not SigningKey.objects.exists()
    make_keys()
    assert client.get(path).status_code == 200


def test_a_key_is_read_as_pem_and_as_base64(now: datetime) -> None:
    public = signing.public_key()
    for text in (signing.pem_of(public), signing.text_of(public)):
        assert signing.id_of(signing.read_key(text)) == signing.id_of(public)
    for text in ("", "nonsense", base64.b64encode(b"short").decode()):
        with pytest.raises(signing.BadKey):
            signing.read_key(text)


def test_the_command_says_valid_or_what_was_changed(
    incident: Incident, page: Delivery, now: datetime, tmp_path: Path
) -> None:
    path, out, err = tmp_path / "ledger.json", io.StringIO(), io.StringIO()
    path.write_bytes(exported(incident, now))
    call_command("verify_ledger", str(path), stdout=out)
    assert out.getvalue().startswith(f"valid: incident:{incident.pk}")
    path.write_bytes(exported(incident, now).replace(b"q-778", b"q-779"))
    with pytest.raises(CommandError, match="NOT VALID"):
        call_command("verify_ledger", str(path), stderr=err)
    assert f"delivery {page.pk}: provider_id is 'q-779' in the file, 'q-778' in the ledger" in err.getvalue()


def test_the_command_needs_no_ledger_where_a_key_is_given(
    incident: Incident, page: Delivery, now: datetime, tmp_path: Path
) -> None:
    path, key, out = tmp_path / "ledger.csv", tmp_path / "key.pem", io.StringIO()
    path.write_bytes(exported(incident, now, "csv"))
    key.write_text(signing.pem_of(signing.public_key()))
    Delivery.objects.all().delete()
    call_command("verify_ledger", str(path), "--public-key", str(key), stdout=out)
    assert out.getvalue().startswith("valid")
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("verify_ledger", str(tmp_path / "none.csv"))


def test_the_command_checks_the_line_of_a_pdf(incident: Incident, now: datetime) -> None:
    about, digest, out = f"incident:{incident.pk}", "ab" * 32, io.StringIO()
    value = signing.sign(signing.statement(about, digest)).value
    call_command("verify_ledger", "--about", about, "--digest", digest, "--signature", value, stdout=out)
    assert out.getvalue().startswith("valid")
    with pytest.raises(CommandError):
        call_command("verify_ledger", "--about", about, "--digest", "cd" * 32, "--signature", value)


@pytest.mark.parametrize("ending", ["csv", "json"])
def test_everybody_who_reads_the_incident_may_have_the_proof(
    incident: Incident, page: Delivery, viewer: User, browser_of: Browsers, now: datetime, ending: str
) -> None:
    url = f"/incidents/{incident.pk}/pages.{ending}"
    answer = browser_of(viewer).get(url)
    assert checked(answer.content, now).valid
    assert "attachment" in answer.headers["Content-Disposition"]
    assert browser_of(viewer).get(f"/incidents/99999/pages.{ending}").status_code == 404
    assert Client().get(url).status_code == 302


def test_the_page_shows_the_key_and_the_downloads(
    incident: Incident, page: Delivery, member: User, browser_of: Browsers, now: datetime
) -> None:
    html = browser_of(member).get(f"/incidents/{incident.pk}/pages/").content.decode()
    assert signing.text_of(signing.public_key()) in html
    assert f"/incidents/{incident.pk}/pages.json" in html
    assert "1.2 s late" in html


def test_the_key_is_public(now: datetime) -> None:
    pem = Client().get("/.well-known/tocsin-ledger.pem").content.decode()
    assert signing.id_of(signing.read_key(pem)) == signing.id_of(signing.public_key())


@pytest.mark.parametrize("ending", ["csv", "json"])
def test_a_persons_ledger_is_for_themselves_and_for_admins(
    page: Delivery,
    member: User,
    admin: User,
    stranger: User,
    browser_of: Browsers,
    now: datetime,
    ending: str,
) -> None:
    url = f"/operations/people/{member.pk}/ledger.{ending}"
    for user in (member, admin):
        found = checked(browser_of(user).get(url).content, now)
        assert (found.valid, found.about) == (True, f"person:{member.pk}")
    assert browser_of(stranger).get(url).status_code == 404
    assert browser_of(admin).get(f"/operations/people/999999/ledger.{ending}").status_code == 404


def test_the_api_has_the_same_exports(
    incident: Incident, page: Delivery, member: User, stranger: User, browser_of: Browsers, now: datetime
) -> None:
    browser = browser_of(member)
    assert checked(browser.get(f"/api/v1/incidents/{incident.pk}/ledger").content, now).valid
    assert checked(browser.get(f"/api/v1/incidents/{incident.pk}/ledger", {"as": "csv"}).content, now).valid
    assert browser.get(f"/api/v1/incidents/{incident.pk}/ledger", {"as": "xml"}).status_code == 400
    own = f"/api/v1/operations/people/{member.pk}/ledger"
    assert checked(browser.get(own).content, now).valid
    assert browser_of(stranger).get(own).status_code == 404
    key = browser.get("/api/v1/operations/ledger-key").json()
    assert key["public"] == signing.text_of(signing.public_key())


def test_the_number_of_queries_does_not_grow_with_the_ledger(
    incident: Incident, page: Delivery, member: User, now: datetime
) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as watched:
            exported(incident, now)
        return len(watched)

    asked()
    few = asked()
    for _ in range(20):
        make_page(incident, member, now)
    assert asked() == few
