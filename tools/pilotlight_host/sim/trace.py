"""Keeps what a plot shows: phase currents, offers and draws, a row at most every so often. ms and mA."""

from typing import Any

from .plant import Plant

_ROWS = 4000


class Trace:
    """`rows`: (t_ms, [feeder mA per phase, ...], [offered mA], [drawn mA, highest phase]).

    `events`: (t_ms, text) of every entry of the firmware's journal, which itself holds the last 64 only.
    """

    def __init__(self, plant: Plant, app: Any) -> None:
        self._plant = plant
        self._app = app
        self._every_ms = max(100, plant.scenario.duration_ms // _ROWS)
        self._next_ms = 0
        self.rows: list[tuple[int, list[list[int]], list[int], list[int]]] = []
        self.events: list[tuple[int, str]] = []
        self._told = 0

    def step(self, t_ms: int) -> None:
        """Keep new events, and a row if the last one is old enough."""
        journal = self._app.journal
        if journal.count != self._told:
            first = max(self._told, journal.oldest())
            self.events += [(t_ms, journal.text(number)) for number in range(first, journal.count)]
            self._told = journal.count
        if t_ms < self._next_ms:
            return
        self._next_ms = t_ms + self._every_ms
        plant = self._plant
        self.rows.append(
            (
                t_ms,
                [plant.feeder_ma(f) for f in range(len(plant.scenario.feeders))],
                [unit.outlet.signalled_ma for unit in self._app.control.units],
                [max(plant.outlet_ma(i)) for i in range(len(plant.scenario.outlets))],
            )
        )
