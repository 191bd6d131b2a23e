"""What serves the yardstick: Django without any of Tocsin."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ops.bench.bare")
application = get_wsgi_application()
