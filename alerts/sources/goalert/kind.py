"""GoAlert's generic API, with its address: /api/v2/generic/incoming?token=…

The key is looked for where GoAlert looks: in the query, in `Authorization: Bearer`, as Basic password, in the form.
The answer is 204, or JSON with the number of the stored event for `Accept: application/json`.
"""

from __future__ import annotations

import re

from django.utils.translation import gettext_lazy as _

from alerts.sources.answers import refusal, refused
from alerts.sources.base import ALERT, Accepted, Answer, Arrived, Door, Gate, Rejected
from alerts.sources.credentials import bearer, password
from alerts.sources.forms import form_text, is_form, pairs
from alerts.sources.goalert import parser
from alerts.sources.goalert.sample import sample
from alerts.sources.kinds import Kind
from alerts.sources.plain import AWAY, NO_KEY, too_much

_PATH = "/api/v2/generic/incoming"
_NAMES = ("token", "integrationKey", "integration_key", "key")


def _key_of(arrived: Arrived) -> str:
    query = next((arrived.query[name] for name in _NAMES if arrived.query.get(name)), "")
    return query or bearer(arrived) or password(arrived) or _key_in_form(arrived)


def _key_in_form(arrived: Arrived) -> str:
    fields = dict(pairs(form_text(arrived))) if is_form(arrived) else {}
    return next((fields[name] for name in _NAMES if fields.get(name)), "")


def _take(arrived: Arrived, door: Door) -> Accepted:
    form = is_form(arrived) or not arrived.body.strip()
    query = {name: value for name, value in arrived.query.items() if name in parser.FIELDS}
    obj = parser.form_fields(form_text(arrived), query) if form else arrived.json
    parser.check(obj)
    closes = parser.is_close(obj)
    wants_json = "application/json" in arrived.headers.get("accept", "").lower()

    def answer(event_id: int) -> Answer:
        said = {"AlertID": event_id, "ServiceID": str(door.id), "IsNew": not closes}
        return Answer(200, said) if wants_json else Answer(204)

    text = form_text(arrived) if form else arrived.text
    return Accepted(answer=answer, text=text, context={"form": form, "query": query} if form else {})


KIND = Kind(
    "goalert",
    _("GoAlert generic API"),
    _("For what posts to GoAlert's generic integration: change its host and token."),
    _PATH + "?token={key}",
    (
        Gate(
            _PATH,
            _take,
            _key_of,
            rest=re.compile("/?"),
            refused=refused,
            stranger=Answer(401, refusal(Rejected(NO_KEY))),
            away=AWAY,
            busy=too_much(429),
        ),
    ),
    {ALERT: parser.read},
    sample,
)
