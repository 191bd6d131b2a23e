"""Which alerts of a service go together, and by which other names tools call it: the rules for both."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from catalog.models import Grouping, Service, ServiceAlias
from lib.text import one_line
from oncall.drafts import Refused

MOST_LABELS, LONGEST_LABEL = 10, 100
MOST_ALIASES, LONGEST_ALIAS = 50, 120
SHORTEST_WINDOW, LONGEST_WINDOW = timedelta(minutes=1), timedelta(days=7)


def check_grouping(service: Service) -> None:
    """Tidies the labels; raises Refused where alerts are to be grouped by none, or something is out of its bounds."""
    labels = list(
        dict.fromkeys(name for each in service.group_labels if (name := one_line(each, LONGEST_LABEL)))
    )
    if len(labels) > MOST_LABELS:
        raise Refused("group_labels", _("At most %(most)d labels.") % {"most": MOST_LABELS})
    if service.grouping == Grouping.LABELS and not labels:
        raise Refused("group_labels", _("Name the labels, or choose another grouping."))
    window = service.group_window
    if window is not None and not SHORTEST_WINDOW <= window <= LONGEST_WINDOW:
        raise Refused("group_window", _("From one minute to seven days."))
    service.group_labels = labels


def set_aliases(service: Service, names: Sequence[str]) -> None:
    """The other names of a saved service become these, in the caller's transaction. Raises Refused where another
    service is called so."""
    wanted = {name.lower(): name for each in names if (name := one_line(each, LONGEST_ALIAS))}
    if len(wanted) > MOST_ALIASES:
        raise Refused("aliases", _("At most %(most)d names.") % {"most": MOST_ALIASES})
    _refuse_taken(service, wanted)
    there = {row.name: row for row in service.aliases.all()}
    service.aliases.exclude(name__in=wanted.values()).delete()
    try:
        with transaction.atomic():
            ServiceAlias.objects.bulk_create(
                ServiceAlias(service=service, name=name) for name in wanted.values() if name not in there
            )
    except IntegrityError as error:
        raise Refused("aliases", _("Another service was given one of these names just now.")) from error


def _refuse_taken(service: Service, wanted: dict[str, str]) -> None:
    others = Service.objects.exclude(pk=service.pk).annotate(called=Lower("name"))
    by_name = others.filter(Q(called__in=wanted) | Q(slug__in=wanted)).first()
    aliases = ServiceAlias.objects.exclude(service=service).annotate(called=Lower("name"))
    by_alias = aliases.filter(called__in=wanted).select_related("service").first()
    taken = by_name or (by_alias.service if by_alias else None)
    if taken:
        raise Refused("aliases", _("One of these names is %(service)s’s.") % {"service": taken})
