"""How people are reached, in templates: `{% load reach %}`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django import template
from django.utils.functional import Promise

from accounts.models import User
from notifications.models import ContactMethod
from notifications.queries import title_of

register = template.Library()


@register.filter
def transport_title(method: ContactMethod) -> str | Promise:
    """ "E-mail" for a method with the transport "email"."""
    return title_of(method.transport)


@register.filter
def kinds_of(reach: Mapping[int, Sequence[str | Promise]], person: User) -> Sequence[str | Promise]:
    """What `notifications.queries.reach_of` found for the person."""
    return reach.get(person.pk, [])
