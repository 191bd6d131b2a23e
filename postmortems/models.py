"""Filled in by this app."""
