"""The questions of Alertmanager's API: alerts and their groups, receivers, silences, status."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from alerts.matching import LABELS, BadMatcher, Subject, Test, compiled
from alerts.models import Alert, Integration
from alerts.sources.base import Answer, Arrived, Door, Rejected
from alerts.sources.prometheus import showing, silences
from alerts.sources.prometheus.matchers import BadFilter, read
from catalog.models import Grouping

MOST_ALERTS = 10_000
OK = Answer(200)
_FLAGS = ("active", "silenced", "inhibited", "unprocessed", "muted")


def answer_to(arrived: Arrived, door: Door) -> Answer:
    """Answer a request that stores no event; Rejected (404) where there is no such question."""
    for method, path, handler in _QUESTIONS:
        found = path.fullmatch(arrived.path)
        if found and method == _method(arrived):
            integration = Integration.objects.select_related("service__team").get(pk=door.id)
            return handler(integration, arrived, *found.groups())
    raise Rejected("page not found", status=404)


def _method(arrived: Arrived) -> str:
    return "GET" if arrived.method == "HEAD" else arrived.method


def _status(integration: Integration, arrived: Arrived) -> Answer:
    return Answer(200, showing.status())


def _receivers(integration: Integration, arrived: Arrived) -> Answer:
    return Answer(200, [{"name": showing.receiver_of(integration)}])


def _alerts(integration: Integration, arrived: Arrived) -> Answer:
    return Answer(200, _shown(integration, arrived))


def _groups(integration: Integration, arrived: Arrived) -> Answer:
    """By the labels by which the service groups; one group where it does not."""
    by_labels = integration.service.grouping == Grouping.LABELS
    names = integration.service.group_labels if by_labels else []
    groups: dict[tuple[tuple[str, str], ...], list[dict[str, Any]]] = {}
    for alert in _shown(integration, arrived):
        place = tuple((name, alert["labels"].get(name, "")) for name in names)
        groups.setdefault(place, []).append(alert)
    receiver = {"name": showing.receiver_of(integration)}
    return Answer(
        200,
        [{"labels": dict(place), "receiver": receiver, "alerts": found} for place, found in groups.items()],
    )


def _silences(integration: Integration, arrived: Arrived) -> Answer:
    now = datetime.now(UTC)
    found = [showing.silence_shown(mute, now) for mute in silences.shown(integration, now)]
    wanted = _filters(arrived)
    return Answer(200, [each for each in found if _is_about(each["matchers"], wanted)])


def _silence(integration: Integration, arrived: Arrived, uid: str) -> Answer:
    return Answer(200, showing.silence_shown(silences.find(integration, uid), datetime.now(UTC)))


def _post_silence(integration: Integration, arrived: Arrived) -> Answer:
    mute = silences.post(integration, arrived.json, datetime.now(UTC))
    return Answer(200, {"silenceID": str(mute.uid)})


def _end_silence(integration: Integration, arrived: Arrived, uid: str) -> Answer:
    silences.expire(silences.find(integration, uid), datetime.now(UTC))
    return OK


def _fine(integration: Integration, arrived: Arrived) -> Answer:
    return Answer(200, "OK")


Handler = Callable[..., Answer]
_QUESTIONS: tuple[tuple[str, re.Pattern[str], Handler], ...] = tuple(
    (method, re.compile(path), handler)
    for method, path, handler in (
        ("GET", "api/v[12]/status", _status),
        ("GET", "api/v2/receivers", _receivers),
        ("GET", "api/v2/alerts", _alerts),
        ("GET", "api/v2/alerts/groups", _groups),
        ("GET", "api/v2/silences", _silences),
        ("POST", "api/v2/silences", _post_silence),
        ("GET", "api/v2/silence/([^/]+)", _silence),
        ("DELETE", "api/v2/silence/([^/]+)", _end_silence),
        ("GET", "-/(?:healthy|ready)", _fine),
    )
)


def _shown(integration: Integration, arrived: Arrived) -> list[dict[str, Any]]:
    """The open alerts that the request asks for, as Alertmanager's flags and filters say."""
    now = datetime.now(UTC)
    wants = {flag: arrived.query.get(flag, "true").lower() != "false" for flag in _FLAGS}
    receiver = showing.receiver_of(integration)
    if not _is_receiver(arrived.query.get("receiver", ""), receiver):
        return []
    test = _asked(_filters(arrived))
    silencing = showing.covering(silences.shown(integration, now), now)
    found = []
    for alert in _open(integration):
        if test(showing.subject_of(alert, now)):
            silenced_by = showing.silencers(alert, silencing, now)
            if wants["silenced" if silenced_by else "active"]:
                found.append(showing.alert_shown(alert, receiver, silenced_by))
    return sorted(found, key=lambda each: str(each["fingerprint"]))


def _open(integration: Integration) -> Iterable[Alert]:
    rows = Alert.objects.open().filter(integration=integration).select_related("mute").order_by("-pk")
    return rows[:MOST_ALERTS]


def _is_receiver(wanted: str, receiver: str) -> bool:
    """`receiver` is an expression that the whole name must match."""
    if not wanted:
        return True
    try:
        test = compiled([{"field": "source", "op": "=~", "value": wanted}])
    except BadMatcher as error:
        raise Rejected(f"failed to parse receiver param: {error}") from error
    return test(Subject(at=datetime.now(UTC), fields={"source": receiver}))


def _filters(arrived: Arrived) -> list[dict[str, Any]]:
    try:
        return [read(text) for text in arrived.queries.get("filter", ())]
    except BadFilter as error:
        raise Rejected(str(error)) from error


def _asked(conditions: Sequence[Mapping[str, Any]]) -> Test:
    try:
        return compiled(conditions)
    except BadMatcher as error:
        raise Rejected(str(error)) from error


def _is_about(matchers: Sequence[Mapping[str, Any]], wanted: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a silence is one that the filters ask for: each filter holds for what the silence's equal matchers name,
    as in Alertmanager (api.go, CheckSilenceMatchesFilterLabels)."""
    named = {each["name"]: each["value"] for each in matchers}
    subject = Subject(at=datetime.now(UTC), labels=named)
    known = all(str(each["field"]).removeprefix(LABELS) in named for each in wanted)
    return known and _asked(wanted)(subject)
