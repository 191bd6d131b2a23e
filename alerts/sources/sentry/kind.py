"""Sentry's webhooks (an internal integration), signed with its client secret. It wants its answer within a second."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from alerts.sources.answers import refusal, refused
from alerts.sources.base import ALERT, Accepted, Answer, Arrived, Door, Gate, Rejected
from alerts.sources.kinds import Kind
from alerts.sources.plain import AWAY, NO_KEY, too_much
from alerts.sources.sentry import parser
from alerts.sources.sentry.sample import sample
from alerts.sources.signed import hmac_fits, require, signed


def _take(arrived: Arrived, door: Door) -> Accepted | Answer:
    parser.check(arrived.json)
    resource = arrived.headers.get("sentry-hook-resource", "")[:40]
    answer = Answer(200, parser.answer(""))
    context = {"resource": resource} if resource else {}
    return Accepted(answer=lambda _: answer, text=arrived.text, context=context)


def _verify(arrived: Arrived, door: Door) -> None:
    """The header is the hex HMAC-SHA256 of the body under the client secret."""
    if door.secret:
        signature = arrived.headers.get("sentry-hook-signature", "")
        require(signature, hmac_fits(door.secret, arrived.body, signature))


_GATE = Gate(
    "/in/sentry/",
    _take,
    refused=refused,
    stranger=Answer(404, refusal(Rejected(NO_KEY))),
    away=AWAY,
    busy=too_much(503),
)

KIND = Kind(
    "sentry",
    _("Sentry"),
    _("Issues, issue alerts and metric alerts of an internal integration."),
    "/in/sentry/{key}",
    (signed(_GATE, _verify),),
    {ALERT: parser.read},
    sample,
    secret=_("Client secret"),
)
