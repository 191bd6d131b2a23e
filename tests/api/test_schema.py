"""The OpenAPI document and its reader."""

from __future__ import annotations

import json
from io import StringIO

import pytest
import yaml
from django.core.management import call_command
from django.test import Client

from config.api import router


def test_the_document_is_made_and_valid_without_a_warning() -> None:
    out = StringIO()
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=out)
    assert "/api/v1/incidents/{id}/acknowledge" in out.getvalue()


@pytest.mark.parametrize("query", ["", "?format=yaml", "?version=%0d%0a", "?lang=%00"])
def test_anybody_reads_it_as_yaml(as_nobody: Client, query: str) -> None:
    answer = as_nobody.get(f"/api/schema{query}")
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("application/vnd.oai.openapi")
    assert yaml.safe_load(answer.content)["openapi"].startswith("3.")


@pytest.mark.parametrize(
    ("query", "accept"),
    [("?format=json", "*/*"), ("", "application/json"), ("", "application/vnd.oai.openapi+json")],
)
def test_anybody_reads_it_as_json(as_nobody: Client, query: str, accept: str) -> None:
    answer = as_nobody.get(f"/api/schema{query}", headers={"Accept": accept})
    assert answer.status_code == 200
    assert json.loads(answer.content)["info"]["title"] == "Tocsin API"


def test_every_address_of_the_router_is_in_it(as_nobody: Client) -> None:
    document = as_nobody.get("/api/schema?format=json").json()
    described = {path.removeprefix("/api/v1/").split("/")[0] for path in document["paths"]}
    assert described == {prefix.split("/")[0] for prefix, _view, _name in router.registry}


def test_every_operation_says_how_it_fails_and_who_may_ask(as_nobody: Client) -> None:
    document = as_nobody.get("/api/schema?format=json").json()
    for operations in document["paths"].values():
        for operation in operations.values():
            assert "application/problem+json" in operation["responses"]["default"]["content"]
            assert operation["security"] == [{"token": []}, {"session": []}]
            assert operation["summary"]
    assert document["components"]["securitySchemes"]["token"]["scheme"] == "bearer"


def test_the_reader_has_no_script_within_the_page(as_nobody: Client) -> None:
    answer = as_nobody.get("/api/docs")
    page = answer.content.decode()
    assert "script-src 'self';" in answer["Content-Security-Policy"] + ";"
    assert "swagger-ui-bundle" in page
    assert page.count("<script") == page.count("<script src=")
    script = as_nobody.get("/api/docs", {"script": ""})
    assert script["Content-Type"].startswith("application/javascript")
    assert "/api/schema" in script.content.decode() or "./schema" in script.content.decode()
