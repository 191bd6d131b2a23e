"""Which of apprise's services may be used: those whose plugin speaks by `requests` alone.

A list of what may, not of what may not: what a newer apprise adds is refused until somebody has looked at it. Left
out are plugins that touch this machine (files, syslog, D-Bus, windows), that use sockets of their own (SMTP, MQTT,
IRC, XMPP …), that read a file or an address as a template or a key, and those that Tocsin has a better channel for.
tests/notifications/chats/test_apprise.py holds the list to that by reading the plugins' imports.
"""

from __future__ import annotations

_NAMES = """
africas_talking apprise_api bark betterstack brevo bulksms bulkvs burstsms chanify clickatell clicksend cliq cm
custom_form custom_json custom_xml d7networks dapnet dingtalk dot eight00com emby enigma2 evolution exotel feishu
firehydrant flock flowtriq fluxer fortysixelks freemobile github goalert google_chat gorush gotify groundmail groupme
gupshup home_assistant httpsms humhub ifttt ilert incidentio infobip jira join kakaotalk kaleyra kavenegar kodi kook
kumulos lametric lark lauther lfgalarm line mailersend mailgun mastodon mattermost messagebird misskey mobilemessage
msg91 nextcloud nextcloudtalk notica notifiarr notifico notifyre octopush office365 one_signal opsgenie pagerduty
pagertree parseplatform pinglet pingram plivo postmark prowl pushbullet pushdeer pushed pushjet pushme pushover
pushplus pushsafer pushward pushy qq reddit resend revolt ringcentral rocketchat ryver sendgrid sendpulse serverchan
serwersms ses seven sfr signal_api signalgrid signl4 simplepush sinch smsc smseagle smsmanager smstunnel smtp2go sns
sparkpost spike splunk spugpush squadcast stackfield streamlabs synology techuluspush telesign telnyx threema trigv
twilio twist twitter viber voipms vonage webexteams wechat wecombot whapi whatsapp wpush wxpusher xmatters youlmk
zalo zoom zulip
"""
PLUGINS = frozenset(_NAMES.split())

# Schemas whose first part is the name of a server; in all others it may be a key, which nobody is shown.
_HOSTED = """
apprise bark emby enigma2 form goalert gorush gotify hassio humhub json kodi misskey mmost ncloud nctalk parsep pjet
rocket signal smseagle synology xml
"""
HOSTED = frozenset(schema + ending for schema in _HOSTED.split() for ending in ("", "s"))
