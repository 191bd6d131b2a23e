"""Script and markup in every text of every row, and a look at whether a page lets any of it live."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from itertools import count
from typing import Any
from urllib.parse import urlsplit

from django.apps import apps
from django.db import connection, models

from tests.security.watching import OURS

LIVE = "<script>alert({n})</script>\"'><img src=x onerror=alert({n})><x{n}>"
SHORT = '"><x{n}>'
LINK = "javascript:alert({n})//\"'><x{n}>"
ADDRESS = "https://x{n}.example.test/?\"'><x{n}>"  # no form lets another scheme into a field for addresses
_POISONED_TAG = re.compile(r"x\d*")
_SCHEMES = {"", "http", "https", "mailto"}
_LEADS = {
    "href",
    "src",
    "action",
    "formaction",
    "data",
    "poster",
    "xlink:href",
    "hx-get",
    "hx-post",
    "srcset",
}
_numbers = count(1)

# Words of the machine's own: no person and no tool writes them.
KEPT = {
    *("password", "time_zone", "digest", "key_digest", "key_sealed", "secret", "sha256", "id_key"),
    *("transport", "hash", "previous", "timeline_head", "endpoint", "plan"),
    *("Integration.kind", "Delivery.key", "Delivery.subject", "Delivery.group", "Delivery.message"),
    *("TimelineItem.kind", "IdempotencyKey.key", "IdempotencyKey.fingerprint"),
    "User.email",  # signs in
    *("Heartbeat.cron", "Heartbeat.zone", "Mute.recurrence", "Mute.zone"),  # read by a parser, then kept
    "Route.urgency",
}
KEPT_MODELS = {"Rendition", "SigningKey", "Measure", "VerificationCode"}
_KEPT_KEYS = {"op", "kind", "via", "verb", "role", "phase", "impact", "field"}


def poison() -> set[str]:
    """Write it into the database past every form, and return the fields that hold it now."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")  # the timeline is append-only
    poisoned: set[str] = set()
    for label in OURS:
        for model in apps.get_app_config(label).get_models():
            if model.__name__ not in KEPT_MODELS:
                poisoned |= _model(model)
    return poisoned


def _model(model: type[models.Model]) -> set[str]:
    fields = [field for field in model._meta.concrete_fields if _is_text(model, field)]
    if fields:
        for row in model._base_manager.all():
            values = {field.name: _value(field, getattr(row, field.name)) for field in fields}
            model._base_manager.filter(pk=row.pk).update(**values)
    return {f"{model.__name__}.{field.name}" for field in fields}


def _is_text(model: type[models.Model], field: models.Field[Any, Any]) -> bool:
    is_kept = field.name in KEPT or f"{model.__name__}.{field.name}" in KEPT or field.choices
    is_text = isinstance(field, models.CharField | models.TextField | models.JSONField)
    return is_text and not is_kept and not isinstance(field, models.SlugField)


def _value(field: models.Field[Any, Any], old: Any) -> Any:
    if field.name == "body" and str(old).startswith(("{", "[")):
        return json.dumps({text(): text(), "summary": text(), "url": text(link=True), "list": [text()]})
    if isinstance(field, models.JSONField):
        return _deep(old)
    if isinstance(field, models.URLField):
        return ADDRESS.format(n=next(_numbers))
    return text(field.max_length or 1000)


def text(most: int = 1000, *, link: bool = False) -> str:
    """A payload that no other has, as long as fits."""
    n = next(_numbers)
    whole = (LINK if link else LIVE).format(n=n)
    return whole if len(whole) <= most else SHORT.format(n=n)[:most]


def _deep(value: Any, key: str = "") -> Any:
    if isinstance(value, dict):
        return {name: _deep(each, name) for name, each in value.items()}
    if isinstance(value, list):
        return [_deep(each) for each in value]
    if isinstance(value, str) and key not in _KEPT_KEYS:
        return text(link=key == "href")
    return value


class Living(HTMLParser):
    """What of a page a browser would run or follow though it must not."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._script = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        at = {name: value or "" for name, value in attrs}
        if _POISONED_TAG.fullmatch(tag) or at.get("src") == "x":
            self.found.append(f"<{tag} {at}>")
        if tag == "script" and "src" not in at and at.get("type") != "application/json":
            self.found.append("inline <script>")
        if tag == "style" or "style" in at or (tag in ("iframe", "object", "embed") and "srcdoc" in at):
            self.found.append(f"<{tag}> with style or srcdoc")
        if tag == "link" and at.get("href", "").startswith("data:"):
            return  # the public page's icon; nothing can be run by one
        self.found += [f"{tag} {name}={value}" for name, value in at.items() if _is_live(name, value)]

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)


def _is_live(name: str, value: str) -> bool:
    if name.startswith(("on", "hx-on")):
        return True
    if name in ("hx-vals", "hx-headers") and value.strip().startswith(("js:", "javascript:")):
        return True
    if name not in _LEADS:
        return False
    scheme = urlsplit(re.sub(r"[\x00-\x20]", "", value)).scheme.lower()
    return scheme not in _SCHEMES


def living_in(html: str) -> list[str]:
    """Everything in the page that is alive and should not be; empty for a good page."""
    reader = Living()
    reader.feed(html)
    reader.close()
    return reader.found
