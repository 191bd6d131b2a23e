from __future__ import annotations

from typing import Any

from django.apps import AppConfig


class AlertsConfig(AppConfig):
    name = "alerts"

    def ready(self) -> None:
        """Alerts of a closed incident close soon after; at the latest when their key fires again (alerts.batch).

        Pages of the layers below get their panels.
        """
        from alerts.panels import register_all  # noqa: PLC0415 - models are not loaded earlier
        from incidents.signals import changed  # noqa: PLC0415 - as above

        changed.connect(_on_change, dispatch_uid="alerts.close")
        register_all()


def _on_change(*, incident_ids: list[int], what: str, **_: Any) -> None:
    from django.utils import timezone  # noqa: PLC0415 - as above

    from alerts.actions.closing import close_alerts_of  # noqa: PLC0415 - as above

    if what == "closed":
        close_alerts_of(incident_ids=incident_ids, now=timezone.now())
