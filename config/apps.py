from django.apps import AppConfig


class ConfigConfig(AppConfig):
    name = "config"
    label = "config"

    def ready(self) -> None:
        """Pass on what changed to the event stream."""
        from config.receivers import tell_browsers  # noqa: PLC0415 - models are not loaded earlier
        from incidents.signals import changed  # noqa: PLC0415 - as above

        changed.connect(tell_browsers, dispatch_uid="config.live")
