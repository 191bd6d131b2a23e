"""What people type about schedules, overrides and policies."""

from oncall.forms.overrides import OverrideForm
from oncall.forms.policies import PolicyEditor
from oncall.forms.schedules import ScheduleEditor

__all__ = ["OverrideForm", "PolicyEditor", "ScheduleEditor"]
