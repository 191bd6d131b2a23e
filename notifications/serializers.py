"""The exported ledger, for machines."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers


class LedgerQuery(serializers.Serializer[Any]):
    """In which form the ledger is wanted."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """`as` is a word of Python, so it cannot stand as an attribute."""
        form = serializers.ChoiceField(choices=["json", "csv"], required=False, help_text="JSON if not told.")
        return {"as": form}


class LedgerSignature(serializers.Serializer[Any]):
    """Over the canonical JSON of `ledger`: UTF-8, keys sorted, no spaces."""

    key = serializers.CharField(help_text="Names the public key: see /.well-known/tocsin-ledger.pem.")
    value = serializers.CharField(help_text="Base64.")
    algorithm = serializers.ChoiceField(choices=["Ed25519"])


class LedgerShown(serializers.Serializer[Any]):
    """Everything that was due about something, or to somebody."""

    format = serializers.CharField()
    organisation = serializers.CharField()
    installation = serializers.CharField()
    about = serializers.CharField()
    title = serializers.CharField()
    made_at = serializers.DateTimeField()
    lines = serializers.ListField(child=serializers.DictField())
    left_out = serializers.IntegerField(help_text="How many lines are too many for one export.")
    digest = serializers.CharField(help_text="SHA-256 over the digests of all lines.")


class SignedLedger(serializers.Serializer[Any]):
    """A ledger with its signature."""

    ledger = LedgerShown()
    signature = LedgerSignature()


class LedgerKeyShown(serializers.Serializer[Any]):
    """What exports of this installation are checked with."""

    key = serializers.CharField()
    algorithm = serializers.CharField()
    public = serializers.CharField(help_text="The 32 bytes in base64.")
    pem = serializers.CharField()
