"""Alertmanager webhook, version 4, and Grafana alerting, which sends the same and more."""
