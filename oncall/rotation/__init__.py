"""A layer of a schedule: people who take turns, as PagerDuty means layers, so that imports lose nothing.

Turns of days, weeks and months change hands at the same wall time in the layer's zone, also across DST; turns
of hours are elapsed hours. Wall times that do not exist or exist twice follow the rule of `lib.intervals`. In
a zone that skips a whole day, the turn of that day has no time in it and is left out.

Turn number 0 starts at the virtual start and belongs to the first person; turns run in both directions from
it. The first turn of a span is found by arithmetic, so the cost depends on the span and not on the layer's
age.

A layer may skip days and nobody loses a turn. What is skipped are *duty days*: from the hand-off time of a date
until the hand-off time of the next, which bring no duty when the date is skipped. A turn of N days is N days that
are not skipped, so Monday's person follows Friday's when weekends are skipped, and turn 0 begins on the first such
day from the virtual start on. In turns of weeks and months skipped days are silent; one that has no other days is
nobody's and is not counted, so the next turn belongs to whose turn it would have been.
"""

from oncall.invalid import InvalidLayer
from oncall.rotation.numbering import turn_index, turn_start
from oncall.rotation.turning import Piece, people_at, pieces, turn_at, turns
from oncall.rotation.values import (
    KNOWN_TIME,
    AnyLayer,
    Fixed,
    FixedShift,
    Layer,
    Restriction,
    Role,
    Segment,
    Turn,
    Unit,
)

__all__ = [
    "KNOWN_TIME",
    "AnyLayer",
    "Fixed",
    "FixedShift",
    "InvalidLayer",
    "Layer",
    "Piece",
    "Restriction",
    "Role",
    "Segment",
    "Turn",
    "Unit",
    "people_at",
    "pieces",
    "turn_at",
    "turn_index",
    "turn_start",
    "turns",
]
