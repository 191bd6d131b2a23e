"""What carries texts and calls alike: whoever is set up first takes the message and reports on it later."""

from __future__ import annotations

from abc import abstractmethod

from notifications import providers
from notifications.transports.base import Envelope, PermanentFailure, Receipt, Transport
from notifications.transports.telephone import gateway
from notifications.transports.telephone.numbers import clean_number
from notifications.transports.telephone.reports import report_url

TWILIO = "twilio"


class Telephone(Transport):
    """A channel to a number, by Twilio or by any gateway with an HTTP API."""

    def clean_address(self, raw: str) -> str:
        return clean_number(raw)

    def is_available(self) -> bool:
        return self.served() is not None

    def send(self, envelope: Envelope) -> Receipt:
        """Hand it over; what comes of it is told later."""
        found = self.served()
        if found is None:
            raise PermanentFailure(f"no provider of {self.name} is set up")
        name, values = found
        callback = report_url(self.name, name, envelope.delivery)
        if name == TWILIO:
            return self.by_twilio(values, envelope, callback)
        parts = {
            "to": envelope.address,
            "text": self.text(values, envelope),
            "id": envelope.key,
            "callback": callback,
        }
        return gateway.hand_over(values, parts)

    def served(self) -> tuple[str, dict[str, str]] | None:
        """The first provider that is set up, by name, with its settings."""
        return providers.first_of(self.providers)

    @abstractmethod
    def text(self, values: dict[str, str], envelope: Envelope) -> str:
        """What a gateway with these settings is to say."""

    @abstractmethod
    def by_twilio(self, values: dict[str, str], envelope: Envelope, callback: str) -> Receipt:
        """One call of Twilio's library; it reports to `callback`."""
