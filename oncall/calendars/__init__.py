"""Calendars that are read (feeds) and calendars that are offered (links). docs/calendars.md tells what of both."""
