from django.apps import AppConfig


class InsightsConfig(AppConfig):
    name = "insights"

    def ready(self) -> None:
        from insights.panels import register_all  # noqa: PLC0415 - models are loaded only now

        register_all()
