from django.apps import AppConfig


class InsightsConfig(AppConfig):
    name = "insights"

    def ready(self) -> None:
        # models are loaded only now
        from insights import assertion_panels  # noqa: PLC0415
        from insights.asked_again import tell  # noqa: PLC0415
        from insights.panels import register_all  # noqa: PLC0415
        from insights.readiness import panels as readiness  # noqa: PLC0415
        from oncall import changes  # noqa: PLC0415

        register_all()
        assertion_panels.register_all()
        readiness.register_all()
        changes.register(tell)
