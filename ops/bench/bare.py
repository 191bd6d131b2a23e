"""The yardstick: a bare Django with one view that does `select 1`, on the same server program, pool and database."""

from config.settings import *  # noqa: F403 - the same settings but for what follows

INSTALLED_APPS = []
MIDDLEWARE = ["django.middleware.security.SecurityMiddleware", "django.middleware.common.CommonMiddleware"]
TEMPLATES = []
AUTHENTICATION_BACKENDS = []
ROOT_URLCONF = "ops.bench.bare_urls"
