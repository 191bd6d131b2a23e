"""The kinds of integration as a person looks for one: in groups, the usual ones first, and by any word of theirs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from alerts.sources.kinds import Kind
from alerts.sources.registry import KINDS

# A kind that stands in no group comes in the last one.
GROUPS: tuple[tuple[str | Promise, tuple[str, ...]], ...] = (
    (_("Used most"), ("alertmanager", "prometheus", "grafana", "pagerduty", "generic", "email", "heartbeat")),
    (_("In place of another pager"), ("opsgenie", "oncall_webhook", "goalert")),
    (_("Cloud"), ("sns", "gcp", "azure")),
    (_("Monitoring and uptime"), ("zabbix", "uptimekuma", "datadog", "newrelic", "apprise")),
    (_("Code and pipelines"), ("sentry", "changes", "cloudevents")),
    (_("Mail and anything else"), ("esp",)),
)
# What people type who look for them, beyond what stands on the page.
WORDS: Mapping[str, str] = {
    "alertmanager": "prometheus mimir loki thanos victoriametrics",
    "prometheus": "amtool silences mimir loki thanos victoriametrics",
    "grafana": "loki mimir",
    "pagerduty": "events api nagios icinga checkmk splunk dynatrace prtg",
    "generic": "webhook json curl script custom http",
    "heartbeat": "cron dead man switch healthchecks ping backup",
    "email": "mail smtp imap",
    "sns": "amazon cloudwatch aws",
    "gcp": "google stackdriver",
    "azure": "microsoft",
    "changes": "deploy release feature flag configuration ci cd github gitlab jenkins",
    "cloudevents": "knative argo cdevents",
    "sentry": "errors exceptions",
    "uptimekuma": "uptime http check",
    "opsgenie": "atlassian",
}


@dataclass(frozen=True, slots=True)
class Group:
    """Kinds that belong together."""

    label: str | Promise
    kinds: tuple[Kind, ...]


def found(asked: str = "") -> list[Group]:
    """Every group with the kinds that all words of `asked` fit; groups without one are left out."""
    words = asked.lower().split()
    groups = [Group(label, tuple(_fitting(names, words))) for label, names in _grouped()]
    return [group for group in groups if group.kinds]


def _grouped() -> Iterable[tuple[str | Promise, tuple[str, ...]]]:
    placed = {name for _label, names in GROUPS for name in names}
    others = tuple(name for name in KINDS if name not in placed)
    for place, (label, names) in enumerate(GROUPS):
        yield label, names + others if place == len(GROUPS) - 1 else names


def _fitting(names: Iterable[str], words: list[str]) -> Iterable[Kind]:
    for kind in (KINDS[name] for name in names if name in KINDS):
        text = f"{kind.name} {kind.label} {kind.about} {WORDS.get(kind.name, '')}".lower()
        if all(word in text for word in words):
            yield kind
