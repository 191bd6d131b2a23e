"""How an integration reads JSON: expressions by slot, in its options."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction

from accounts.models import User
from alerts import keys
from alerts.models import Integration
from alerts.sources.generic.expressions import BadExpression
from alerts.sources.generic.mapping import OPTION, problems

MAPPED = ("generic",)
"""The kinds that are read by a mapping."""


class NotMapped(ValueError):
    """This kind has its own format."""


class BadMapping(ValueError):
    """Some expressions cannot be read; `problems` are by slot."""

    def __init__(self, found: Mapping[str, BadExpression]) -> None:
        super().__init__("; ".join(f"{slot}: {error.reason}" for slot, error in found.items()))
        self.problems = found


@transaction.atomic
def save_mapping(*, actor: User, integration: Integration, mapping: Mapping[str, str]) -> dict[str, str]:
    """Read what arrives from now on by these expressions; empty ones are left out, none at all reads by the usual names
    again. Returns what is stored. Raises NotMapped and BadMapping."""
    if integration.kind not in MAPPED:
        raise NotMapped("Only integrations of the kind JSON have a mapping.")
    given = {slot: expression.strip() for slot, expression in mapping.items() if expression.strip()}
    wrong = problems(given)
    if wrong:
        raise BadMapping(wrong)
    row = Integration.objects.select_for_update().get(pk=integration.pk)
    row.options = {
        **{k: v for k, v in row.options.items() if k != OPTION},
        **({OPTION: given} if given else {}),
    }
    row.save(update_fields=["options"])
    transaction.on_commit(keys.forget)
    return given
