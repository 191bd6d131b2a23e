"""People and teams as the API shows them. Never what they sign in or are reached with, beyond the e-mail address."""

from __future__ import annotations

from rest_framework import serializers

from accounts.models import Membership, Role, Team, TeamRole, User


class PersonBrief(serializers.ModelSerializer[User]):
    """Somebody who is named in passing."""

    class Meta:
        model = User
        fields = ("id", "name")


class TeamBrief(serializers.ModelSerializer[Team]):
    class Meta:
        model = Team
        fields = ("slug", "name")


class MembershipSerializer(serializers.ModelSerializer[Membership]):
    """A team that a person is in, and what they are there."""

    slug = serializers.CharField(source="team.slug")
    name = serializers.CharField(source="team.name")
    role = serializers.ChoiceField(choices=TeamRole.choices)

    class Meta:
        model = Membership
        fields = ("slug", "name", "role")


class UserSerializer(serializers.ModelSerializer[User]):
    """A person with their teams."""

    role = serializers.ChoiceField(choices=Role.choices)
    teams = MembershipSerializer(source="memberships", many=True)

    class Meta:
        model = User
        fields = ("id", "name", "email", "role", "time_zone", "is_active", "teams")


class UserQuery(serializers.Serializer[User]):
    """Which people a list holds."""

    q = serializers.CharField(required=False, max_length=200, help_text="Part of a name or an address.")
    team = serializers.SlugField(
        required=False, max_length=80, help_text="The slug of a team that they are in."
    )
    active = serializers.BooleanField(required=False, help_text="False lists those who left. Default: true.")


class MemberSerializer(serializers.ModelSerializer[Membership]):
    """Somebody in a team, and what they are there."""

    id = serializers.IntegerField(source="user.pk")
    name = serializers.CharField(source="user.name")
    role = serializers.ChoiceField(choices=TeamRole.choices)

    class Meta:
        model = Membership
        fields = ("id", "name", "role")


class TeamSerializer(serializers.ModelSerializer[Team]):
    """A team with its people."""

    members = MemberSerializer(source="memberships", many=True)

    class Meta:
        model = Team
        fields = ("id", "slug", "name", "description", "members")
