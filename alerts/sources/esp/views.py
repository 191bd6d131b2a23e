"""django-anymail's own webhook views, one for each provider, made for one integration's secret.

Only their checks and their parsing are used: the request never reaches a URLconf, and no signal is sent. Amazon SES is
not among them, since anymail needs boto3 for it.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from typing import Any

from anymail.webhooks.base import AnymailBaseWebhookView
from anymail.webhooks.mailgun import MailgunInboundWebhookView
from anymail.webhooks.mailjet import MailjetInboundWebhookView
from anymail.webhooks.mandrill import MandrillCombinedWebhookView
from anymail.webhooks.postal import PostalInboundWebhookView
from anymail.webhooks.postmark import PostmarkInboundWebhookView
from anymail.webhooks.sendgrid import SendGridInboundWebhookView
from anymail.webhooks.sparkpost import SparkPostInboundWebhookView
from django.core.handlers.wsgi import WSGIRequest

from alerts.sources.base import Arrived

UNSET = "-"  # stands in where a view insists on a secret; nothing is checked against it


class _Mailjet(MailjetInboundWebhookView):  # type: ignore[misc]  # the library has no types
    warn_if_no_basic_auth = False  # the address itself is a secret


class _Postmark(PostmarkInboundWebhookView):  # type: ignore[misc]  # the same
    warn_if_no_basic_auth = False


class _SparkPost(SparkPostInboundWebhookView):  # type: ignore[misc]  # the same
    warn_if_no_basic_auth = False


class _SendGrid(SendGridInboundWebhookView):  # type: ignore[misc]  # the same
    warn_if_no_basic_auth = False

    def __init__(self, **kwargs: Any) -> None:
        """Without the warning that nobody tests it against SendGrid any more: recorded requests do."""
        AnymailBaseWebhookView.__init__(self, **kwargs)


def _basic(view: Callable[..., Any]) -> Callable[[str, str], Any]:
    return lambda secret, _url: view(webhook_secret=secret)


MAKE: Mapping[str, Callable[[str, str], Any]] = {
    "mailgun": lambda secret, _url: MailgunInboundWebhookView(
        webhook_signing_key=secret or UNSET, webhook_secret=[]
    ),
    "mailjet": _basic(_Mailjet),
    "mandrill": lambda secret, url: MandrillCombinedWebhookView(
        webhook_key=secret or UNSET, webhook_url=url, webhook_secret=[]
    ),
    "postal": lambda secret, _url: PostalInboundWebhookView(webhook_key=secret or UNSET, webhook_secret=[]),
    "postmark": _basic(_Postmark),
    "sendgrid": _basic(_SendGrid),
    "sparkpost": _basic(_SparkPost),
}
"""By the provider's word in the address: a view for a secret, which is a signing key or "user:password", and the URL
that the provider posts to."""

LABELS: Mapping[str, str] = {
    "mailgun": "Mailgun",
    "mailjet": "Mailjet",
    "mandrill": "Mandrill",
    "postal": "Postal",
    "postmark": "Postmark",
    "sendgrid": "SendGrid",
    "sparkpost": "SparkPost",
}


def request_of(arrived: Arrived) -> WSGIRequest:
    """The request as Django's views know it."""
    headers = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in arrived.headers.items()}
    environ = {
        **headers,
        "REQUEST_METHOD": arrived.method,
        "PATH_INFO": "/",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "CONTENT_TYPE": arrived.headers.get("content-type", ""),
        "CONTENT_LENGTH": str(len(arrived.body)),
        "wsgi.input": io.BytesIO(arrived.body),
    }
    request = WSGIRequest(environ)
    # Read already, within the gate's own limit, which is above the one of forms.
    request._body = arrived.body
    return request
