"""The on-call side of the API, over the same actions as the pages: a module by noun."""

from oncall.api.absences import AbsenceViewSet
from oncall.api.calendars import CalendarFeedViewSet, CalendarLinkViewSet
from oncall.api.covers import CoverRequestViewSet
from oncall.api.duties import OnCallViewSet
from oncall.api.policies import PolicyViewSet
from oncall.api.reports import ReportViewSet
from oncall.api.schedules import ScheduleViewSet

__all__ = [
    "AbsenceViewSet",
    "CalendarFeedViewSet",
    "CalendarLinkViewSet",
    "CoverRequestViewSet",
    "OnCallViewSet",
    "PolicyViewSet",
    "ReportViewSet",
    "ScheduleViewSet",
]
