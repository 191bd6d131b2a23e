"""Being on call as the API shows it, and what it takes: a module by noun."""

from oncall.serializers.duties import DutyQuery, DutySerializer, ScheduleBrief

__all__ = ["DutyQuery", "DutySerializer", "ScheduleBrief"]
