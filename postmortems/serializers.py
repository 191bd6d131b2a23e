"""Postmortems as the API shows them."""

from __future__ import annotations

from rest_framework import serializers

from accounts.serializers import PersonBrief
from incidents.models import EntryKind, Incident
from lib.rest import Several
from postmortems.models import (
    ActionItem,
    ActionKind,
    ActionState,
    PdfFile,
    PdfState,
    Postmortem,
    Section,
    State,
    TimelineItem,
)


class IncidentBrief(serializers.ModelSerializer[Incident]):
    class Meta:
        model = Incident
        fields = ("id", "title")


class PostmortemSerializer(serializers.ModelSerializer[Postmortem]):
    """A postmortem in a list. `id` is the number of its incident."""

    id = serializers.IntegerField(source="incident_id")
    incident = IncidentBrief()
    state = serializers.ChoiceField(choices=State.choices)
    author = PersonBrief()
    open_items = serializers.IntegerField(help_text="Action items that are open.")
    overdue_items = serializers.IntegerField(help_text="Those of them that are past their due date (UTC).")

    class Meta:
        model = Postmortem
        fields: tuple[str, ...] = (
            *("id", "incident", "state", "version", "author", "created_at", "changed_at", "submitted_at"),
            *("published_at", "open_items", "overdue_items"),
        )


class SectionsSerializer(serializers.ModelSerializer[Postmortem]):
    """What people wrote, in Markdown."""

    class Meta:
        model = Postmortem
        fields = tuple(section.value for section in Section)


class ActionItemSerializer(serializers.ModelSerializer[ActionItem]):
    """What one person will do, by when."""

    kind = serializers.ChoiceField(choices=ActionKind.choices)
    state = serializers.ChoiceField(choices=ActionState.choices)
    owner = PersonBrief()

    class Meta:
        model = ActionItem
        fields = ("id", "text", "kind", "owner", "due_on", "state", "created_at", "closed_at")


class TimelineItemSerializer(serializers.ModelSerializer[TimelineItem]):
    """A frozen copy of an entry of the incident's timeline; `hash` is the entry's."""

    kind = serializers.ChoiceField(choices=EntryKind.choices)

    class Meta:
        model = TimelineItem
        fields = (
            *("number", "kind", "actor_name", "text", "happened_at", "recorded_at", "hash"),
            *("is_pinned", "comment"),
        )


class PostmortemDetail(PostmortemSerializer):
    """A postmortem with its texts, what is done about it, and the timeline as far as it is shown."""

    published_by = PersonBrief(allow_null=True)
    sections = SectionsSerializer(source="*")
    action_items = ActionItemSerializer(many=True)
    timeline = TimelineItemSerializer(source="shown_items", many=True)

    class Meta(PostmortemSerializer.Meta):
        fields = (
            *(*PostmortemSerializer.Meta.fields, "published_by", "sections", "action_items", "timeline"),
            *("timeline_head", "timeline_length", "imported_at"),
        )


class PdfProgress(serializers.ModelSerializer[PdfFile]):
    """How far the PDF is."""

    state = serializers.ChoiceField(choices=PdfState.choices)

    class Meta:
        model = PdfFile
        fields = ("state", "version", "requested_at")


class PdfComing(serializers.Serializer[PdfFile]):
    """The answer while the PDF is being made."""

    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    pdf = PdfProgress()


class PostmortemQuery(serializers.Serializer[Postmortem]):
    """Which postmortems a list holds."""

    state = Several(child=serializers.ChoiceField(choices=State.choices), required=False)
    service = serializers.SlugField(required=False, max_length=80, help_text="The slug of a service.")
    team = serializers.SlugField(required=False, max_length=80, help_text="The slug of the owning team.")
