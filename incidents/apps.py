from django.apps import AppConfig


class IncidentsConfig(AppConfig):
    name = "incidents"

    def ready(self) -> None:
        """Pages that fail report to their incident; pages of the layers below get their panels; changed policies
        are heard of."""
        from incidents import commands  # noqa: PLC0415 - models are not loaded earlier
        from incidents.actions.answers import answer_incident, still_waits  # noqa: PLC0415 - models are not loaded earlier
        from incidents.actions.notices import overtaken  # noqa: PLC0415 - models are not loaded earlier
        from incidents.panels import register_all  # noqa: PLC0415 - models are not loaded earlier
        from incidents.unreachable import could_not_reach, hold_rows  # noqa: PLC0415 - models are not loaded earlier
        from incidents.waiting import policy_changed  # noqa: PLC0415 - models are not loaded earlier
        from notifications import subjects  # noqa: PLC0415
        from oncall import changes  # noqa: PLC0415

        owner = subjects.Owner(
            hold_rows, could_not_reach, answer=answer_incident, overtaken=overtaken, waits=still_waits
        )
        subjects.register("incident", owner)
        register_all()
        commands.register_all()
        changes.register(policy_changed)
