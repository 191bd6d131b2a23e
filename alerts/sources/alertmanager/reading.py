"""What Alertmanager's webhook and its API have in common: labels, annotations, and who an alert is."""

from collections.abc import Iterable, Mapping
from typing import Any

from alerts.sources import values

_SUMMARIES = ("summary", "title", "description", "message")
_SOURCES = ("instance", "host", "hostname", "node", "pod", "job")
_COMPONENTS = ("service", "component", "app", "job")
_GROUPS = ("cluster", "namespace", "environment", "env")
_LINKS = {
    "generatorURL": "Source",
    "dashboardURL": "Dashboard",
    "panelURL": "Panel",
    "silenceURL": "Silence",
}
_ANNOTATED_LINKS = {"runbook_url": "Runbook", "runbook": "Runbook", "dashboard_url": "Dashboard"}
# FNV-1a of 64 bits, as prometheus/common, model/signature.go, hashes a label set.
_OFFSET, _PRIME, _BITS = 0xCBF29CE484222325, 0x100000001B3, (1 << 64) - 1
_SEPARATOR = b"\xff"


def fingerprint(labels: Mapping[str, object]) -> str:
    """Return what Alertmanager calls an alert with these labels: 16 hex digits. Empty values are no labels."""
    found = _OFFSET
    for name, value in sorted(given(labels).items()):
        for byte in _bytes(name) + _SEPARATOR + _bytes(value) + _SEPARATOR:
            found = ((found ^ byte) * _PRIME) & _BITS
    return f"{found:016x}"


def given(labels: Mapping[str, object]) -> dict[str, str]:
    """Return the labels that have a value, whole, as text."""
    texts = {name: value if isinstance(value, str) else values.name(value) for name, value in labels.items()}
    return {name: text for name, text in texts.items() if text}


def words(alert: dict[str, Any], details: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of a Signal that labels and annotations fill; `details` get what did not fit."""
    labels = values.mapping(alert.get("labels"))
    annotations = values.mapping(alert.get("annotations"))
    return {
        "summary": values.summary(
            _first(annotations, _SUMMARIES, values.WHOLE) or _described(labels), details
        ),
        "source": _first(labels, _SOURCES) or "Alertmanager",
        "severity": values.severity(labels.get("severity"), details),
        "component": _first(labels, _COMPONENTS),
        "group": _first(labels, _GROUPS),
        "class_": values.name(labels.get("alertname")),
        "rule": values.name(labels.get("alertname"), 200),
        "labels": values.labels(labels),
        "links": _links(alert, annotations),
    }


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "replace")


def _first(fields: dict[str, Any], names: Iterable[str], limit: int = values.NAME_LENGTH) -> str:
    texts = (values.name(fields.get(name), limit) for name in names)
    return next((text for text in texts if text), "")


def _described(labels: dict[str, Any]) -> str:
    """Say "DiskFull (instance=db1, job=node)" for an alert without annotations."""
    alert = values.name(labels.get("alertname")) or "Alert"
    rest = sorted(name for name in labels if name not in ("alertname", "severity"))
    pairs = ", ".join(f"{name}={values.name(labels[name], 80)}" for name in rest)
    return f"{alert} ({pairs})" if pairs else alert


def _links(alert: dict[str, Any], annotations: dict[str, Any]) -> list[dict[str, str]]:
    """The runbook first: it is what a person who was paged needs."""
    annotated = [(text, annotations.get(name)) for name, text in _ANNOTATED_LINKS.items()]
    return values.named_links([*annotated, *((text, alert.get(name)) for name, text in _LINKS.items())])
