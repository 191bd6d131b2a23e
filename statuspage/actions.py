"""Every change to status pages, and the render that puts it before the public."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import F, Max

from accounts.models import User
from catalog.models import Service
from lib.text import clean, one_line
from statuspage import render as rendering
from statuspage.models import Component, Rendition, StatusPage
from statuspage.queries import pages_showing, picture, public_incident_ids
from statuspage.render import Document, incident_path

RESERVED_SLUGS = frozenset({"new"})


class SlugTaken(Exception):
    """Another page has this address."""


class NameTaken(Exception):
    """The page has a component of this name in this group."""


# --- Rendering


def render_for(*, incident_ids: Collection[int], now: datetime) -> None:
    """Render every page on which one of them stands; one query when customers know of none."""
    for page in pages_showing(incident_ids):
        render(page=page, now=now)


def render_all(*, now: datetime) -> None:
    """Render every page: the chore that leaves nothing hanging on a signal."""
    for page in StatusPage.objects.all():
        render(page=page, now=now)


@transaction.atomic
def render(*, page: StatusPage, now: datetime) -> bool:
    """Write what changed of the page's files and note that it was looked at; say whether anything changed.

    The page's row is locked first, so of two renders at once the later sees all that the earlier could see.
    A page deleted meanwhile is left alone.
    """
    locked = StatusPage.objects.select_for_update().filter(pk=page.pk).first()
    if locked is None:
        return False
    made = rendering.documents(picture(locked, now=now))
    stored = dict(Rendition.objects.filter(page=locked).values_list("path", "etag"))
    changed = {path: made[path] for path in made if stored.get(path) != made[path].etag}
    gone = set(stored) - set(made)
    if gone:
        gone -= {incident_path(public_id) for public_id in public_incident_ids(locked)}
    _store(locked, changed, gone, now)
    is_new = bool(changed or gone)
    StatusPage.objects.filter(pk=locked.pk).update(rendered_at=now, version=F("version") + int(is_new))
    return is_new


def _store(page: StatusPage, changed: dict[str, Document], gone: set[str], now: datetime) -> None:
    rows = [
        Rendition(
            page=page,
            path=path,
            body=document.body,
            content_type=document.content_type,
            etag=document.etag,
            last_changed_at=now,
        )
        for path, document in changed.items()
    ]
    if rows:
        Rendition.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["page", "path"],
            update_fields=["body", "content_type", "etag", "last_changed_at"],
        )
    if gone:
        Rendition.objects.filter(page=page, path__in=gone).delete()


# --- Pages


def create_page(
    *,
    actor: User | None,
    name: str,
    slug: str,
    headline: str = "",
    support_url: str = "",
    time_zone: str = "UTC",
    is_default: bool | None = None,
    now: datetime,
) -> StatusPage:
    """A page without components, rendered at once. The first one becomes the default. Raises SlugTaken."""
    if slug in RESERVED_SLUGS:
        raise SlugTaken
    try:
        with transaction.atomic():
            first = not StatusPage.objects.exists() if is_default is None else is_default
            _give_up_default(first)
            page = StatusPage.objects.create(
                name=one_line(name, 80),
                slug=slug,
                headline=clean(headline, 5000),
                support_url=support_url,
                time_zone=time_zone,
                is_default=first,
                created_at=now,
                updated_at=now,
            )
            render(page=page, now=now)
    except IntegrityError as error:
        raise SlugTaken from error
    return page


@transaction.atomic
def change_page(
    *,
    actor: User,
    page: StatusPage,
    name: str,
    headline: str,
    support_url: str,
    time_zone: str,
    is_default: bool,
    now: datetime,
) -> None:
    """Change the page's words; its address stays, since customers and feed readers remember it."""
    _give_up_default(is_default and not page.is_default)
    page.name, page.headline = one_line(name, 80), clean(headline, 5000)
    page.support_url, page.time_zone, page.is_default = support_url, time_zone, is_default
    page.updated_at = now
    page.save(update_fields=["name", "headline", "support_url", "time_zone", "is_default", "updated_at"])
    render(page=page, now=now)


def _give_up_default(is_needed: bool) -> None:
    if is_needed:
        StatusPage.objects.filter(is_default=True).update(is_default=False)


def delete_page(*, actor: User, page: StatusPage, now: datetime) -> None:
    """Take the page off the air with its components; incidents and their updates stay."""
    page.delete()


# --- Components


def add_component(
    *,
    actor: User | None,
    page: StatusPage,
    name: str,
    description: str = "",
    group: str = "",
    services: Iterable[Service] = (),
    status_override: str | None = None,
    now: datetime,
) -> Component:
    """A component below the others. Its bars begin on the day of `now`. Raises NameTaken."""
    try:
        with transaction.atomic():
            last = page.components.aggregate(last=Max("position"))["last"]
            component = Component.objects.create(
                page=page,
                name=one_line(name, 80),
                description=one_line(description, 300),
                group=one_line(group, 80),
                position=0 if last is None else last + 1,
                status_override=status_override or None,
                created_at=now,
                updated_at=now,
            )
            component.services.set(services)
            render(page=page, now=now)
    except IntegrityError as error:
        raise NameTaken from error
    return component


def change_component(
    *,
    actor: User,
    component: Component,
    name: str,
    description: str,
    group: str,
    services: Iterable[Service],
    status_override: str | None,
    now: datetime,
) -> None:
    """Change what customers see of a component and which services decide its status. Raises NameTaken."""
    component.name, component.description = one_line(name, 80), one_line(description, 300)
    component.group, component.status_override = one_line(group, 80), status_override or None
    component.updated_at = now
    try:
        with transaction.atomic():
            component.save(update_fields=["name", "description", "group", "status_override", "updated_at"])
            component.services.set(services)
            render(page=component.page, now=now)
    except IntegrityError as error:
        raise NameTaken from error


@transaction.atomic
def move_component(*, actor: User, component: Component, down: bool, now: datetime) -> None:
    """Swap the component with its neighbour; at the end of the list nothing happens."""
    order = list(component.page.components.select_for_update())
    here = next(index for index, one in enumerate(order) if one.pk == component.pk)
    there = here + (1 if down else -1)
    if not 0 <= there < len(order):
        return
    order[here], order[there] = order[there], order[here]
    for position, one in enumerate(order):
        one.position = position
    Component.objects.bulk_update(order, ["position"])
    render(page=component.page, now=now)


@transaction.atomic
def delete_component(*, actor: User, component: Component, now: datetime) -> None:
    """Take a component off its page, and with it incidents that no other component there stands for."""
    page = component.page
    component.delete()
    render(page=page, now=now)
