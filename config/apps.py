from __future__ import annotations

from typing import Any

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    name = "config"
    label = "config"

    def ready(self) -> None:
        """Browsers are told of every change after its commit."""
        from incidents.signals import changed  # noqa: PLC0415 - models are not loaded earlier

        changed.connect(_hint, dispatch_uid="config.live")


def _hint(*, incident_ids: list[int], **_: Any) -> None:
    from lib.wake import hints  # noqa: PLC0415 - as above

    hints("incident", incident_ids)
