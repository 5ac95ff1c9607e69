"""All tricks."""

from .cuts import (
    BlackHole,
    Flapping,
    LateNames,
    LyingNames,
    NoAnswer,
    Refused,
    Refusing,
    ResetAfterConnack,
    ResetAfterConnect,
    ResetAtOnce,
    ResetInPublish,
    Silence,
    SilentNames,
)
from .line import LINE_TRICKS
from .stream import (
    Dead,
    Dribble,
    Flood,
    Frozen,
    Garbage,
    HalfPacket,
    LatePuback,
    NoPuback,
    Oversize,
    Qos2,
    StrangePuback,
    TwicePuback,
    WrongPuback,
)
from .trick import Trick

TRICKS: tuple[type[Trick], ...] = (
    Refused,
    NoAnswer,
    BlackHole,
    Silence,
    Frozen,
    Dead,
    HalfPacket,
    Dribble,
    ResetAtOnce,
    ResetAfterConnect,
    ResetAfterConnack,
    ResetInPublish,
    Refusing,
    Flapping,
    LatePuback,
    TwicePuback,
    WrongPuback,
    NoPuback,
    StrangePuback,
    Garbage,
    Oversize,
    Qos2,
    Flood,
    SilentNames,
    LyingNames,
    LateNames,
)

SHORT = tuple(trick for trick in TRICKS if trick.short_s)  # those that a short run has time for

# an emulated board has no name server, and a line of its own
_NOT_THERE = (SilentNames, LyingNames, LateNames, Dribble)
BOARD_TRICKS = (*(trick for trick in TRICKS if trick not in _NOT_THERE), *LINE_TRICKS)
