"""Every error below /api/ is a problem document."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client

from catalog.models import Service
from config.rest import LONGEST_BODY
from incidents.models import Incident

DECLARE = "/api/v1/incidents"


def assert_problem(answer: Any, status: int) -> dict[str, Any]:
    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    assert problem["status"] == status
    assert problem["type"] == "about:blank"
    assert problem["title"]
    assert problem["detail"]
    return problem


@pytest.mark.parametrize(
    "path", ["/api/", "/api/v1", "/api/v1/", "/api/v2/incidents", "/api/v1/incidents/", "/api/x/../y"]
)
@pytest.mark.parametrize("method", ["get", "post", "put", "delete", "options", "patch"])
def test_an_address_that_leads_nowhere(as_nobody: Client, path: str, method: str) -> None:
    problem = assert_problem(getattr(as_nobody, method)(path), 404)
    assert "/api/docs" in problem["detail"]


def test_a_method_that_is_not_there(as_member: Client, triaged: Incident) -> None:
    answer = as_member.put(f"{DECLARE}/{triaged.pk}", {}, "application/json")
    assert_problem(answer, 405)
    assert "GET" in answer["Allow"]
    assert_problem(as_member.delete(f"{DECLARE}/{triaged.pk}"), 405)
    assert_problem(as_member.generic("BREW", DECLARE), 405)
    assert as_member.options(DECLARE).status_code == 200
    assert as_member.head(DECLARE).status_code == 200


@pytest.mark.parametrize("path", [DECLARE, "/api/v1/postmortems/1/pdf", "/api/schema"])
def test_a_form_that_is_not_spoken(as_member: Client, db: None, path: str) -> None:
    assert_problem(as_member.get(path, headers={"Accept": "text/csv"}), 406)


@pytest.mark.parametrize("path", [DECLARE, "/api/schema", "/api/docs"])
def test_a_format_that_is_not_there(as_member: Client, db: None, path: str) -> None:
    assert_problem(as_member.get(path, {"format": "xml"}), 404)


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "multipart/form-data", "nonsense"])
def test_a_body_of_another_kind(as_member: Client, service: Service, kind: str) -> None:
    assert_problem(as_member.generic("POST", DECLARE, b"title=x", kind), 415)


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"\xff\xfe",
        b"nonsense",
        b'{"title": NaN}',
        b'{"severity": Infinity}',
        b"[" * 100_000,
        b"[" * 41 + b"]" * 41,
        b'{"a":' * 500 + b"1" + b"}" * 500,
        b'{"severity": ' + b"9" * 5_000 + b"}",
        '{"title": "ä"}'.encode("utf-16"),
        b"\x00",
    ],
)
def test_a_body_that_is_no_json(as_member: Client, service: Service, body: bytes) -> None:
    assert_problem(as_member.generic("POST", DECLARE, body, "application/json"), 400)


@pytest.mark.parametrize("body", [b"[]", b"null", b"1", b'"text"', b"true", b"[" * 39 + b"]" * 39])
def test_a_body_that_is_no_object(as_member: Client, service: Service, body: bytes) -> None:
    problem = assert_problem(as_member.generic("POST", DECLARE, body, "application/json"), 400)
    assert problem["errors"]


@pytest.mark.parametrize("charset", ["zlib", "rot13", "utf-16", "hex", "no-such"])
def test_whatever_charset_is_named_json_is_utf8(as_member: Client, service: Service, charset: str) -> None:
    body = json.dumps({"service": service.slug, "title": "Down", "severity": 1}).encode()
    answer = as_member.generic("POST", DECLARE, body, f"application/json; charset={charset}")
    assert answer.status_code == 201


def test_an_infinite_number_is_no_severity(as_member: Client, service: Service) -> None:
    body = b'{"service": "payments-api", "title": "Down", "severity": 1e999}'
    problem = assert_problem(as_member.generic("POST", DECLARE, body, "application/json"), 400)
    assert list(problem["errors"]) == ["severity"]


def test_a_body_that_is_too_large(as_member: Client, service: Service) -> None:
    body = {"service": service.slug, "title": "Down", "severity": 1, "summary": "x" * LONGEST_BODY}
    problem = assert_problem(as_member.post(DECLARE, body, "application/json"), 413)
    assert "512000" in problem["detail"]


@pytest.mark.parametrize("more", [{"severity": "9" * 400_000}, {"z" * 400_000: 1}])
def test_an_error_does_not_send_back_all_that_it_got(
    as_member: Client, service: Service, more: dict[str, Any]
) -> None:
    body = {"service": service.slug, "title": "Down", "severity": 1, **more}
    answer = as_member.post(DECLARE, body, "application/json")
    assert_problem(answer, 400)
    assert len(answer.content) < 2_000


def test_a_host_that_is_not_ours(as_member: Client, db: None) -> None:
    assert_problem(as_member.get(DECLARE, headers={"Host": "evil.example"}), 400)


def test_a_failure_of_ours_says_nothing_about_itself(
    as_member: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise ZeroDivisionError("secret 42")

    monkeypatch.setattr("incidents.api.matching", fail)
    answer = as_member.get(DECLARE)
    assert_problem(answer, 500)
    assert "secret" not in answer.content.decode()


def test_a_database_that_is_away_is_said_and_not_our_failure(
    as_member: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise OperationalError("connection to 10.0.0.7 refused")

    monkeypatch.setattr("incidents.api.matching", fail)
    answer = as_member.get(DECLARE)
    assert_problem(answer, 503)
    assert answer["Retry-After"] == "5"
    assert "10.0.0.7" not in answer.content.decode()


def test_pages_for_people_keep_their_own_errors(as_nobody: Client, db: None) -> None:
    answer = as_nobody.get("/no-such-page")
    assert answer.status_code == 404
    assert answer["Content-Type"].startswith("text/html")
