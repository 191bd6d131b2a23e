"""The kinds that speak for one vendor's alerting each, in the order in which they are offered."""

from alerts.sources.azure.kind import KIND as AZURE
from alerts.sources.datadog.kind import KIND as DATADOG
from alerts.sources.gcp.kind import KIND as GCP
from alerts.sources.goalert.kind import KIND as GOALERT
from alerts.sources.grafana.kind import KIND as GRAFANA
from alerts.sources.kinds import Kind
from alerts.sources.newrelic.kind import KIND as NEWRELIC
from alerts.sources.oncall_webhook.kind import KIND as ONCALL_WEBHOOK
from alerts.sources.sentry.kind import KIND as SENTRY
from alerts.sources.sns.kind import KIND as SNS

__all__ = ["VENDORS"]

VENDORS: tuple[Kind, ...] = (GRAFANA, DATADOG, SNS, GCP, AZURE, SENTRY, NEWRELIC, ONCALL_WEBHOOK, GOALERT)
