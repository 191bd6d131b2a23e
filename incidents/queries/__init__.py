"""Reads about incidents that span models."""
