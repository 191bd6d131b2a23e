"""Addresses of my page, contact methods, rules and invitations."""

from django.urls import include, path

from notifications.views import invitations, ledger, me, methods, providers, rules

app_name = "notifications"
urlpatterns = [
    path(".well-known/tocsin-ledger.pem", ledger.ledger_key, name="ledger-key"),
    path("me/", me.me, name="me"),
    path("me/methods/new/", methods.choose, name="method-choose"),
    path("me/methods/new/<slug:name>/", methods.new, name="method-new"),
    path("me/methods/<int:pk>/verify/", methods.verify, name="method-verify"),
    path("me/methods/<int:pk>/code/", methods.code, name="method-code"),
    path("me/methods/<int:pk>/test/", methods.test, name="method-test"),
    path("me/methods/<int:pk>/remove/", methods.remove, name="method-remove"),
    path("me/methods/<int:pk>/throttle/", methods.throttle, name="method-throttle"),
    path("me/quiet/", rules.quiet, name="quiet"),
    path("settings/channels/", providers.every, name="providers"),
    path("settings/channels/telegram/register/", providers.register, name="provider-register"),
    path("settings/channels/fallback/test/", providers.try_fallback, name="fallback-test"),
    path("settings/channels/<slug:name>/", providers.one, name="provider"),
    path("settings/channels/<slug:name>/remove/", providers.remove, name="provider-remove"),
    path("me/rules/<slug:urgency>/", rules.add, name="rule-add"),
    path("me/rules/<int:pk>/move/", rules.move, name="rule-move"),
    path("me/rules/<int:pk>/remove/", rules.remove, name="rule-remove"),
    path("people/invite/", invitations.invite, name="invite"),
    path("people/<int:pk>/invite/", invitations.invite_again, name="invite-again"),
    path("welcome/<slug:uid>/<slug:token>/", invitations.welcome, name="welcome"),
    path("", include("notifications.transports.push.page_urls")),
    path("hooks/push/", include("notifications.transports.push.urls")),
    path("me/telegram/", include("notifications.transports.telegram.page_urls")),
    path("hooks/ntfy/", include("notifications.transports.ntfy.urls")),
    path("hooks/mattermost/", include("notifications.transports.mattermost.urls")),
    path("hooks/telegram/", include("notifications.transports.telegram.urls")),
    path("hooks/sms/", include("notifications.transports.sms.urls")),
    path("hooks/voice/", include("notifications.transports.voice.urls")),
    path("hooks/slack/", include("notifications.transports.slack.urls")),
]
