"""Grafana alerting: the webhook contact point, and the body of Grafana 7 and before."""
