"""Services as the API shows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rest_framework import serializers

from accounts.models import User
from accounts.serializers import PersonBrief, TeamBrief
from catalog.grouping import LONGEST_ALIAS, LONGEST_LABEL, MOST_ALIASES, MOST_LABELS
from catalog.models import Grouping, Service, Tier
from catalog.queries import Health
from lib.rest import Body
from oncall.models import EscalationPolicy


@dataclass(frozen=True, slots=True)
class Shown:
    """A service with what is computed for a whole page at once."""

    service: Service
    health: Health
    on_call: Sequence[User]

    @property
    def depends_on(self) -> list[str]:
        """Slugs of what it stands on."""
        return [each.slug for each in self.service.depends_on.all()]

    @property
    def aliases(self) -> list[str]:
        """Its other names."""
        return [each.name for each in self.service.aliases.all()]


class ServiceBrief(serializers.ModelSerializer[Service]):
    """A service that is named in passing, with its owner."""

    team = TeamBrief()

    class Meta:
        model = Service
        fields = ("slug", "name", "team")


class PolicyBrief(serializers.ModelSerializer[EscalationPolicy]):
    class Meta:
        model = EscalationPolicy
        fields = ("id", "name")


class HealthSerializer(serializers.Serializer[Health]):
    """How a service is: its open incidents, and the worst of their states or impacts."""

    open_incidents = serializers.IntegerField(source="open_count")
    worst_state = serializers.CharField(help_text="operational where no incident is open.")


class ServiceSerializer(serializers.Serializer[Shown]):
    """A service with its owner, how it is, and whom an incident on it would page first now."""

    slug = serializers.CharField(source="service.slug")
    name = serializers.CharField(source="service.name")
    description = serializers.CharField(source="service.description")
    team = TeamBrief(source="service.team")
    tier = serializers.ChoiceField(source="service.tier", choices=Tier.choices, help_text="1 is critical.")
    policy = PolicyBrief(source="service.policy")
    runbook_url = serializers.CharField(source="service.runbook_url", help_text="Empty when there is none.")
    depends_on = serializers.ListField(child=serializers.CharField(), help_text="The slugs of services.")
    grouping = serializers.ChoiceField(source="service.grouping", choices=Grouping.choices)
    group_labels = serializers.ListField(child=serializers.CharField(), source="service.group_labels")
    group_window = serializers.DurationField(
        source="service.group_window",
        allow_null=True,
        help_text="An alert joins an incident whose last alert came this recently. Null: however old.",
    )
    joins_parents = serializers.BooleanField(source="service.joins_parents")
    aliases = serializers.ListField(
        child=serializers.CharField(), help_text="Other names by which tools call it."
    )
    auto_resolve = serializers.BooleanField(source="service.auto_resolve")
    remind_after = serializers.DurationField(
        source="service.remind_after",
        allow_null=True,
        help_text="Whoever acknowledged is asked again after this. Null: never.",
    )
    ack_lasts = serializers.DurationField(
        source="service.ack_lasts",
        allow_null=True,
        help_text="Paging begins again after this. Null: an acknowledgement stands for good.",
    )
    archived_at = serializers.DateTimeField(source="service.archived_at", allow_null=True)
    health = HealthSerializer()
    on_call = PersonBrief(many=True)


class ServiceQuery(serializers.Serializer[Service]):
    """Which services a list holds."""

    team = serializers.SlugField(required=False, max_length=80, help_text="The owner's slug.")
    tier = serializers.ChoiceField(required=False, choices=Tier.choices)
    archived = serializers.BooleanField(
        required=False, help_text="True lists those put away. Default: false."
    )


class ServiceBody(Body):
    """How its alerts go together, and how tools call it; what is left out stays."""

    grouping = serializers.ChoiceField(choices=Grouping.choices, required=False)
    group_labels = serializers.ListField(
        child=serializers.CharField(max_length=LONGEST_LABEL), max_length=MOST_LABELS, required=False
    )
    group_window = serializers.DurationField(required=False, allow_null=True)
    joins_parents = serializers.BooleanField(required=False)
    aliases = serializers.ListField(
        child=serializers.CharField(max_length=LONGEST_ALIAS), max_length=MOST_ALIASES, required=False
    )
