"""Grafana OnCall's inbound addresses, so that a sender keeps all but the host and the key.

They end in a slash. Above its limit OnCall says 429; Grafana and Alertmanager would drop what is answered so: 503.
"""

import re
from dataclasses import replace

from django.utils.translation import gettext_lazy as _

from alerts.sources.base import ALERT, Answer, Gate
from alerts.sources.kinds import Kind
from alerts.sources.oncall_webhook import parser
from alerts.sources.oncall_webhook.sample import sample
from alerts.sources.plain import json_gate, json_reader, too_much

_ROOT = "/integrations/v1/"
# The last word of the address, and what its senders send again.
_WORDS = {
    "formatted_webhook": 429,
    "webhook": 429,
    "zabbix": 429,
    "grafana": 503,
    "grafana_alerting": 503,
    "alertmanager": 503,
}


def _gate(word: str, busy: int) -> Gate:
    gate = json_gate(parser, f"{_ROOT}{word}/", busy=too_much(busy), status=200)
    stranger = Answer(403, gate.stranger.body)  # OnCall's own, which is in its users' checks
    return replace(gate, rest=re.compile("/?"), methods=frozenset({"POST", "PUT"}), stranger=stranger)


KIND = Kind(
    "oncall_webhook",
    _("Grafana OnCall webhook"),
    _("For what was set up to post to Grafana OnCall: change its host and key."),
    _ROOT + "formatted_webhook/{key}/",
    tuple(_gate(word, busy) for word, busy in _WORDS.items()),
    {ALERT: json_reader(parser)},
    sample,
)
