"""What Pellworth runs: services with their integrations, the public status page over them, and months of deploys."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from accounts.models import User
from alerts.actions.integrations import create_integration
from alerts.models import Integration
from alerts.sources.changing import change_kind
from catalog.actions import NewChange, create_service, record_changes
from catalog.models import Service, Tier
from config.demo.company import Company
from config.demo.duty import Duty
from config.demo.wire import DOMAIN
from statuspage.actions import add_component, create_page

KINDS = {"alertmanager": "Prometheus", "pagerduty": "Probes from outside", "generic": "Jobs and scripts"}


@dataclass(frozen=True, slots=True)
class Thing:
    """A service to be, with the team and the policy by their keys. `kinds` are its doors for alerts."""

    name: str
    team: str
    tier: int
    about: str
    policy: str = ""
    needs: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ("alertmanager",)


# The first one is the service whose key the first start prints: alerts to it page whoever is on call for Payments.
SERVICES = (
    Thing(
        "Checkout API",
        "payments",
        Tier.CRITICAL,
        "Turns a basket into an order: prices, taxes, delivery slots.",
        kinds=tuple(KINDS),
    ),
    Thing(
        "Payment Gateway",
        "payments",
        Tier.CRITICAL,
        "Cards, wallets and invoices, over two acquirers.",
        kinds=("alertmanager", "pagerduty", "generic"),
    ),
    Thing(
        "Ledger",
        "payments",
        Tier.IMPORTANT,
        "Books every payment and refund; pays the nurseries at night.",
        kinds=("alertmanager", "generic"),
    ),
    Thing(
        "Web Shop",
        "storefront",
        Tier.CRITICAL,
        "The pages that customers see, in nine languages.",
        kinds=("alertmanager", "pagerduty"),
    ),
    Thing("Search", "storefront", Tier.IMPORTANT, "Finds plants by name, hardiness and shade."),
    Thing(
        "Identity",
        "platform",
        Tier.CRITICAL,
        "Sign-in, sessions and tokens for everything else.",
        kinds=("alertmanager", "pagerduty"),
    ),
    Thing(
        "Order Pipeline",
        "platform",
        Tier.IMPORTANT,
        "From the order to the warehouse and the confirmation mail.",
        kinds=("alertmanager", "generic"),
    ),
    Thing(
        "Build and Deploy",
        "platform",
        Tier.INTERNAL,
        "Runners, images and releases.",
        policy="tools",
        kinds=("alertmanager", "generic"),
    ),
)
DEPENDS = {
    "checkout-api": ("payment-gateway", "identity", "order-pipeline"),
    "payment-gateway": ("ledger",),
    "web-shop": ("checkout-api", "search", "identity"),
    "order-pipeline": ("ledger",),
}
COMPONENTS = (
    ("Web shop", "", "Browsing, baskets and wish lists", ("web-shop",)),
    ("Search", "", "", ("search",)),
    ("Sign-in", "", "Accounts and passwords", ("identity",)),
    ("Checkout", "Ordering", "", ("checkout-api",)),
    ("Card payments", "Ordering", "", ("payment-gateway",)),
    ("Order confirmations and delivery", "Ordering", "", ("order-pipeline",)),
    ("Payouts to nurseries", "Partners", "", ("ledger",)),
)
DEPLOYS = (
    "Deploy {slug} {version}: dependency updates",
    "Deploy {slug} {version}: clearer errors in the logs",
    "Deploy {slug} {version}: fixes from last week's review",
    "Deploy {slug} {version}: smaller image, faster start",
    "Deploy {slug} {version}: retries with jitter",
    "Deploy {slug} {version}: texts for the Dutch and Polish shops",
    "Roll back {slug} to {version}",
    "Configuration: {slug} logs at level info again",
    "Configuration: {slug} from {few} to {more} replicas",
    "Flag on for 10 % of {slug}'s traffic: new-address-form",
    "Migration on {slug}: index on created_at, built concurrently",
    "Node pool of {slug} patched and restarted, one node at a time",
)
DEPLOYS_A_DAY = 1.3
FIRST_RELEASE, FIRST_BUILD = 40, 8_100


@dataclass(frozen=True, slots=True)
class Estate:
    """Services by slug, and their integrations by slug and kind."""

    services: dict[str, Service]
    doors: dict[tuple[str, str], Integration]


def build(*, company: Company, duty: Duty, now: datetime) -> Estate:
    """Services in their order, what they depend on, and their integrations."""
    services = [_service(thing, company, duty, now) for thing in SERVICES]
    by_slug = {service.slug: service for service in services}
    for slug, needed in DEPENDS.items():
        by_slug[slug].depends_on.set([by_slug[each] for each in needed])
    doors = {
        (service.slug, kind): create_integration(
            actor=None, kind=kind, name=KINDS[kind], service=service, now=now
        )[0]
        for thing, service in zip(SERVICES, services, strict=True)
        for kind in thing.kinds
    }
    return Estate(by_slug, doors)


def _service(thing: Thing, company: Company, duty: Duty, now: datetime) -> Service:
    slug = thing.name.lower().replace(" ", "-")
    return create_service(
        actor=company.crews[thing.team][0],
        now=now,
        name=thing.name,
        team=company.teams[thing.team],
        policy=duty.policies[thing.policy or thing.team],
        description=thing.about,
        tier=thing.tier,
        runbook_url=f"https://runbooks.{DOMAIN}/{slug}",
        # The command that the first start prints must page, whatever is open on what the service depends on.
        joins_parents=thing is not SERVICES[0],
    )


def publish(*, estate: Estate, admin: User, now: datetime) -> None:
    """The public page with its components; its bars begin on the day of `now`."""
    page = create_page(
        actor=admin,
        name="Pellworth",
        slug="status",
        headline="How our shop is doing, from our own monitoring and our own people.",
        support_url=f"https://help.{DOMAIN}/",
        time_zone="Europe/Amsterdam",
        now=now,
    )
    for name, group, about, slugs in COMPONENTS:
        add_component(
            actor=admin,
            page=page,
            name=name,
            group=group,
            description=about,
            services=[estate.services[slug] for slug in slugs],
            now=now,
        )


def deploy(*, estate: Estate, since: datetime, now: datetime, rng: Random) -> None:
    """Everyday changes from `since` until `now`, told by the build system as they happened."""
    days = (now - since).days
    moments = sorted(rng.uniform(0, days * 86_400) for _ in range(int(days * DEPLOYS_A_DAY)))
    releases = dict.fromkeys(sorted(estate.services), FIRST_RELEASE)
    for number, seconds in enumerate(moments):
        slug = rng.choice(list(releases))
        releases[slug] += 1
        words = {
            "slug": slug,
            "version": f"{1 + len(slug) % 5}.{releases[slug]}.0",
            "few": rng.randint(3, 5),
            "more": rng.randint(6, 9),
        }
        happened = since + timedelta(seconds=round(seconds))
        change(estate.services[slug], rng.choice(DEPLOYS).format_map(words), happened, number + FIRST_BUILD)


def change(service: Service, summary: str, happened: datetime, run: int) -> None:
    """One change on one service; `run` is the number of the build that did it."""
    link = {"href": f"https://builds.{DOMAIN}/{service.slug}/{run}", "text": f"Build {run}"}
    row = NewChange(
        service.pk, summary, happened, source="Build and Deploy", kind=change_kind({}, summary), links=[link]
    )
    record_changes(rows=[row], now=happened + timedelta(seconds=2))
