from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "notifications"

    def ready(self) -> None:
        # Panels know models, which exist only from here on.
        from notifications import panels, transports  # noqa: PLC0415
        from notifications.models import ContactMethod  # noqa: PLC0415

        panels.register()
        ContactMethod.show = staticmethod(transports.shown)
