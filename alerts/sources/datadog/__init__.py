"""Datadog's webhooks, with the payload that our set-up page gives."""
