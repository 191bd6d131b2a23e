"""How I am reached, as the API shows and takes it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from lib.rest import Body
from notifications import transports
from notifications.actions.rules import LONGEST_DELAY
from notifications.models import ContactMethod, NotificationRule, QuietHours, Urgency

LONGEST_THROTTLE = 3600


@extend_schema_field(OpenApiTypes.INT)
class Seconds(serializers.DurationField):
    """A duration as whole seconds, from 0 to `most`."""

    def __init__(self, *, most: int = 86_400, **options: Any) -> None:
        super().__init__(**options)
        self.whole = serializers.IntegerField(min_value=0, max_value=most)

    def to_representation(self, value: Any) -> Any:
        return int(value.total_seconds())

    def to_internal_value(self, data: Any) -> Any:
        return timedelta(seconds=self.whole.run_validation(data))


class MyMethodShown(serializers.ModelSerializer[ContactMethod]):
    """One way to reach you."""

    address = serializers.CharField(source="shown", help_text="Shortened where it is a secret.")
    is_usable = serializers.BooleanField(help_text="Verified, and not switched off.")
    throttle = Seconds(
        allow_null=True, help_text="At most one message in so many seconds; null: as the channel does it."
    )

    class Meta:
        model = ContactMethod
        fields: tuple[str, ...] = (
            *("id", "transport", "address", "label", "is_usable", "verified_at"),
            *("disabled_at", "disabled_reason", "throttle", "created_at"),
        )


class NewMyMethodShown(MyMethodShown):
    """A new one, with what is shown this once."""

    secret = serializers.SerializerMethodField(
        help_text="What its messages are signed with; empty where nothing is signed. It is not shown again."
    )

    class Meta(MyMethodShown.Meta):
        fields = (*MyMethodShown.Meta.fields, "secret")

    def get_secret(self, method: ContactMethod) -> str:
        return str(self.context.get("secret", ""))


class NewMyMethod(Body):
    """Where you want to be reached. A code goes there at once."""

    transport = serializers.ChoiceField(choices=transports.NAMES)
    address = serializers.CharField(max_length=500)
    label = serializers.CharField(max_length=60, required=False, allow_blank=True, default="")  # type: ignore[assignment] # a field of the body, not its name


class MyMethodPart(Body):
    """What of a method can be changed; another address is another method."""

    label = serializers.CharField(max_length=60, required=False, allow_blank=True)  # type: ignore[assignment] # as above
    throttle = Seconds(required=False, allow_null=True, most=LONGEST_THROTTLE)


class MyMethodCode(Body):
    """What came by the method."""

    code = serializers.RegexField(r"^[0-9 -]{6,20}$", help_text="Six digits.")


class MyMethodRemoval(serializers.Serializer[Any]):
    """How sure you are."""

    confirmed = serializers.BooleanField(
        required=False, help_text="Needed for the last usable one: without it nobody can page you."
    )


class MyRuleShown(serializers.ModelSerializer[NotificationRule]):
    """A method that is used, `delay` seconds after a page of that urgency is due."""

    method = serializers.IntegerField(source="method_id")
    delay = Seconds()

    class Meta:
        model = NotificationRule
        fields = ("id", "urgency", "method", "delay")


class NewMyRule(Body):
    """One more step."""

    urgency = serializers.ChoiceField(choices=Urgency.choices)
    method = serializers.IntegerField(min_value=1, max_value=2**62)
    delay = Seconds(most=int(LONGEST_DELAY.total_seconds()), default=timedelta(0))


class MyRulePart(Body):
    """Earlier or later."""

    delay = Seconds(most=int(LONGEST_DELAY.total_seconds()))


class MyQuietShown(serializers.ModelSerializer[QuietHours]):
    """From when until when low urgency waits, on your own clock."""

    class Meta:
        model = QuietHours
        fields = ("starts", "ends", "weekends")


class MyQuietGiven(Body):
    """The times must differ."""

    starts = serializers.TimeField()
    ends = serializers.TimeField()
    weekends = serializers.BooleanField(default=False, help_text="All day on Saturday and Sunday as well.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["starts"] == attrs["ends"]:
            raise serializers.ValidationError(
                {"ends": ["Quiet hours that begin when they end would be never or always."]}
            )
        return attrs
