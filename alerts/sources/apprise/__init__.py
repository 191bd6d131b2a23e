"""What apprise posts for json:// and form:// addresses."""
