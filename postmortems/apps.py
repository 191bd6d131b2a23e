from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from lib.panels import Panel, register


class PostmortemsConfig(AppConfig):
    name = "postmortems"
    verbose_name = _("postmortems")

    def ready(self) -> None:
        """Add the panels to the pages below."""
        from postmortems.panels import incident_panel, promises_panel  # noqa: PLC0415 - they need loaded models

        incident = Panel(
            name="postmortem",
            title=str(_("Postmortem")),
            template="postmortems/_incident_panel.html",
            context=incident_panel,
            place="side",
            order=20,
        )
        register("incident", incident)
        for page in ("me", "person"):
            promises = Panel(
                name="action-items",
                title=str(_("Action items")),
                template="postmortems/_promises_panel.html",
                context=promises_panel,
                order=60,
            )
            register(page, promises)
