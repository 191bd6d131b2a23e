"""Addresses of hand-off notes, the simulator and what is expected of it, and of Operations."""

from django.urls import path

from insights.views import assertions, handoffs, noise, operations, readiness, simulator

app_name = "insights"
urlpatterns = [
    path("operations/", operations.operations, name="operations"),
    path("operations/ledger/", operations.ledger, name="operations-ledger"),
    path(
        "operations/people/<int:pk>/ledger.csv",
        operations.of_person,
        {"ending": "csv"},
        name="person-ledger-csv",
    ),
    path(
        "operations/people/<int:pk>/ledger.json",
        operations.of_person,
        {"ending": "json"},
        name="person-ledger-json",
    ),
    path("noise/", noise.noise, name="noise"),
    path("readiness/", readiness.readiness, name="readiness"),
    path("oncall/handoffs/", handoffs.handoffs, name="handoffs"),
    path("oncall/handoffs/<int:pk>/", handoffs.handoff, name="handoff"),
    path("oncall/handoffs/<int:pk>/remark/", handoffs.remark, name="handoff-remark"),
    path("me/mails/", handoffs.mail_choice, name="mail-choice"),
    path("oncall/simulator/", simulator.simulator, name="simulator"),
    path("oncall/assertions/", assertions.assertion_list, name="assertions"),
    path("oncall/assertions/new/", assertions.new, name="assertion-new"),
    path("oncall/assertions/<int:pk>/", assertions.assertion, name="assertion"),
    path("oncall/assertions/<int:pk>/edit/", assertions.edit, name="assertion-edit"),
    path("oncall/assertions/<int:pk>/delete/", assertions.delete, name="assertion-delete"),
]
