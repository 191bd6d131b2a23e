from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from incidents.signals import changed
from lib import panels


class StatuspageConfig(AppConfig):
    name = "statuspage"
    verbose_name = _("status pages")

    def ready(self) -> None:
        """Hear of incidents' news, and add a panel to their page."""
        from statuspage.panels import incident_panel  # noqa: PLC0415 - it needs loaded models
        from statuspage.receivers import render_on_change  # noqa: PLC0415 - the same

        changed.connect(render_on_change, dispatch_uid="statuspage.render")
        panels.register(
            "incident",
            panels.Panel(
                name="statuspage",
                title=str(_("Status page")),
                template="statuspage/_incident_panel.html",
                context=incident_panel,
                place="side",
                order=40,
            ),
        )
