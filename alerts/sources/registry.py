"""Which kinds of integration there are, and where each listens."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from urllib.parse import urlsplit

from django.template import engines
from django.utils.safestring import SafeString, mark_safe

from alerts.sources import own
from alerts.sources.alertmanager.kind import KIND as ALERTMANAGER
from alerts.sources.apprise.kind import KIND as APPRISE
from alerts.sources.base import ALERT, CHANGE, PING, Gate, Reader
from alerts.sources.changes.kind import KIND as CHANGES
from alerts.sources.cloudevents.kind import KIND as CLOUDEVENTS
from alerts.sources.email.kind import KIND as EMAIL
from alerts.sources.esp.kind import KIND as ESP
from alerts.sources.generic.kind import KIND as GENERIC
from alerts.sources.heartbeat import pings
from alerts.sources.heartbeat.kind import KIND as HEARTBEAT
from alerts.sources.kinds import Kind
from alerts.sources.opsgenie.kind import KIND as OPSGENIE
from alerts.sources.pagerduty.kind import KIND as PAGERDUTY
from alerts.sources.prometheus.kind import KIND as PROMETHEUS
from alerts.sources.uptimekuma.kind import KIND as UPTIMEKUMA
from alerts.sources.vendors import VENDORS
from alerts.sources.zabbix.kind import KIND as ZABBIX

__all__ = ["ALERT", "CHANGE", "GATES", "KINDS", "UnknownKind", "Way", "reader", "setup_html", "way_of"]


class UnknownKind(LookupError):
    """No source reads this kind at this endpoint."""


# In the order in which they are offered to whoever makes an integration.
KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        kind.name: kind
        for kind in (
            PAGERDUTY,
            OPSGENIE,
            ALERTMANAGER,
            PROMETHEUS,
            GENERIC,
            HEARTBEAT,
            CHANGES,
            ZABBIX,
            UPTIMEKUMA,
            CLOUDEVENTS,
            APPRISE,
            EMAIL,
            ESP,
            *VENDORS,
        )
    }
)

# Read alike whatever the kind: a heartbeat's own key opens a way to any integration, and what we say ourselves.
COMMON: Mapping[str, Reader] = MappingProxyType({PING: pings.read, own.OWN: own.read})

# The longest prefix first: /v2/change/enqueue is not below /v2/.
GATES: tuple[tuple[Gate, Kind], ...] = tuple(
    sorted(
        ((gate, kind) for kind in KINDS.values() for gate in kind.gates),
        key=lambda pair: len(pair[0].prefix),
        reverse=True,
    )
)
# Below these nothing else of ours listens, so an address that is slightly wrong is told so as machines expect it.
OURS = ("/v2/", "/in/")
PREFIXES: tuple[str, ...] = (*OURS, *(gate.prefix for gate, _ in GATES))


@dataclass(frozen=True, slots=True)
class Way:
    """A path that leads through a gate: the key, where it stands in the path, and the rest, with its slash."""

    gate: Gate
    kind: Kind
    key: str
    rest: str


def way_of(path: str) -> Way | None:
    """Where `path` leads; None where nothing listens."""
    for gate, kind in GATES:
        if path.startswith(gate.prefix):
            key, rest = _split(gate, path[len(gate.prefix) :])
            if (key or gate.key_of) and gate.rest.fullmatch(rest):
                return Way(gate, kind, key, rest)
    return None


def _split(gate: Gate, behind: str) -> tuple[str, str]:
    if gate.key_of is not None:
        return "", behind
    key, slash, rest = behind.partition("/")
    return key, slash + rest


def reader(kind: str, endpoint: str = ALERT) -> Reader:
    """Return what reads this kind's stored requests; UnknownKind where there is none."""
    found = KINDS[kind].readers.get(endpoint) or COMMON.get(endpoint) if kind in KINDS else None
    if found is None:
        raise UnknownKind(f"{kind}/{endpoint}")
    return found


def setup_html(kind: str, *, base_url: str, key: str, file_url: str = "") -> SafeString:
    """Return how to set up the sending side, with the address and key filled in. `file_url` leads to what setup_file
    makes, for those who may have it."""
    try:
        found = KINDS[kind]
    except KeyError as error:
        raise UnknownKind(kind) from error
    base = base_url.rstrip("/")
    url = found.address(base_url, key)
    context: dict[str, object] = {
        "url": url,
        "base_url": base,
        "key": key,
        "at": urlsplit(base),
        "file_url": file_url,
    }
    context |= dict(found.more(url, key)) if found.more else {}
    # The text stands beside its parser, so that a source is one folder.
    text = (Path(__file__).with_name(kind) / "setup.html").read_text(encoding="utf-8")
    return mark_safe(engines["django"].from_string(text).render(context))  # noqa: S308  # our own template


def setup_file(kind: str, *, base_url: str, key: str) -> str:
    """Return the file that the tool imports, with the address filled in; UnknownKind where this kind has none."""
    found = KINDS.get(kind)
    if found is None or not found.file:
        raise UnknownKind(kind)
    text = (Path(__file__).with_name(kind) / found.file).read_text(encoding="utf-8")
    return text.replace("@URL@", json.dumps(found.address(base_url, key)))
