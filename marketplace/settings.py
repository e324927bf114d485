"""Every setting; what differs between machines comes from the environment, and only as addresses, names and keys."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path

import environ
import structlog
from csp.constants import NONCE, NONE, SELF

from marketplace.embedded import locations
from marketplace.embedded.secret_key import own_fernet_key, own_secret_key

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
environ.Env.read_env(BASE_DIR / ".env", overwrite=False)

VAR_DIR = Path(env.str("SUANSHI_VAR", default=str(BASE_DIR / "var"))).resolve()
NODE_MODULES = BASE_DIR / "node_modules"

# Access details of deliveries are encrypted under the first; the others still open what they sealed.
ACCESS_KEYS = env.list("ACCESS_KEYS", default=[]) or [own_fernet_key(VAR_DIR / "access_key")]

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY", default="") or own_secret_key(VAR_DIR / "secret_key")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
ROOT_URLCONF = "marketplace.urls"
ASGI_APPLICATION = "marketplace.asgi.application"

INSTALLED_APPS = [
    "marketplace",
    "marketplace.accounts",
    "marketplace.offers",
    "marketplace.web",
    "marketplace.api",
    "marketplace.demo",
    "billing",
    "matching",
    "django.contrib.admin.apps.SimpleAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "csp",
    "django_filters",
    "django_htmx",
    "template_partials",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "marketplace.accounts.acting.ActingMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "marketplace.web.middleware.time_zone_middleware",
    "marketplace.web.busy.BusyMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "csp.context_processors.nonce",
                "django.template.context_processors.i18n",
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "marketplace.web.context.page",
            ],
        },
    }
]

# Database: PostgreSQL, embedded under VAR_DIR unless DATABASE_URL names another.
EMBEDDED_POSTGRES_DIR = None if "DATABASE_URL" in os.environ else VAR_DIR / "postgres"
DATABASES = {
    "default": {
        **env.db_url("DATABASE_URL", default=locations.database_url(VAR_DIR / "postgres")),
        "ATOMIC_REQUESTS": False,
        "CONN_MAX_AGE": 0,  # the pool keeps connections
    }
}
DATABASES["default"]["OPTIONS"] = {
    **DATABASES["default"].get("OPTIONS", {}),
    "prepare_threshold": 0,  # of matching/prepared.py alone: Django's own cursors prepare nothing
    "pool": {"min_size": 0, "max_size": env.int("DATABASE_POOL_MAX", default=16), "timeout": 10},
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {"default": env.cache_url("CACHE_URL", default="locmemcache://suanshi")}

# Languages and time. Stored and computed in UTC; pages show the visitor's choice.
USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = True
LANGUAGE_CODE = "en"
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / house / "locale" for house in ("marketplace", "billing", "matching")]
LANGUAGE_COOKIE_NAME = "language"
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
LANGUAGE_COOKIE_SAMESITE = "Lax"

# Static files: ours, and the packages of package.json below /static/vendor/.
STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS: list[Path | tuple[str, Path]] = [
    BASE_DIR / "static",
    *(
        (f"vendor/{prefix}", NODE_MODULES / folder)
        for prefix, folder in (
            ("tabler/css", "@tabler/core/dist/css"),
            ("tabler/js", "@tabler/core/dist/js"),
            ("htmx", "htmx.org/dist"),
            ("echarts", "echarts/dist"),
            ("inter", "@fontsource-variable/inter"),
        )
        if (NODE_MODULES / folder).is_dir()
    ),
]
STATICFILES_FINDERS = [
    "marketplace.needed_files.NeededFilesFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = DEBUG
MEDIA_ROOT = VAR_DIR / "files"
ICONS_DIR = NODE_MODULES / "@tabler/icons/icons"  # outline/*.svg and filled/*.svg, placed inline by a template tag
PDF_FONT_DIRS = [
    NODE_MODULES / "@expo-google-fonts/noto-sans-sc",
    NODE_MODULES / "@expo-google-fonts/noto-serif-sc",
]

# People
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "start"
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_SIGNUP_FORM_CLASS = "marketplace.accounts.forms.SignupForm"
ACCOUNT_EMAIL_VERIFICATION = "optional"
ACCOUNT_EMAIL_SUBJECT_PREFIX = "[Suanshi] "
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Suanshi"

# Cookies and browser protection. HTTPS=1 where a proxy ends TLS in front of us.
HTTPS = env.bool("HTTPS", default=False)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = HTTPS
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        # Chart tooltips and progress bars set their size in a style attribute.
        "style-src-attr": ["'unsafe-inline'"],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

# REST
REST_FRAMEWORK = {
    "DEFAULT_SCHEMA_CLASS": "marketplace.api.schema.DescribedSchema",
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "marketplace.api.authentication.ApiKeyAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "URL_FORMAT_OVERRIDE": None,  # `format` of an address is a file's, and all else is JSON
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_PAGINATION_CLASS": "marketplace.api.pagination.NewestFirst",
    "EXCEPTION_HANDLER": "marketplace.api.problems.handle_exception",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Suanshi API",
    "DESCRIPTION": "The exchange for compute power: markets, orders, trades, holdings, invoices and settlement.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "marketplace.api.schema.add_problems",
    ],
    "ENUM_NAME_OVERRIDES": {
        "SideEnum": ["bid", "ask"],
        "OrderKindEnum": ["hourly", "block"],
        "MarketEventEnum": ["level", "trade", "top", "state", "auction"],
        "ContractStateEnum": ["open", "collecting", "halted", "closed"],
        "AskedStateEnum": "billing.models.Correction.State",
        "VersionStateEnum": "billing.models.Version.State",
        "ProgrammeStateEnum": "billing.models.VoucherProgramme.State",
        "SiteStateEnum": "marketplace.offers.models.SiteProfile.State",
        "CauseEnum": "billing.models.Invoice.Cause",
        "PowerSourceEnum": "marketplace.offers.models.SiteProfile.Power",
    },
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
}

# Requests that one web process serves at once; more wait. More than DATABASE_POOL_MAX, as not all of them use the database.
WEB_THREADS = env.int("WEB_THREADS", default=64)

# Order entry answers 503 while more commands than this wait in a link group's inbox.
INBOX_MAX = env.int("INBOX_MAX", default=20_000)

# Paying in by card, Alipay or WeChat Pay on Stripe's page is offered where both keys are set.
STRIPE_SECRET_KEY = env.str("STRIPE_SECRET_KEY", default="")
STRIPE_WEBHOOK_SECRET = env.str("STRIPE_WEBHOOK_SECRET", default="")
STRIPE_API_URL = env.str("STRIPE_API_URL", default="")  # Stripe's own unless it names another

# WebSocket connections that one web process takes.
LIVE_CONNECTIONS_MAX = env.int("LIVE_CONNECTIONS_MAX", default=2_000)

# Old months of the log as Parquet files. `archive_old_months` moves those away that are older than so many months; 0: never by itself.
ARCHIVE_DIR = Path(env.str("ARCHIVE_DIR", default=str(VAR_DIR / "archive")))
ARCHIVE_AFTER_MONTHS = env.int("ARCHIVE_AFTER_MONTHS", default=0)

# Jobs: kombu's filesystem broker under VAR_DIR unless CELERY_BROKER_URL names another.
CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", default="filesystem://localhost")
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# Threads, not children: a worker that outlives a child killed in the wrong moment keeps its message for ever and takes no other.
CELERY_WORKER_POOL = "threads"
CELERY_WORKER_CONCURRENCY = env.int("WORKER_THREADS", default=4)
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
if CELERY_BROKER_URL.startswith("filesystem:"):
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(VAR_DIR / "broker" / "queue"),
        "data_folder_out": str(VAR_DIR / "broker" / "queue"),
        "control_folder": str(VAR_DIR / "broker" / "control"),
        "polling_interval": 0.2,  # seconds
    }
    for _folder in ("queue", "control"):
        (VAR_DIR / "broker" / _folder).mkdir(parents=True, exist_ok=True)

# Seconds between two runs of each task. All find their own work, so a run too many changes nothing.
CELERY_BEAT_SCHEDULE = {
    "clear": {"task": "billing.clear", "schedule": 1.0, "options": {"expires": 5}},
    "settle": {"task": "billing.settle", "schedule": 30.0, "options": {"expires": 30}},
    "make months": {"task": "matching.make_months", "schedule": 3600.0, "options": {"expires": 3600}},
    "archive": {"task": "marketplace.archive_old_months", "schedule": 24 * 3600.0, "options": {"expires": 24 * 3600}},
    "scan patterns": {"task": "matching.scan_patterns", "schedule": 600.0, "options": {"expires": 600}},
    "prune events": {"task": "matching.prune_events", "schedule": 60.0, "options": {"expires": 60}},
    "renew standing offers": {
        "task": "marketplace.renew_standing_offers",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "list again": {"task": "marketplace.list_again", "schedule": 5.0, "options": {"expires": 10}},
    "keep reliability": {"task": "billing.keep_reliability", "schedule": 300.0, "options": {"expires": 300}},
    "seal": {"task": "billing.seal", "schedule": 300.0, "options": {"expires": 300}},
    "write report files": {"task": "billing.write_report_files", "schedule": 10.0, "options": {"expires": 10}},
    "mail reports": {"task": "marketplace.mail_reports", "schedule": 60.0, "options": {"expires": 60}},
    "check top-ups": {"task": "billing.check_top_ups", "schedule": 60.0, "options": {"expires": 60}},
    "apply credit limits": {"task": "billing.apply_credit_limits", "schedule": 60.0, "options": {"expires": 60}},
    "dun": {"task": "marketplace.dun", "schedule": 600.0, "options": {"expires": 600}},
    "issue invoices": {"task": "billing.issue_invoices", "schedule": 300.0, "options": {"expires": 300}},
}

# Mail: written to VAR_DIR/mail unless EMAIL_URL names a server.
vars().update(env.email_url("EMAIL_URL", default=f"filemail://{VAR_DIR / 'mail'}"))
SITE_URL = env.str("SITE_URL", default=f"http://127.0.0.1:{env.str('PORT', default='8000')}").rstrip(
    "/"
)  # of links in mails
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="Suanshi <no-reply@localhost>")

# Logs: one line an event, for people on a terminal and as JSON elsewhere.
LOG_LEVEL = env.str("LOG_LEVEL", default="INFO")
_shared_processors: list[structlog.typing.Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]
_renderer: structlog.typing.Processor = (
    structlog.processors.JSONRenderer(ensure_ascii=False)
    if env.str("LOG_FORMAT", default="") == "json"
    # The pretty tracebacks, with every local variable, take minutes of a processor where a local is large.
    else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback)
)
structlog.configure(
    processors=[
        structlog.stdlib.filter_by_level,
        *_shared_processors,
        structlog.processors.format_exc_info,
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": structlog.stdlib.ProcessorFormatter,
            "foreign_pre_chain": _shared_processors,
            "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, _renderer],
        }
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        **{house: {"level": LOG_LEVEL} for house in ("marketplace", "billing", "matching", "uvicorn.error", "celery")},
        # A line for each of the tasks that run every second says nothing.
        **{name: {"level": "WARNING"} for name in ("celery.beat", "celery.app.trace", "celery.worker.strategy")},
    },
}
logging.captureWarnings(True)
