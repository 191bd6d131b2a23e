"""Mutes in words: what they cover, and when."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from alerts.condition_words import said
from alerts.models import Mute
from alerts.mute_forms import OWN, REPEATS

NAMED = 3


def covers(mute: Mute) -> str:
    """On which services, and for which alerts; read it with its services."""
    where, what = _where(mute), said(mute.matchers)
    if where and what:
        return _("%(where)s, when %(what)s") % {"where": where, "what": what}
    return where or _("any service, when %(what)s") % {"what": what}


def repeats(mute: Mute) -> str:
    """How it recurs; empty where it does not."""
    if not mute.recurrence:
        return ""
    known = {value: label for value, label in REPEATS if value not in ("", OWN)}
    return str(known.get(mute.recurrence, mute.recurrence))


def _where(mute: Mute) -> str:
    names = [each.name for each in mute.services.all()]
    if not names:
        return ""
    said = ", ".join(names[:NAMED])
    if len(names) > NAMED:
        more = len(names) - NAMED
        said += " " + ngettext("and %(n)d more", "and %(n)d more", more) % {"n": more}
    return _("%(names)s and what depends on them") % {"names": said} if mute.with_dependents else said
