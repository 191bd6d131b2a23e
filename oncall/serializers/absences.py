"""Time off and requests for cover, as the API shows and takes them."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.serializers import PersonBrief
from lib.rest import Body, Moment, Several
from oncall.covering import state_at
from oncall.models import Absence, CoverRequest, CoverState, LayerRole
from oncall.serializers.duties import ScheduleBrief
from oncall.serializers.fields import Line, Number, PersonNumber


class AbsenceSerializer(serializers.ModelSerializer[Absence]):
    """Somebody is away. It changes no schedule."""

    user = PersonBrief()
    feed = serializers.CharField(
        source="feed.name",
        default=None,
        allow_null=True,
        help_text="The calendar that says so; null by hand.",
    )

    class Meta:
        model = Absence
        fields: tuple[str, ...] = ("id", "user", "starts_at", "ends_at", "note", "feed", "created_at")


class ConflictSerializer(serializers.Serializer[Any]):
    """A stretch in which somebody is on call although they are away."""

    schedule = ScheduleBrief()
    role = serializers.ChoiceField(choices=LayerRole.choices)
    start = serializers.DateTimeField()
    end = serializers.DateTimeField()
    cover_request = serializers.IntegerField(
        source="request.pk",
        default=None,
        allow_null=True,
        help_text="The open request for some of this time.",
    )


class AbsenceDetail(AbsenceSerializer):
    """Somebody is away, and what of their time on call that touches, as far as it lies ahead."""

    conflicts = serializers.SerializerMethodField()

    class Meta(AbsenceSerializer.Meta):
        fields = (*AbsenceSerializer.Meta.fields, "conflicts")

    @extend_schema_field(ConflictSerializer(many=True))
    def get_conflicts(self, absence: Absence) -> Any:
        return ConflictSerializer(self.context["conflicts"], many=True).data


_ASK: dict[str, Any] = {
    "default": False,
    "help_text": "Ask the teams to cover every shift that it touches. Default: false.",
}


class NewAbsence(Body):
    """Time off to be entered."""

    user = PersonNumber(required=False, allow_null=True, help_text="Default: you.")
    starts_at = Moment(help_text="When it begins.")
    ends_at = Moment(help_text="The end is not part of it.")
    note = Line(max_length=200, allow_blank=True, default="")
    ask_for_cover = serializers.BooleanField(**_ASK)


class AbsencePart(Body):
    """What of it shall be different."""

    starts_at = Moment(required=False, help_text="When it begins.")
    ends_at = Moment(required=False, help_text="The end is not part of it.")
    note = Line(max_length=200, allow_blank=True, required=False)
    ask_for_cover = serializers.BooleanField(**_ASK)


class AbsenceQuery(serializers.Serializer[Any]):
    """Which time off a list holds."""

    user = Number(required=False, help_text="The number of a person.")
    team = serializers.SlugField(required=False, max_length=80, help_text="The slug of a team.")
    since = Moment(required=False, help_text="Not over at this moment. Default: now.")
    until = Moment(required=False, help_text="Begun before this moment.")


class SwapSerializer(serializers.Serializer[Any]):
    """The time that the asker takes in return."""

    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()


class CoverRequestSerializer(serializers.ModelSerializer[CoverRequest]):
    """Somebody asks that a colleague takes over some of their time on call."""

    schedule = ScheduleBrief()
    asker = PersonBrief()
    asked = PersonBrief(allow_null=True, help_text="Null: any responder of the schedule's team.")
    swap = serializers.SerializerMethodField(help_text="Null when nothing is taken in return.")
    state = serializers.SerializerMethodField()
    taken_by = PersonBrief(allow_null=True)

    class Meta:
        model = CoverRequest
        fields = (
            *("id", "schedule", "asker", "asked", "starts_at", "ends_at", "swap", "note", "state"),
            *("taken_by", "created_at", "decided_at"),
        )

    @extend_schema_field(SwapSerializer(allow_null=True))
    def get_swap(self, request: CoverRequest) -> Any:
        if request.swap_starts_at is None:
            return None
        ends = {"starts_at": request.swap_starts_at, "ends_at": request.swap_ends_at}
        return SwapSerializer(ends).data

    @extend_schema_field(serializers.ChoiceField(choices=CoverState.choices))
    def get_state(self, request: CoverRequest) -> str:
        return state_at(request, self.context.get("now") or timezone.now()).value


class SwapBody(Body):
    """The time that the asker takes in return."""

    starts_at = Moment(help_text="When it begins.")
    ends_at = Moment(help_text="The end is not part of it.")

    def validate(self, attrs: Any) -> Any:
        """Raises ValidationError by field."""
        if attrs["ends_at"] <= attrs["starts_at"]:
            raise serializers.ValidationError({"ends_at": "The end must be after the start."})
        return attrs


class NewCover(Body):
    """A request for cover. You stay on call until somebody accepts."""

    schedule = Number(help_text="The number of the schedule.")
    asker = PersonNumber(
        required=False, allow_null=True, help_text="Whose time it is, when it is not yours. Default: you."
    )
    asked = PersonNumber(
        required=False, allow_null=True, help_text="Default: any responder of the schedule's team."
    )
    starts_at = Moment(help_text="When it begins.")
    ends_at = Moment(help_text="The end is not part of it.")
    swap = SwapBody(required=False, allow_null=True)
    note = Line(max_length=200, allow_blank=True, default="")


class CoverQuery(serializers.Serializer[Any]):
    """Which requests a list holds."""

    state = Several(child=serializers.ChoiceField(choices=CoverState.choices), required=False)
    schedule = Number(required=False, help_text="The number of a schedule.")
    team = serializers.SlugField(required=False, max_length=80, help_text="The slug of a schedule's team.")
    mine = serializers.BooleanField(required=False, help_text="True: those that you ask for or may answer.")
