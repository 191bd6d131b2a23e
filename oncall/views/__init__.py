"""Pages of who is on call, schedules, overrides and escalation policies."""
