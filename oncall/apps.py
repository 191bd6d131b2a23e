from django.apps import AppConfig


class OncallConfig(AppConfig):
    name = "oncall"

    def ready(self) -> None:
        from oncall.panels import register_all  # noqa: PLC0415 - models are loaded only now

        register_all()
