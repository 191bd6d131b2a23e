"""How people are reached, the ledger of every message that was due to them, and what carries the messages."""

from notifications.models.deliveries import (
    PAGING,
    Attempt,
    Delivery,
    DeliveryKind,
    DeliveryState,
    Inbound,
    ReplyCode,
)
from notifications.models.measures import Alarm, Late, LatenessKind, LatenessSlot, Measure
from notifications.models.methods import (
    ContactMethod,
    NotificationRule,
    QuietHours,
    Urgency,
    VerificationCode,
)
from notifications.models.providers import Circuit, KeyPurpose, Provider, SigningKey

__all__ = [
    "PAGING",
    "Alarm",
    "Attempt",
    "Circuit",
    "ContactMethod",
    "Delivery",
    "DeliveryKind",
    "DeliveryState",
    "Inbound",
    "KeyPurpose",
    "Late",
    "LatenessKind",
    "LatenessSlot",
    "Measure",
    "NotificationRule",
    "Provider",
    "QuietHours",
    "ReplyCode",
    "SigningKey",
    "Urgency",
    "VerificationCode",
]
