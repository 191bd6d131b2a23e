"""Every knob of Tocsin comes from the environment; each has a default that is safe in production.

docs/running.md lists them. `bin/up` sets what a first look on one machine needs.
"""

from ipaddress import ip_network
from pathlib import Path
from typing import Any

import environ
import structlog
from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from config.logs import without_secrets
from config.openapi import SPECTACULAR

env = environ.Env()
BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = Path(env.str("TOCSIN_DATA_DIR", default=str(BASE_DIR / "var")))

# --- Identity and secrets
SECRET_KEY = env.str("SECRET_KEY")
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
DEBUG = False
SITE_URL = env.str("TOCSIN_URL", default="http://127.0.0.1:8000").rstrip("/")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS = [SITE_URL]
ORGANISATION = env.str("TOCSIN_ORGANISATION", default="Tocsin")

# --- Applications, from the top layer down
INSTALLED_APPS = [
    "config",
    "insights",
    "postmortems",
    "statuspage",
    "alerts",
    "incidents",
    "catalog",
    "oncall",
    "notifications",
    "accounts",
    "lib",
    "allauth",
    "allauth.account",
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "csp",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "config.middleware.bare_paths",
    "config.middleware.read_as_utf8",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "accounts.middleware.reader_zone",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
# Machines post without a trailing slash and do not follow redirects.
APPEND_SLASH = False

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["lib.templatetags.tocsin", "django.templatetags.i18n"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "config.context.frame",
            ],
        },
    }
]

