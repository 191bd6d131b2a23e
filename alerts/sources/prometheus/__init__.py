"""Alertmanager's API version 2, as Prometheus, amtool and Grafana speak it: we are an Alertmanager to them."""
