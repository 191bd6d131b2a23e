"""Addresses of integrations, events and alerts for people. Where tools post stands in alerts/views/intake.py."""

from django.urls import path

from alerts.views import alerts, changes, heartbeat_changes, heartbeats, merging, pages

app_name = "alerts"
urlpatterns = [
    path("integrations/", pages.integrations, name="integrations"),
    path("integrations/rows/", pages.rows, name="integration-rows"),
    path("integrations/new/", changes.choose, name="integration-choose"),
    path("integrations/new/<slug:kind>/", changes.new, name="integration-new"),
    path("integrations/<int:pk>/", pages.integration, name="integration"),
    path("integrations/<int:pk>/came/", pages.came, name="integration-came"),
    path("integrations/<int:pk>/settings/", changes.settings, name="integration-settings"),
    path("integrations/<int:pk>/renew/", changes.renew, name="integration-renew"),
    path("integrations/<int:pk>/disable/", changes.disable, name="integration-disable"),
    path("integrations/<int:pk>/enable/", changes.enable, name="integration-enable"),
    path("integrations/<int:pk>/file/", pages.file, name="integration-file"),
    path("integrations/<int:pk>/test/", changes.send_test, name="integration-test"),
    path("integrations/<int:pk>/fire/", changes.fire, name="integration-fire"),
    path("integrations/<int:pk>/events/<int:event_pk>/", pages.event, name="event"),
    path("integrations/<int:pk>/events/<int:event_pk>/body/", pages.body, name="event-body"),
    path("integrations/<int:pk>/heartbeats/new/", heartbeat_changes.new_behind, name="heartbeat-behind"),
    path("heartbeats/", heartbeats.heartbeats, name="heartbeats"),
    path("heartbeats/rows/", heartbeats.rows, name="heartbeat-rows"),
    path("heartbeats/new/", heartbeat_changes.new, name="heartbeat-new"),
    path("heartbeats/<int:pk>/", heartbeats.heartbeat, name="heartbeat"),
    path("heartbeats/<int:pk>/live/", heartbeats.live, name="heartbeat-live"),
    path("heartbeats/<int:pk>/edit/", heartbeat_changes.edit, name="heartbeat-edit"),
    path("heartbeats/<int:pk>/pause/", heartbeat_changes.pause, name="heartbeat-pause"),
    path("heartbeats/<int:pk>/resume/", heartbeat_changes.resume, name="heartbeat-resume"),
    path("heartbeats/<int:pk>/renew/", heartbeat_changes.renew, name="heartbeat-renew"),
    path("heartbeats/<int:pk>/remove/", heartbeat_changes.remove, name="heartbeat-remove"),
    path("incidents/<int:number>/alerts/", alerts.of_incident, name="incident-alerts"),
    path("incidents/<int:number>/merge/", merging.merge, name="incident-merge"),
    path("incidents/<int:number>/split/", merging.split, name="incident-split"),
    path("incidents/<int:number>/alerts/panel/", alerts.panel, name="incident-panel"),
    path("alerts/", alerts.alerts, name="alerts"),
    path("alerts/rows/", alerts.rows, name="alert-rows"),
    path("alerts/<int:pk>/", alerts.alert, name="alert"),
    path("alerts/<int:pk>/raw/", alerts.raw, name="alert-raw"),
]
