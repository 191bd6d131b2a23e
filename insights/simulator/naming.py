"""What targets are called."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from accounts.models import Team, User
from insights.simulator.values import Reason
from oncall.models import Schedule
from oncall.plan import SCHEDULES, Target, TargetKind

Names = Mapping[Target, Reason]
_TEAMS = frozenset({TargetKind.TEAM, TargetKind.OWNER})


def names_of(targets: Collection[Target]) -> Names:
    """Each target with its name, in three queries at most."""
    known = {
        **_named(User, targets, frozenset({TargetKind.USER})),
        **_named(Schedule, targets, SCHEDULES),
        **_named(Team, targets, _TEAMS),
    }
    return {target: Reason(str(target.kind), target.id, known.get(target, "")) for target in targets}


def _named(
    model: type[User] | type[Schedule] | type[Team], targets: Collection[Target], kinds: frozenset[TargetKind]
) -> dict[Target, str]:
    wanted = [target for target in targets if target.kind in kinds]
    if not wanted:
        return {}
    rows = model._default_manager.filter(pk__in={target.id for target in wanted}).values_list("pk", "name")
    names: dict[int, str] = dict(rows)
    return {target: names[target.id] for target in wanted if target.id in names}
