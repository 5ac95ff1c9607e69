"""The test vectors once more, through PWM, ADC and GPIO of an emulated Pico: same rows, other bench.

Four scripts at a time, one at each outlet. Left out: rows of more than a minute, and those that
need what the carrier has not (lock, ventilation) or what other tests do to a Pico (stalls, power).
"""

from collections.abc import Sequence

import pytest
from emulator_helpers import image, wiring
from pico_helpers import CLAMPS, flash
from pilotlight_host.emulated import Pico
from vectors.pico import PicoBench, Stage, play_together
from vectors.row import FEEDER
from vectors.runner import ROWS

_SHORT_MS = 1000

# (id, number of the script), rows of similar length together
GROUPS = (
    (("3", 0), ("4", 0), ("30", 0), ("41", 0)),
    (("5", 0), ("6", 0), ("6", 1), ("16", 0)),
    (("7", 0), ("7", 1), ("8", 0), ("8", 1)),
    (("23", 0), ("23", 1), ("24", 0), ("25", 0)),
    (("18", 0), ("22", 0), ("26", 0), ("29", 0)),
    (("45", 0), ("45", 1), ("45", 2), ("58", 0)),
    (("10", 0), ("12", 0), ("32", 0), ("33", 0)),
    (("34", 0), ("35", 0), ("65", 0), ("75", 0)),
)
LONG = (
    (("11", 0), ("13", 0), ("48", 0), ("65", 1)),
    (("17", 0), ("20", 0), ("20", 1), ("61", 0)),
    (("28", 0), ("36", 0), ("36", 1), ("44", 0)),
    (("50", 0),),
    (("49", 0),),
    (("21", 0), ("37", 0), ("42", 0), ("60", 0)),
    (("66", 0), ("66", 1), ("55", 0), ("63", 0)),
    (("57", 0), ("57", 1), ("54", 0), ("51", 0)),
)


def _site(group: Sequence[tuple[str, int]]) -> dict:
    outlets = [ROWS[name].site["outlets"][0] for name, _ in group]
    feeder = FEEDER | {"rating_a": 250, "clamps": CLAMPS}
    return {"site": {"id": "vectors"}, "feeders": [feeder], "outlets": outlets}


def _play(group: Sequence[tuple[str, int]], phase_ms: float, *, is_short: bool) -> None:
    with Pico(image(), wiring(), flash=flash(_site(group))) as pico:
        stage = Stage(pico)
        benches = [
            PicoBench(stage, i + 1, phase_ms, ROWS[name].scripts[number])
            for i, (name, number) in enumerate(group)
        ]
        for bench in benches if is_short else ():
            bench.settled_ms = bench.patience_ms = _SHORT_MS
        play_together(benches)
        print(f"{stage.now_ms / 1000:.1f} s")
    missed = []
    for (name, _), bench in zip(group, benches):
        print(f"vector {name}: {bench.missed or 'pass'}, {bench.measured}")
        if bench.missed is not None:
            missed.append(f"vector {name}: {bench.missed}")
    assert not missed, "\n".join(missed)


def _named(group: Sequence[tuple[str, int]]) -> str:
    return " ".join(f"{name}.{number}" for name, number in group)


@pytest.mark.parametrize("group", GROUPS, ids=_named)
def test_vectors(group: Sequence[tuple[str, int]]) -> None:
    _play(group, 3.0 * GROUPS.index(group) % 20, is_short=True)


@pytest.mark.storm
@pytest.mark.parametrize("group", LONG, ids=_named)
def test_long_vectors(group: Sequence[tuple[str, int]]) -> None:
    _play(group, 7.0 * LONG.index(group) % 20, is_short=False)