# --- Data
DATABASES = {"default": env.db_url("DATABASE_URL")}
DATABASES["default"]["ENGINE"] = "django.db.backends.postgresql"
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DATABASES["default"]["OPTIONS"] = {
    "connect_timeout": 3,
    "pool": {
        "min_size": env.int("TOCSIN_DB_POOL_MIN", default=1),
        "max_size": env.int("TOCSIN_DB_POOL_MAX", default=14),
        "timeout": 5,
        "max_idle": 60,
    },
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
REDIS_URL = env.str("REDIS_URL")
CACHES = {
    "default": {
        "BACKEND": "config.cache.ForgivingRedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "tocsin",
        "OPTIONS": {"socket_connect_timeout": 0.5, "socket_timeout": 0.5},
    }
}

# --- Work behind the pages
CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_TIME_LIMIT = 600
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# For ever: a worker that gives up would take its pumps with it.
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_TRANSPORT_OPTIONS = {
    # Nothing that must not be lost waits in the broker; these only shorten the wait after a worker's death.
    "visibility_timeout": 900,
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    "socket_connect_timeout": 1,
    "socket_timeout": 5,
    # A page that wakes a worker must not wait for a dead broker: the row is committed, the sweep finds it.
    "max_retries": 1,
    "retry_on_timeout": False,
}
CELERY_TASK_PUBLISH_RETRY = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
# Chores only: nothing that pages waits for beat.
CELERY_BEAT_SCHEDULE = {
    "read-calendars": {
        "task": "oncall.tasks.read_calendars",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "render-status-pages": {
        "task": "statuspage.tasks.render_pages",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "wake-waiting-pdfs": {
        "task": "postmortems.tasks.wake_waiting_pdfs",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "chase-covers": {
        "task": "oncall.tasks.chase_covers",
        "schedule": 600.0,
        "options": {"expires": 600},
    },
    "tell-of-gaps": {
        "task": "oncall.tasks.tell_of_gaps",
        "schedule": 3600.0,
        "options": {"expires": 3600},
    },
    "ask-assertions-again": {
        "task": "insights.tasks.ask_all_again",
        "schedule": 600.0,
        "options": {"expires": 600},
    },
    "count-alerts": {
        "task": "insights.tasks.count_alerts",
        "schedule": 600.0,
        "options": {"expires": 600},
    },
    "write-handoff-notes": {
        "task": "insights.tasks.write_handoff_notes",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "prune-lateness": {
        "task": "notifications.tasks.prune_lateness",
        "schedule": 3600.0,
        "options": {"expires": 3600},
    },
}

# --- People
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
ACCOUNT_ADAPTER = "notifications.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_RATE_LIMITS = {
    "login": "30/m/ip",
    "login_failed": "10/m/ip,5/5m/key",
    "reset_password": "20/m/ip,5/m/key",
}
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
LOGIN_REDIRECT_URL = "/"
LOGIN_URL = "account_login"
ACCOUNT_LOGOUT_REDIRECT_URL = "/account/login/"

# --- Mail
EMAIL = env.email_url("EMAIL_URL", default="smtp://127.0.0.1:25")
EMAIL_BACKEND = EMAIL["EMAIL_BACKEND"]
EMAIL_HOST = EMAIL["EMAIL_HOST"]
EMAIL_PORT = EMAIL["EMAIL_PORT"]
EMAIL_HOST_USER = EMAIL["EMAIL_HOST_USER"] or ""
EMAIL_HOST_PASSWORD = EMAIL["EMAIL_HOST_PASSWORD"] or ""
EMAIL_USE_TLS = EMAIL.get("EMAIL_USE_TLS", False)
EMAIL_USE_SSL = EMAIL.get("EMAIL_USE_SSL", False)
EMAIL_TIMEOUT = 5
DEFAULT_FROM_EMAIL = env.str("TOCSIN_FROM", default="Tocsin <tocsin@localhost>")
DEV_MAIL_DIR = env.str("TOCSIN_DEV_MAIL_DIR", default="")

# --- Outbound requests: private addresses are refused unless listed here
OUTBOUND_ALLOW = [str(ip_network(cidr)) for cidr in env.list("TOCSIN_OUTBOUND_ALLOW", default=[])]
OUTBOUND_PORTS = [int(port) for port in env.list("TOCSIN_OUTBOUND_PORTS", default=[])]

# --- Intake
INTAKE_MAX_BYTES = 512_000
# Mails to integrations: host and port of the listener, the domain of their addresses, and a certificate for STARTTLS.
INTAKE_MAIL_LISTEN = env.str("TOCSIN_MAIL_LISTEN", default="127.0.0.1:8025")
INTAKE_MAIL_DOMAIN = env.str("TOCSIN_MAIL_DOMAIN", default=SITE_URL.split("/")[2].partition(":")[0])
INTAKE_MAIL_MAX_BYTES = env.int("TOCSIN_MAIL_MAX_BYTES", default=10_000_000)
INTAKE_MAIL_TLS_CERT = env.str("TOCSIN_MAIL_TLS_CERT", default="")
INTAKE_MAIL_TLS_KEY = env.str("TOCSIN_MAIL_TLS_KEY", default="")
# Whole UTC days; alerts, incidents and their timelines stay.
EVENT_RETENTION_DAYS = env.int("TOCSIN_EVENT_RETENTION_DAYS", default=30)
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

# --- Live updates
LIVE_URL = env.str("TOCSIN_LIVE_URL", default="/live/events")

# --- Language and time
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# --- Static files
STATIC_URL = "/static/"
STATIC_ROOT = Path(env.str("TOCSIN_STATIC_ROOT", default=str(DATA_DIR / "static")))
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": DATA_DIR / "files"},
    },
    "staticfiles": {
        "BACKEND": env.str(
            "TOCSIN_STATIC_STORAGE", default="whitenoise.storage.CompressedManifestStaticFilesStorage"
        )
    },
}

# --- Browser security
SECURE_COOKIES = env.bool("TOCSIN_SECURE_COOKIES", default=True)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_COOKIES
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SECURE_HSTS_SECONDS = 31_536_000 if SECURE_COOKIES else 0
SECURE_PROXY_SSL_HEADER = (
    ("HTTP_X_FORWARDED_PROTO", "https") if env.bool("TOCSIN_BEHIND_PROXY", default=False) else None
)
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
SILENCED_SYSTEM_CHECKS = [
    "security.W005",  # HSTS for subdomains is for whoever owns the domain to decide, at the proxy
    "security.W008",  # the proxy redirects to HTTPS; here a redirect would lose monitoring tools' POSTs
    "security.W021",  # the same for the browsers' preload list
]
LIVE_ORIGIN = "/".join(LIVE_URL.split("/")[:3]) if LIVE_URL.startswith("http") else SELF
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF, LIVE_ORIGIN],
        "manifest-src": [SELF],
        "worker-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

# --- API
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "config.rest.BearerAuthentication",
        "config.rest.BrowserAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["config.rest.ReadOrRespond"],
    "DEFAULT_PAGINATION_CLASS": "config.rest.Pages",
    "DEFAULT_FILTER_BACKENDS": [],
    "DEFAULT_SCHEMA_CLASS": "config.describing.Described",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["config.rest.JSONBody"],
    "EXCEPTION_HANDLER": "config.problems.problem",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = SPECTACULAR

# --- Logs: one JSON object a line
LOG_LEVEL = env.str("TOCSIN_LOG_LEVEL", default="INFO")
_shared: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.stdlib.ExtraAdder(),
    structlog.processors.format_exc_info,
    without_secrets,
]
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {
            "()": structlog.stdlib.ProcessorFormatter,
            "processor": structlog.processors.JSONRenderer(),
            "foreign_pre_chain": _shared,
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {"django.security.DisallowedHost": {"level": "ERROR"}, "mail.log": {"level": "WARNING"}},
}
structlog.configure(
    processors=[*_shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)
