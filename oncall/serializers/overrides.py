"""Overrides, as the API shows and takes them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from accounts.serializers import PersonBrief
from lib.rest import Body, Moment
from oncall.models import Override, OverrideKind
from oncall.serializers.fields import Line, PersonNumber


class OverrideSerializer(serializers.ModelSerializer[Override]):
    """A change for a while: somebody stands in, joins, or leaves."""

    kind = serializers.ChoiceField(choices=OverrideKind.choices)
    user = PersonBrief()
    replaces = PersonBrief(allow_null=True, help_text="Null: everybody who is primary then.")
    created_by = PersonBrief(allow_null=True)

    class Meta:
        model = Override
        fields = (
            *("id", "kind", "user", "replaces", "starts_at", "ends_at", "reason"),
            *("created_by", "created_at"),
        )


class NewOverride(Body):
    """A change for a while. A start in the past becomes now: who was on call stays who it was."""

    kind = serializers.ChoiceField(
        choices=OverrideKind.choices,
        default=OverrideKind.REPLACE.value,
        help_text="replace: `user` stands in; add: is on call too; remove: is not on call.",
    )
    user = PersonNumber()
    replaces = PersonNumber(
        required=False,
        allow_null=True,
        help_text="Whom `user` stands in for. Default: everybody who is primary then.",
    )
    starts_at = Moment(help_text="When it begins.")
    ends_at = Moment(help_text="The end is not part of it.")
    reason = Line(max_length=200, allow_blank=True, default="")


class NewOverrides(Body):
    """Several at once: all of them, the later ones over the earlier, or none."""

    overrides = NewOverride(many=True, allow_empty=False)


class OverrideQuery(serializers.Serializer[Any]):
    """Which overrides a list holds."""

    since = Moment(required=False, help_text="Not over at this moment. Default: now.")
    until = Moment(required=False, help_text="Begun before this moment.")
