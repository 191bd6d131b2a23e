"""What granian serves: pages, the API and the intake, over WSGI; beside them each process watches over paging."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django_application = get_wsgi_application()

# The models are loaded only now.
from alerts import limits  # noqa: E402
from config import watching  # noqa: E402
from config.intake import intake_first  # noqa: E402

application = intake_first(django_application)
watching.start()
limits.start()
