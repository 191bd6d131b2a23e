"""Mail, from our own SMTP listener or from a provider's webhook: read once into a letter, then like any source."""
