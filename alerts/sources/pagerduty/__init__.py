"""PagerDuty Events API v2: triggers, acknowledgements, resolves and change events."""
