"""Addresses of who is on call, schedules and escalation policies."""

from django.urls import path

from oncall.views import (
    absences,
    calendars,
    covers,
    feeds,
    now,
    overrides,
    policies,
    reports,
    schedule_editor,
    schedules,
)

app_name = "oncall"
urlpatterns = [
    path("oncall/", now.now, name="now"),
    path("oncall/schedules/", schedules.schedules, name="schedules"),
    path("oncall/schedules/new/", schedule_editor.new, name="schedule-new"),
    path("oncall/schedules/preview/", schedule_editor.preview, name="schedule-preview"),
    path("oncall/schedules/<int:pk>/", schedules.schedule, name="schedule"),
    path("oncall/schedules/<int:pk>/edit/", schedule_editor.edit, name="schedule-edit"),
    path("oncall/schedules/<int:pk>/preview/", schedule_editor.preview, name="schedule-preview"),
    path("oncall/schedules/<int:pk>/undo/", schedule_editor.undo, name="schedule-undo"),
    path("oncall/schedules/<int:pk>/delete/", schedule_editor.delete, name="schedule-delete"),
    path("oncall/schedules/<int:pk>/overrides/new/", overrides.new, name="override-new"),
    path(
        "oncall/schedules/<int:pk>/overrides/<int:override_pk>/withdraw/",
        overrides.withdraw,
        name="override-withdraw",
    ),
    path("oncall/covers/", covers.covers, name="covers"),
    path("oncall/covers/new/", covers.new, name="cover-new"),
    path("oncall/covers/<int:pk>/", covers.cover, name="cover"),
    path("oncall/covers/<int:pk>/accept/", covers.accept, name="cover-accept"),
    path("oncall/covers/<int:pk>/decline/", covers.decline, name="cover-decline"),
    path("oncall/covers/<int:pk>/withdraw/", covers.withdraw, name="cover-withdraw"),
    path("oncall/absences/new/", absences.new, name="absence-new"),
    path("oncall/absences/<int:pk>/edit/", absences.edit, name="absence-edit"),
    path("oncall/absences/<int:pk>/withdraw/", absences.withdraw, name="absence-withdraw"),
    path("oncall/reports/", reports.cover, name="reports"),
    path("oncall/reports/load/", reports.load, name="report-load"),
    path("oncall/reports/hours.csv", reports.hours, name="report-hours"),
    path("calendars/<str:token>.ics", calendars.calendar, name="calendar"),
    path("oncall/calendar-links/", calendars.links, name="calendar-links"),
    path("oncall/calendar-links/<int:pk>/revoke/", calendars.link_revoke, name="calendar-link-revoke"),
    path("oncall/calendars/new/", feeds.new, name="feed-new"),
    path("oncall/calendars/<int:pk>/", feeds.feed, name="feed"),
    path("oncall/calendars/<int:pk>/refresh/", feeds.refresh, name="feed-refresh"),
    path("oncall/calendars/<int:pk>/remove/", feeds.remove, name="feed-remove"),
    path("oncall/policies/", policies.policies, name="policies"),
    path("oncall/policies/new/", policies.new, name="policy-new"),
    path("oncall/policies/<int:pk>/", policies.policy, name="policy"),
    path("oncall/policies/<int:pk>/edit/", policies.edit, name="policy-edit"),
    path("oncall/policies/<int:pk>/delete/", policies.delete, name="policy-delete"),
]
