"""Everything else: what apprise (https://github.com/caronc/apprise) can reach, by one of its addresses.

Only services that are reached by HTTP, through lib.http (see guard), and that were looked at (see allowed).
"""

from __future__ import annotations

import logging
import re
import warnings
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from notifications.transports.apprise.allowed import HOSTED, PLUGINS
from notifications.transports.base import (
    Carries,
    Envelope,
    Message,
    PermanentFailure,
    Receipt,
    TemporaryFailure,
    Transport,
)
from notifications.transports.chats.markup import harmless
from notifications.transports.chats.words import Words, fitted, plain

if TYPE_CHECKING:
    from apprise import NotifyBase

    from notifications.transports.apprise.guard import Budget

SCHEMA = re.compile(r"([a-z0-9]{1,32})://", re.IGNORECASE)
LONGEST = 4000
SHORTEST = 120
MOST_TARGETS = 5
SECONDS = 20.0
KINDS = {"page": "failure", "alarm": "failure", "drill": "warning"}


class NotAllowed(Exception):
    """A service that is not on the list."""


class AppriseTransport(Transport):
    name = "apprise"
    icon = "plug"
    title = _("Another service, by apprise")
    address_label = _("Apprise address (pover://…)")
    address_help = _(
        "Over a hundred services: Pushover, Rocket.Chat, Zulip, Signal, Gotify … What to write for each stands in "
        "apprise's own documentation."
    )
    carries = Carries(answers=True)

    def clean_address(self, raw: str) -> str:
        address = raw.strip()
        try:
            plugin = _plugin(address)
        except NotAllowed as error:
            raise ValidationError(_("This kind of address is not one that Tocsin uses.")) from error
        if plugin is None:
            raise ValidationError(_("Something is missing or wrong in this address."))
        if len(plugin) > MOST_TARGETS:
            raise ValidationError(_("That is too many targets for one address."))
        return address

    def circuit(self, address: str) -> str:
        return f"{self.name}:{self.shown(address).rstrip('/…').rstrip(':')}"[:120]

    def shown(self, address: str) -> str:
        """The service, and the server where there is one of one's own; all else may be a key."""
        schema = _schema(address)
        if schema not in HOSTED:
            return f"{schema}://…"
        try:
            host = urlsplit(address).hostname or ""
        except ValueError:
            host = ""
        return f"{schema}://{host}/…"

    def send(self, envelope: Envelope) -> Receipt:
        """Have apprise send it; what it was answered last stands in the receipt."""
        try:
            plugin = _plugin(envelope.address)
        except NotAllowed as error:
            raise PermanentFailure("apprise: this service is not allowed") from error
        if plugin is None:
            raise PermanentFailure("apprise: the address is not valid")
        budget = _notified(plugin, envelope.message)
        return Receipt(answer=f"HTTP {budget.statuses[-1]}" if budget.statuses else "sent")


TRANSPORT = AppriseTransport()


def _schema(address: str) -> str:
    found = SCHEMA.match(address)
    return found[1].lower() if found else ""


@cache
def _library() -> Any:
    """apprise, with its plugins loaded and their way out guarded; takes a second, once."""
    with warnings.catch_warnings():
        # A plugin that is not used imports a module that Python is about to drop.
        warnings.simplefilter("ignore", DeprecationWarning)
        import apprise  # noqa: PLC0415 - loaded when the channel is first used

        manager: Any = apprise.NotificationManager
        manager().schemas()
    from notifications.transports.apprise import guard  # noqa: PLC0415 - needs requests

    log = logging.getLogger("apprise")
    # It would write addresses and answers, in which there are keys.
    log.propagate, log.handlers = False, [logging.NullHandler()]
    guard.install()
    return apprise


def _plugin(address: str) -> NotifyBase | None:
    """The service behind an address, None when the address is not valid. Raises NotAllowed."""
    apprise = _library()
    from notifications.transports.apprise import guard  # noqa: PLC0415 - needs requests

    schema, known = _schema(address), apprise.NotificationManager()
    if not schema or schema not in known:
        raise NotAllowed(schema)
    kind = known[schema]
    home, _dot, module = kind.__module__.partition(".plugins.")
    if home != "apprise" or module.partition(".")[0] not in PLUGINS or not guard.is_guarded(kind):
        raise NotAllowed(schema)
    found: NotifyBase | None = apprise.Apprise.instantiate(address, asset=_asset())
    # An address of a service's own can stand for another schema.
    return found if found is not None and type(found) is kind else None


def _asset() -> Any:
    """What apprise says of us; it keeps nothing on disk and loads nothing from there."""
    apprise = _library()
    return apprise.AppriseAsset(
        app_id="Tocsin",
        app_desc="Tocsin",
        app_url=settings.SITE_URL,
        image_url_mask="",
        image_url_logo="",
        image_path_mask="",
        async_mode=False,
        storage_mode=apprise.PersistentStoreMode.MEMORY,
        plugin_paths=[],
    )


def _notified(plugin: NotifyBase, message: Message) -> Budget:
    from notifications.transports.apprise import guard  # noqa: PLC0415 - needs requests

    said, body = _written(plugin, message)
    plugin.request_rate_per_sec = 0  # it would sleep between two targets
    with guard.spending(SECONDS) as budget:
        try:
            done = plugin.notify(
                title=said.title,
                body=body,
                notify_type="info" if message.quiet else KINDS.get(message.kind, "info"),
                body_format="text",
                overflow="truncate",
            )
        except TypeError as error:
            raise PermanentFailure("apprise: the service does not take it") from error
        except Exception as error:
            # The boundary to somebody else's plugin, whose words may hold an address with a key in it.
            words = f"apprise: {type(error).__name__}"
            raise TemporaryFailure(words, down=False, unknown=budget.in_doubt) from None
    if not done:
        raise _why(budget)
    return budget


def _why(budget: Budget) -> TemporaryFailure | PermanentFailure:
    if budget.refused:
        return PermanentFailure(budget.refused)
    if not budget.statuses:
        words = budget.failed or "apprise: not sent"
        return TemporaryFailure(words, down=bool(budget.failed), unknown=budget.in_doubt)
    status, wait = budget.statuses[-1], budget.retry_after
    asked = float(wait) if wait.isascii() and wait.isdigit() and len(wait) < 8 else None
    is_down = status == 429 or status >= 500
    return TemporaryFailure(f"HTTP {status}", asked, down=is_down, unknown=budget.in_doubt)


def _written(plugin: NotifyBase, message: Message) -> tuple[Words, str]:
    """As much as the service takes, the title within it where it knows none."""
    room = min(int(plugin.body_maxlen), LONGEST)
    titled = 0 if int(plugin.title_maxlen) > 0 else 1

    def size(made: tuple[Words, str]) -> int:
        return len(made[1]) + titled * (len(made[0].title) + 2)

    return fitted(message, max(room, SHORTEST), _calm, size)


def _calm(said: Words) -> tuple[Words, str]:
    calm = Words(
        title=harmless(said.title),
        intro=harmless(said.intro),
        facts=tuple((harmless(label), harmless(value)) for label, value in said.facts),
        more=tuple(harmless(each) for each in said.more),
        others=said.others,
        code=said.code,
        ack_url=said.ack_url,
        url=said.url,
        link_text=harmless(said.link_text),
    )
    return calm, plain(calm) or calm.title
