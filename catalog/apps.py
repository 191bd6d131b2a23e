from django.apps import AppConfig


class CatalogConfig(AppConfig):
    name = "catalog"

    def ready(self) -> None:
        from catalog.panels import register_all  # noqa: PLC0415 - models are loaded only now

        register_all()
