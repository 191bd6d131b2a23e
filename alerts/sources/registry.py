"""Which kinds of integration there are, where each listens, and which module reads what arrives there."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from django.template import engines
from django.utils.functional import Promise
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _

from alerts.sources.alertmanager import parser as alertmanager
from alerts.sources.alertmanager.sample import sample as alertmanager_sample
from alerts.sources.base import Sample, Source
from alerts.sources.generic import parser as generic
from alerts.sources.generic.sample import sample as generic_sample
from alerts.sources.pagerduty import changes as pagerduty_changes
from alerts.sources.pagerduty import parser as pagerduty
from alerts.sources.pagerduty.sample import sample as pagerduty_sample

ALERT, CHANGE = "alert", "change"


class UnknownKind(LookupError):
    """No source reads this kind at this endpoint."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of integration. `path` holds `{key}` where the address is what proves the sender; `sample` makes the
    body of a trigger."""

    name: str
    label: str | Promise
    about: str | Promise
    path: str
    readers: Mapping[str, Source]
    sample: Sample

    def address(self, base_url: str, key: str) -> str:
        """Return the URL that a tool posts to, under the installation's own `base_url`."""
        return base_url.rstrip("/") + self.path.format(key=key)


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        kind.name: kind
        for kind in (
            Kind(
                "pagerduty",
                _("PagerDuty Events v2"),
                _("For every tool that can page PagerDuty: change its URL and key."),
                "/v2/enqueue",
                {ALERT: pagerduty, CHANGE: pagerduty_changes},
                pagerduty_sample,
            ),
            Kind(
                "alertmanager",
                _("Prometheus Alertmanager"),
                _("The webhook of Alertmanager, and of Grafana's alerting."),
                "/in/alertmanager/{key}",
                {ALERT: alertmanager},
                alertmanager_sample,
            ),
            Kind(
                "generic",
                _("JSON"),
                _("For anything that can post JSON: scripts, cron jobs, other monitoring."),
                "/in/json/{key}",
                {ALERT: generic},
                generic_sample,
            ),
        )
    }
)


def reader(kind: str, endpoint: str = ALERT) -> Source:
    """Return the module that reads this kind's requests; UnknownKind where there is none."""
    try:
        return KINDS[kind].readers[endpoint]
    except KeyError as error:
        raise UnknownKind(f"{kind}/{endpoint}") from error


def setup_html(kind: str, *, base_url: str, key: str) -> SafeString:
    """Return how to set up the sending side, with the address and key filled in."""
    try:
        found = KINDS[kind]
    except KeyError as error:
        raise UnknownKind(kind) from error
    context = {"url": found.address(base_url, key), "base_url": base_url.rstrip("/"), "key": key}
    # The text stands beside its parser, so that a source is one folder.
    text = (Path(__file__).with_name(kind) / "setup.html").read_text(encoding="utf-8")
    return mark_safe(engines["django"].from_string(text).render(context))  # noqa: S308  # our own template
