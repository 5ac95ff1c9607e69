"""What boards/sim binds the firmware to: the plant, serial lines, network and a clock, for one
run.

`t_ms` is ms since the start of the run; ticks are `t_ms + start_ticks_ms`, wrapping at 2^30.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .plant import Plant

TICKS_MASK = (1 << 30) - 1

_current: "World | None" = None


class World:
    """Everything outside the board.

    `clock`: ticks source; `network`, `uart` and `pace` are its ports.
    """

    def __init__(
        self,
        plant: Plant,
        clock: Any,
        storage: Path,
        uart: Callable[[str, int, str, int], Any],
        network: Any,
        pace: Callable[..., Any],
        console: Any = None,
    ) -> None:
        self.plant = plant
        self.clock = clock
        self.storage = storage
        self.uart = uart
        self.network = network
        self.pace = pace
        self.console = console
        self.start_ticks_ms = plant.scenario.start_ticks_ms
        self.after_step: Callable[[int], None] = lambda t_ms: None
        self.fed_ms = 0
        storage.mkdir(parents=True, exist_ok=True)
        (storage / "site.json").write_text(json.dumps(plant.scenario.site, indent=1))

    @property
    def t_ms(self) -> int:
        """Present time of the clock, ms since the start of the run."""
        return self.clock.now_ms() - self.start_ticks_ms

    def ticks(self, t_ms: int) -> int:
        """`t_ms` as the firmware's ticks."""
        return (t_ms + self.start_ticks_ms) & TICKS_MASK


def bind(world: World | None) -> None:
    """Make `world` the one that the next `Board()` of boards/sim is built on."""
    global _current
    _current = world


def current() -> World:
    """The bound world. RuntimeError if there is none."""
    if _current is None:
        raise RuntimeError(
            "boards/sim: no world is bound; start it with `pilotlight run` or `sim`"
        )
    return _current
