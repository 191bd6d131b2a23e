from django.apps import AppConfig


class OncallConfig(AppConfig):
    name = "oncall"

    def ready(self) -> None:
        # models are loaded only now
        from oncall.calendars import panels as calendars  # noqa: PLC0415
        from oncall.drills import answering, panels  # noqa: PLC0415
        from oncall.panels import register_all  # noqa: PLC0415

        register_all()
        calendars.register_all()
        panels.register_all()
        answering.register_all()
