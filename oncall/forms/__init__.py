"""What people type about schedules, overrides and policies."""

from oncall.forms.overrides import OverrideEditor
from oncall.forms.policies import PolicyEditor
from oncall.forms.schedules import ScheduleEditor

__all__ = ["OverrideEditor", "PolicyEditor", "ScheduleEditor"]
