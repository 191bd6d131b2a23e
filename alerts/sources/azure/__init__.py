"""Azure Monitor: the common alert schema, and what comes without it."""
