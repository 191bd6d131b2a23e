from contextlib import suppress

from django.apps import AppConfig
from django.db import connection
from django.db.models.signals import post_migrate
from django.utils import timezone

from lib.sealing import BadSeal


def make_keys(**_of_signal: object) -> None:
    """The installation's own keys, once their table is there; those of another SECRET_KEY are left as they are."""
    from notifications import keys  # noqa: PLC0415 - models are not loaded earlier
    from notifications.ledger import signing  # noqa: PLC0415 - as above
    from notifications.models import SigningKey  # noqa: PLC0415 - as above

    if SigningKey._meta.db_table not in connection.introspection.table_names():
        return
    now = timezone.now()
    for make in (keys.vapid_keys, signing.make_key):
        with suppress(BadSeal):
            make(now)


class NotificationsConfig(AppConfig):
    name = "notifications"

    def ready(self) -> None:
        # Panels know models, which exist only from here on.
        from notifications import panels, transports  # noqa: PLC0415
        from notifications.models import ContactMethod  # noqa: PLC0415

        post_migrate.connect(make_keys, sender=self, dispatch_uid="notifications.keys")
        panels.register()
        ContactMethod.show = staticmethod(transports.shown)
