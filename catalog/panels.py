"""What the catalog adds to the pages of the layers below."""

from __future__ import annotations

from typing import Any

from catalog.models import Service
from lib.panels import Panel, register


def register_all() -> None:
    """The services that page by a policy, on the policy's page."""
    register("policy", Panel("services", "Used by", "catalog/_policy_services.html", _services, place="side"))


def _services(policy: Any, user: Any) -> dict[str, Any]:
    return {"services": Service.objects.live().filter(policy=policy)}
