"""Sentry: issues, issue alerts and metric alerts of an internal integration."""
