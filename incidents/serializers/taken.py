"""What the API takes about incidents."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from rest_framework import serializers

from accounts.models import User
from catalog.models import Service
from incidents.actions.opening import SUMMARY, TITLE
from incidents.actions.transitions import SAID
from incidents.models import (
    WRITTEN,
    Impact,
    Incident,
    Phase,
    Severity,
    State,
)
from lib.rest import Body, Moment, Several
from lib.text import one_line
from notifications.models import Urgency

CLOCKS_DIFFER = timedelta(minutes=5)
KEY = 120
"""The longest Idempotency-Key."""


class IncidentQuery(serializers.Serializer[Incident]):
    """Which incidents a list holds."""

    state = Several(child=serializers.ChoiceField(choices=State.choices), required=False)
    open = serializers.BooleanField(required=False, help_text="False: only what is over.")
    service = serializers.SlugField(required=False, max_length=80, help_text="The slug of a service.")
    team = serializers.SlugField(required=False, max_length=80, help_text="The slug of the owning team.")
    severity = Several(child=serializers.ChoiceField(choices=Severity.choices), required=False)
    urgency = serializers.ChoiceField(choices=Urgency.choices, required=False)
    q = serializers.CharField(
        required=False,
        max_length=200,
        help_text="Words of the title, the summary or the timeline; or a number.",
    )
    since = Moment(required=False, help_text="Began at this moment or later.")
    until = Moment(required=False, help_text="Began before this moment.")


class OneLine(serializers.CharField):
    """Text in one line; something must be left of it."""

    def run_validation(self, data: Any = serializers.empty) -> str:
        """Raises ValidationError. The validators see what was sent."""
        line = one_line(super().run_validation(data), TITLE)
        if not line:
            self.fail("blank")
        return line


class NewIncident(Body):
    """An incident that is declared by hand. It is active at once and pages unless told otherwise."""

    service = serializers.SlugField(max_length=80, help_text="The slug of the service.")
    title = OneLine(max_length=TITLE)
    severity = serializers.ChoiceField(choices=Severity.choices)
    summary = serializers.CharField(required=False, allow_blank=True, max_length=SUMMARY)
    page = serializers.BooleanField(required=False, help_text="Page whoever is on call. Default: true.")
    started_at = Moment(required=False, allow_null=True, help_text="When it began. Default: now.")

    def validate_service(self, slug: str) -> Service:
        """The live service of that slug."""
        found = Service.objects.live().filter(slug=slug).first()
        if found is None:
            raise serializers.ValidationError("There is no such service.")
        return found

    def validate_started_at(self, moment: Any) -> Any:
        """A little ahead is a clock that goes wrong, and is now; more is refused."""
        now = self.context["now"]
        if moment and moment > now + CLOCKS_DIFFER:
            raise serializers.ValidationError("That time is in the future.")
        return min(moment, now) if moment else None


class Declaration(Body):
    """How bad a triaged incident is, and who leads."""

    severity = serializers.ChoiceField(choices=Severity.choices)
    commander = serializers.PrimaryKeyRelatedField(
        queryset=User.objects.responders(),
        pk_field=serializers.IntegerField(),
        required=False,
        allow_null=True,
        help_text="The number of a responder. Default: you.",
    )


class Resolution(Body):
    note = serializers.CharField(required=False, allow_blank=True, max_length=SUMMARY)


class Transition(Resolution):
    """What is to happen with the incident."""

    verb = serializers.ChoiceField(choices=[(verb, text) for verb, text in SAID.items()])


class NewNote(Body):
    """A line for the timeline, in Markdown."""

    text = serializers.CharField(max_length=20_000)
    kind = serializers.ChoiceField(choices=[(kind.value, kind.label) for kind in WRITTEN], required=False)
    happened_at = Moment(required=False, allow_null=True, help_text="When it lies before now.")


class NewUpdate(Body):
    """Where the incident stands, in Markdown."""

    phase = serializers.ChoiceField(choices=Phase.choices)
    impact = serializers.ChoiceField(
        choices=Impact.choices, required=False, help_text="What customers feel. Default: as it stands."
    )
    body = serializers.CharField(max_length=10_000)
    is_public = serializers.BooleanField(
        required=False, help_text="Show it on the status page. Default: true."
    )
