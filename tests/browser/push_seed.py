"""Who turns notifications on in the test of them: pages are hers alone."""

from __future__ import annotations

from datetime import datetime

from alerts.actions.integrations import create_integration
from catalog.models import Grouping
from tests import making


def pushed(now: datetime) -> dict[str, str]:
    """Pia is on call for Parcels."""
    pia = making.make_user("Pia Parcel", email="pia@example.test")
    team = making.make_team("Parcels", managers=(pia,))
    policy = making.make_policy(team, (pia,), minutes=360)
    service = making.make_service(team, policy, "Parcels API", grouping=Grouping.ALERT)
    _integration, key = create_integration(
        actor=None, kind="pagerduty", name="Parcels alerts", service=service, now=now
    )
    return {"parcels": key}
