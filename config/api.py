"""Every address below /api/."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path, re_path
from drf_spectacular.views import SpectacularSwaggerSplitView
from rest_framework.permissions import AllowAny
from rest_framework.routers import SimpleRouter

from accounts.api import TeamViewSet, UserViewSet
from alerts.api import AlertViewSet
from alerts.heartbeat_api import HeartbeatViewSet
from alerts.integration_api import IntegrationViewSet
from alerts.merging_api import MergingViewSet
from alerts.mute_api import MuteViewSet
from alerts.route_api import RouteViewSet
from catalog.api import ServiceViewSet
from catalog.change_api import ChangeViewSet
from config.problems import Unknown
from config.schema import SchemaView
from incidents.api import IncidentViewSet
from insights.api import (
    AskingOnCallViewSet,
    AssertionViewSet,
    NoiseViewSet,
    OperationsViewSet,
    ReadinessViewSet,
)
from notifications.api import MyMethodViewSet, MyQuietHoursView, MyRuleViewSet
from oncall.api import (
    AbsenceViewSet,
    CalendarFeedViewSet,
    CalendarLinkViewSet,
    CoverRequestViewSet,
    PolicyViewSet,
    ReportViewSet,
    ScheduleViewSet,
)
from postmortems.api import PostmortemViewSet

router = SimpleRouter(trailing_slash=False)
router.register("incidents", IncidentViewSet, basename="incident")
router.register("incidents", MergingViewSet, basename="merging")
router.register("alerts", AlertViewSet, basename="alert")
router.register("integrations", IntegrationViewSet, basename="integration")
router.register("heartbeats", HeartbeatViewSet, basename="heartbeat")
router.register("routes", RouteViewSet, basename="route")
router.register("mutes", MuteViewSet, basename="mute")
router.register("services", ServiceViewSet, basename="service")
router.register("changes", ChangeViewSet, basename="change")
router.register("oncall", AskingOnCallViewSet, basename="oncall")
router.register("schedules", ScheduleViewSet, basename="schedule")
router.register("policies", PolicyViewSet, basename="policy")
router.register("absences", AbsenceViewSet, basename="absence")
router.register("cover-requests", CoverRequestViewSet, basename="cover-request")
router.register("calendar-feeds", CalendarFeedViewSet, basename="calendar-feed")
router.register("calendar-links", CalendarLinkViewSet, basename="calendar-link")
router.register("reports", ReportViewSet, basename="report")
router.register("assertions", AssertionViewSet, basename="assertion")
router.register("operations", OperationsViewSet, basename="operations")
router.register("noise", NoiseViewSet, basename="noise")
router.register("readiness", ReadinessViewSet, basename="readiness")
router.register("postmortems", PostmortemViewSet, basename="postmortem")
router.register("me/methods", MyMethodViewSet, basename="my-method")
router.register("me/rules", MyRuleViewSet, basename="my-rule")
router.register("users", UserViewSet, basename="user")
router.register("teams", TeamViewSet, basename="team")


class DocsView(SpectacularSwaggerSplitView):
    """The API's reference in the browser; all of it comes from here."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    url_name = "api-schema"
    template_name = "config/api_docs.html"
    title = "Tocsin API"


urlpatterns: list[URLPattern | URLResolver] = [
    path("v1/", include(router.urls)),
    path("v1/me/quiet-hours", MyQuietHoursView.as_view(), name="my-quiet-hours"),
    path("schema", SchemaView.as_view(), name="api-schema"),
    path("docs", DocsView.as_view(), name="api-docs"),
    re_path("", Unknown.as_view()),
]
