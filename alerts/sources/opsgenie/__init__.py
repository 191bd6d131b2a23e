"""Opsgenie's Alert API version 2 and its heartbeats."""
