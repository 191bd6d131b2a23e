"""Every address, by app. Machines' paths have no trailing slash and never redirect."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from config.devmail import mail_html, mails
from config.metrics import metrics
from config.operations import readyz

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("incidents.urls")),
    path("", include("oncall.urls")),
    path("", include("catalog.urls")),
    path("", include("accounts.urls")),
    path("", include("notifications.urls")),
    path("", include("alerts.urls")),
    path("", include("statuspage.urls")),
    path("", include("postmortems.urls")),
    path("", include("insights.urls")),
    path("account/", include("allauth.account.urls")),
    path("admin/", admin.site.urls),
    path("api/", include("config.api")),
    path("dev/mail", mails, name="dev-mail"),
    path("dev/mail/<str:name>", mail_html, name="dev-mail-html"),
    path("metrics", metrics, name="metrics"),
    path("readyz", readyz, name="readyz"),
]

# Below /api/ the answers are problem documents, elsewhere Django's own.
handler400 = "config.problems.bad_request"
handler500 = "config.problems.server_error"
