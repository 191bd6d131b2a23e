"""Who stands in which role, and what overrides make of it."""

from collections.abc import Iterable
from typing import NamedTuple

from oncall.coverage.values import Override, OverrideKind

People = tuple[int, ...]


class Standing(NamedTuple):
    """The three roles, with why the primaries and the secondaries have theirs."""

    people: People = ()
    source: str = ""
    secondary: People = ()
    second: str = ""
    shadow: People = ()


def changed(standing: Standing, overrides: Iterable[Override]) -> Standing:
    """After the overrides, which come in the order in which they were created."""
    for each in overrides:
        standing = _changed(standing, each)
    return standing


def settled(standing: Standing) -> Standing:
    """Everybody once, in their foremost role; without a primary the secondaries are the primaries."""
    people, source, secondary, second, shadow = standing
    if not people:
        people, source, secondary = secondary, second, ()
    if secondary:
        secondary = tuple(each for each in secondary if each not in people)
    if shadow:
        shadow = tuple(each for each in shadow if each not in people and each not in secondary)
    return Standing(people, source, secondary, second, shadow)


def _changed(standing: Standing, override: Override) -> Standing:
    person, replaced = override.person, override.replaces
    if override.kind == OverrideKind.ADD:
        if person in standing.people:
            return standing
        return standing._replace(people=(*standing.people, person), source=override.source)
    if override.kind == OverrideKind.REMOVE:
        return _put(standing, person, None, override.source)
    if replaced is None:
        return standing._replace(people=(person,), source=override.source)
    return _put(standing, replaced, person, override.source)


def _put(standing: Standing, old: int, new: int | None, source: str) -> Standing:
    """`new` in every place of `old`; None is nobody."""
    if old in standing.people:
        standing = standing._replace(people=_swapped(standing.people, old, new), source=source)
    if old in standing.secondary:
        standing = standing._replace(secondary=_swapped(standing.secondary, old, new), second=source)
    if old in standing.shadow:
        standing = standing._replace(shadow=_swapped(standing.shadow, old, new))
    return standing


def _swapped(people: People, old: int, new: int | None) -> People:
    swapped = (new if each == old else each for each in people)
    return tuple(dict.fromkeys(each for each in swapped if each is not None))
