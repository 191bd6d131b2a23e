"""Mail through a provider's webhook, read by django-anymail."""
