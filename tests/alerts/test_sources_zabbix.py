"""Zabbix: the media type's script is run as Zabbix runs it, and what it posts is read."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import Any

import pytest
import yaml
from django.test import Client

from accounts.models import User
from alerts.models import Integration
from alerts.sources.base import Rejected, Signal
from alerts.sources.registry import UnknownKind, setup_file
from alerts.sources.zabbix import parser
from catalog.models import Service
from tests.alerts.records import records
from tests.making import NOW, make_integration

BODIES = {record.name: record.body for record in records("zabbix")}
NODE = shutil.which("node") or ""
# Zabbix gives a script these objects, and the parameters as JSON in `value`; the script is a function's body.
SURROUNDING = """
var sent = null, Zabbix = {log: function () {}};
function HttpRequest() { this.headers = []; }
HttpRequest.prototype.addHeader = function (header) { this.headers.push(header); };
HttpRequest.prototype.setProxy = function (proxy) { this.proxy = proxy; };
HttpRequest.prototype.post = function (url, body) {
    sent = {url: url, body: body, headers: this.headers, proxy: this.proxy}; return "an answer"; };
HttpRequest.prototype.getStatus = function () { return STATUS; };
var said;
try { said = {returned: (function (value) { SCRIPT })(VALUE)}; } catch (error) { said = {thrown: String(error)}; }
said.sent = sent;
console.log(JSON.stringify(said));
"""


def signal_of(body: object) -> Signal:
    parser.check(body)
    (signal,) = parser.parse(body, received_at=NOW).signals
    return signal


def media_type(url: str = "https://tocsin.example/in/zabbix/abc") -> dict[str, Any]:
    base, key = url.split("/in/zabbix/")
    exported = yaml.safe_load(setup_file("zabbix", base_url=base, key=key))["zabbix_export"]
    assert exported["version"] == "6.0"
    (found,) = exported["media_types"]
    assert isinstance(found, dict)
    return found


def run(parameters: dict[str, str], status: int = 202) -> dict[str, Any]:
    """What the script of the file does with these parameters, in a JavaScript engine."""
    script = SURROUNDING.replace("STATUS", str(status)).replace("VALUE", json.dumps(json.dumps(parameters)))
    script = script.replace("SCRIPT", media_type()["script"])
    done = subprocess.run([NODE, "-e", script], capture_output=True, text=True, check=True, timeout=30)
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def test_the_file_holds_the_address_and_posts_every_parameter_that_is_read() -> None:
    parameters = {each["name"]: each["value"] for each in media_type()["parameters"]}
    assert parameters["URL"] == "https://tocsin.example/in/zabbix/abc"
    assert set(BODIES["problem"]) <= set(parameters)
    assert parameters["event_id"] == "{EVENT.ID}"


def test_the_file_holds_messages_for_problems_recoveries_and_updates() -> None:
    shown = {(each["event_source"], each["operation_mode"]) for each in media_type()["message_templates"]}
    assert {("TRIGGERS", mode) for mode in ("PROBLEM", "RECOVERY", "UPDATE")} <= shown


def test_a_kind_without_a_file_has_none() -> None:
    with pytest.raises(UnknownKind):
        setup_file("generic", base_url="https://tocsin.example", key="abc")


@pytest.mark.skipif(not NODE, reason="no JavaScript engine here")
def test_the_script_posts_what_the_parser_reads() -> None:
    said = run({"URL": "https://t.example/in/zabbix/k", "HTTPProxy": "", **BODIES["problem"]})
    assert said["returned"] == "OK"
    assert said["sent"]["url"] == "https://t.example/in/zabbix/k"
    assert said["sent"]["headers"] == ["Content-Type: application/json"]
    assert json.loads(said["sent"]["body"]) == BODIES["problem"]
    assert "proxy" not in said["sent"]


@pytest.mark.skipif(not NODE, reason="no JavaScript engine here")
@pytest.mark.parametrize("status", [301, 404, 500, 503])
def test_the_script_throws_on_failure_so_that_zabbix_tries_again(status: int) -> None:
    said = run({"URL": "https://t.example/in/zabbix/k", **BODIES["problem"]}, status)
    assert str(status) in said["thrown"]
    assert "returned" not in said


@pytest.mark.skipif(not NODE, reason="no JavaScript engine here")
def test_the_script_throws_without_an_address_and_sends_nothing() -> None:
    said = run({"URL": "{$TOCSIN.URL}", **BODIES["problem"]})
    assert "URL" in said["thrown"]
    assert said["sent"] is None


def test_a_problem_is_read_with_its_tags_severity_and_links() -> None:
    found = signal_of(BODIES["problem"])
    assert (found.action, found.dedup_key, found.severity) == ("trigger", "80412", "error")
    assert found.summary == found.rule == "High CPU utilization (over 90% for 5m)"
    assert found.source == "db1.example.org"
    assert dict(found.labels) == {
        "host": "db1.example.org",
        "scope": "performance",
        "team": "payments",
        "urgent": "true",
    }
    assert [link["href"] for link in found.links] == [
        "https://zabbix.example.org/tr_events.php?triggerid=23298&eventid=80412",
        "https://wiki.example.org/runbooks/cpu",
    ]
    assert found.details["severity_given"] == "High"


def test_recovery_and_acknowledgement_have_the_key_of_the_problem() -> None:
    assert {signal_of(BODIES[name]).dedup_key for name in ("problem", "recovery", "acknowledged")} == {
        "80412"
    }


@pytest.mark.parametrize(
    ("given", "read"),
    [("0", "info"), ("1", "info"), ("2", "warning"), ("3", "error"), ("4", "error"), ("5", "critical")],
)
def test_severities_are_mapped(given: str, read: str) -> None:
    assert signal_of(BODIES["problem"] | {"severity": given}).severity == read


def test_macros_that_zabbix_could_not_fill_in_are_empty() -> None:
    found = signal_of(BODIES["unfilled_macros"])
    assert (found.source, list(found.links), dict(found.labels)) == ("", [], {})
    assert "operational_data" not in found.details


def test_a_comment_is_a_note_of_its_writer() -> None:
    assert signal_of(BODIES["comment"]).summary == "Olga Owner in Zabbix: the batch job is the cause"


@pytest.mark.parametrize("body", [{}, [], "x", {"name": "no id"}, {"event_id": "{EVENT.ID}"}])
def test_what_has_no_event_id_is_refused(body: object) -> None:
    with pytest.raises(Rejected):
        parser.check(body)


@pytest.mark.django_db
def test_managers_download_the_file_and_others_do_not(
    service: Service, owner: User, member: User, browser_of: Any
) -> None:
    row, key = make_integration(service, "zabbix")
    path = f"/integrations/{row.pk}/file/"
    answer = browser_of(owner).get(path)
    assert answer.status_code == 200
    assert answer["Content-Disposition"] == 'attachment; filename="tocsin.yaml"'
    assert f"/in/zabbix/{key}" in answer.content.decode()
    assert path in browser_of(owner).get(f"/integrations/{row.pk}/").content.decode()
    assert browser_of(member).get(path).status_code == 404
    assert path not in browser_of(member).get(f"/integrations/{row.pk}/").content.decode()
    assert Client().get(path).status_code == 302


@pytest.mark.django_db
def test_a_kind_without_a_file_has_no_download(
    integration: tuple[Integration, str], owner: User, browser_of: Any
) -> None:
    assert browser_of(owner).get(f"/integrations/{integration[0].pk}/file/").status_code == 404
