"""Readiness, for machines."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from insights.readiness.findings import Finding, Kind, Report


class SubjectShown(serializers.Serializer[Any]):
    """What a finding is about; a channel has no id."""

    type = serializers.ChoiceField(choices=["policy", "user", "schedule", "channel"])
    id = serializers.IntegerField(allow_null=True)
    name = serializers.CharField()


class FindingShown(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=[kind.value for kind in Kind])
    is_grave = serializers.BooleanField(help_text="It could cost a page; otherwise something is only thin.")
    subject = SubjectShown()
    text = serializers.CharField(allow_blank=True)
    next_step = serializers.CharField()
    path = serializers.CharField(allow_blank=True, help_text="The page on which that is done.")


class ReadinessShown(serializers.Serializer[Any]):
    checked_at = serializers.DateTimeField()
    is_ready = serializers.BooleanField(help_text="Nothing is found that could cost a page.")
    people = serializers.IntegerField(help_text="People in schedules, policies and teams.")
    policies = serializers.IntegerField(help_text="Policies that services use.")
    findings = FindingShown(many=True, help_text="The worst first.")


def shown(report: Report) -> dict[str, Any]:
    """The body of the answer."""
    grave = set(map(id, report.grave))
    body = {
        "checked_at": report.now,
        "is_ready": report.is_ready,
        "people": report.people,
        "policies": report.policies,
        "findings": [_finding(each, id(each) in grave) for each in report.findings],
    }
    return dict(ReadinessShown(body).data)


def _finding(each: Finding, is_grave: bool) -> dict[str, Any]:
    return {
        "kind": each.kind.value,
        "is_grave": is_grave,
        "subject": {"type": each.subject, "id": each.subject_id, "name": each.name},
        "text": each.text,
        "next_step": each.next_step,
        "path": each.url,
    }
