"""Cloud Monitoring's webhook channel: it sends no headers of its own, so the key is in the path, in the query (with
"token authentication": auth_token) or the password of Basic authentication."""

import re
from dataclasses import replace

from django.utils.translation import gettext_lazy as _

from alerts.sources.base import ALERT, Answer, Arrived
from alerts.sources.credentials import password
from alerts.sources.gcp import parser
from alerts.sources.gcp.sample import sample
from alerts.sources.kinds import Kind
from alerts.sources.plain import json_gate, json_reader

_IN_PATH = json_gate(parser, "/in/gcp/")


def _key_of(arrived: Arrived) -> str:
    return arrived.query.get("auth_token") or arrived.query.get("token") or password(arrived)


_ELSEWHERE = replace(
    json_gate(parser, "/in/gcp", key_of=_key_of),
    rest=re.compile("/?"),
    # Cloud Monitoring sends the password at once, other clients only when they are asked.
    stranger=Answer(401, _IN_PATH.stranger.body, {"WWW-Authenticate": 'Basic realm="Tocsin"'}),
)

KIND = Kind(
    "gcp",
    _("Google Cloud Monitoring"),
    _("The webhook notification channel."),
    "/in/gcp/{key}",
    (_IN_PATH, _ELSEWHERE),
    {ALERT: json_reader(parser)},
    sample,
)
