"""Addresses of hand-off notes."""

from django.urls import path

from insights.views import handoffs

app_name = "insights"
urlpatterns = [
    path("oncall/handoffs/", handoffs.handoffs, name="handoffs"),
    path("oncall/handoffs/<int:pk>/", handoffs.handoff, name="handoff"),
    path("oncall/handoffs/<int:pk>/remark/", handoffs.remark, name="handoff-remark"),
    path("me/mails/", handoffs.mail_choice, name="mail-choice"),
]
