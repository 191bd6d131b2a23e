"""GoAlert's generic API: a summary, details, an action, as a form or JSON."""
