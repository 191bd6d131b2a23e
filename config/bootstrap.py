"""What a new installation begins with: an admin, a token, and a first service that can be paged about."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.text import slugify

from accounts.actions import create_token
from accounts.models import Membership, Team, TeamRole, User
from alerts.actions.integrations import create_integration
from alerts.models import Integration
from alerts.sources.registry import KINDS
from catalog.models import Service, Tier
from lib.sealing import unseal
from notifications.models import ContactMethod
from oncall.models import EscalationPolicy, PolicyStep, StepTarget
from statuspage.actions import add_component, create_page
from statuspage.models import StatusPage

TOKEN_NAME = "first start"  # noqa: S105 - what the token is called
SECOND_STEP_AFTER = timedelta(minutes=5)


@transaction.atomic
def first_admin(*, email: str, password: str, now: datetime) -> tuple[User, str]:
    """The admin with a verified e-mail method, and the text of an API token; empty when they were there before."""
    known = User.objects.filter(email__iexact=email).first()
    if known:
        return known, ""
    name = email.partition("@")[0].replace(".", " ").title()
    admin = User.objects.create_superuser(email, password, name=name)
    # Whoever installs the server can read its mail: the address needs no code.
    ContactMethod.objects.create(
        user=admin, transport="email", address=email, created_at=now, verified_at=now
    )
    _row, token = create_token(actor=admin, name=TOKEN_NAME, now=now)
    return admin, token


@transaction.atomic
def first_service(*, admin: User, now: datetime) -> Service:
    """Without demo data: one team, one policy that pages the admin, one service, one status page."""
    known = Service.objects.order_by("pk").first()
    if known:
        return known
    team = Team.objects.create(
        name="First team", slug="first-team", description="Rename it, or make your own."
    )
    Membership.objects.create(team=team, user=admin, role=TeamRole.MANAGER)
    policy = EscalationPolicy.objects.create(team=team, name="Page the admin", repeats=1)
    policy.fallback_people.set([admin])
    step = PolicyStep.objects.create(policy=policy, position=0, delay=SECOND_STEP_AFTER)
    StepTarget.objects.create(step=step, user=admin)
    name = "First service"
    service = Service.objects.create(
        name=name, slug=slugify(name), team=team, policy=policy, tier=Tier.STANDARD
    )
    page = create_page(actor=admin, name=settings.ORGANISATION, slug="status", now=now)
    add_component(actor=admin, page=page, name=name, services=[service], now=now)
    return service


def doors(*, service: Service, now: datetime) -> dict[str, dict[str, str]]:
    """For each kind an integration of the service with its key and address; missing ones are made."""
    found: dict[str, dict[str, str]] = {}
    for kind in KINDS.values():
        row = Integration.objects.filter(service=service, kind=kind.name).order_by("pk").first()
        if row is None:
            row, _key = create_integration(
                actor=None, kind=kind.name, name=str(kind.label), service=service, now=now
            )
        key = unseal(row.key_sealed)
        found[kind.name] = {"key": key, "url": kind.address(settings.SITE_URL, key)}
    return found


def status_page_url() -> str:
    """The first public page's address, empty without one."""
    page = StatusPage.objects.order_by("pk").first()
    return f"{settings.SITE_URL}/status/{page.slug}/" if page else ""


def summary(*, admin: User, token: str, service: Service, now: datetime) -> dict[str, Any]:
    """What scripts need to begin; `api_token` is empty on every start but the first."""
    return {
        "admin": {"email": admin.email},
        "api_token": token,
        "integrations": doors(service=service, now=now),
        "status_page_url": status_page_url(),
    }
