"""Keeps what a plot shows: phase currents, offers and draws, and events. ms and mA.

A row is kept when something has changed by more than a plot could hide, so that a peak of 0.1 s is
seen in an evening, and a quiet day costs nothing.
"""

from typing import Any

from .plant import Plant

_ROWS = 4000
_NEAR_MS = 100  # rows are at least so far apart, but for a changed offer
_SMALL_MA = 500  # changes of current below this wait for the next row

Row = tuple[int, list[list[int]], list[int], list[int]]


class Trace:
    """`rows`: (t_ms, [feeder mA per phase, ...], [offered mA], [drawn mA, highest phase]).

    Values stand until the next row. Offered is what the duty on the pilot says. `events`: (t_ms,
    text) of every entry of the firmware's `journal`, which itself holds the last 64 only; without
    a journal whoever learns of an event adds it.
    """

    def __init__(self, plant: Plant, journal: Any = None) -> None:
        from pilotlight.core.duty import to_ma

        self._to_ma = to_ma
        self._plant = plant
        self._journal = journal
        self._numbers = range(len(plant.scenario.outlets))
        self._every_ms = max(_NEAR_MS, plant.scenario.duration_ms // _ROWS)
        self._changed_ms: int | None = None
        self._told = 0
        self.rows: list[Row] = []
        self.events: list[tuple[int, str]] = []

    def step(self, t_ms: int) -> None:
        """Keep new events, and a row if something has changed."""
        if self._journal is not None:
            self._keep_events(t_ms, self._journal)
        offered = [self._to_ma(self._plant.duty(i)) for i in self._numbers]
        last = self.rows[-1] if self.rows else None
        if last is None or offered != last[2]:
            self._keep(self._row(t_ms, offered))
        elif self._plant.last_change_ms != self._changed_ms and t_ms - last[0] >= _NEAR_MS:
            row = self._row(t_ms, offered)
            if t_ms - last[0] >= self._every_ms or _differ(row, last):
                self._keep(row)

    def _keep_events(self, t_ms: int, journal: Any) -> None:
        if journal.count != self._told:
            first = max(self._told, journal.oldest())
            self.events += [(t_ms, journal.text(i)) for i in range(first, journal.count)]
            self._told = journal.count

    def _row(self, t_ms: int, offered: list[int]) -> Row:
        plant = self._plant
        return (
            t_ms,
            [plant.feeder_ma(f) for f in range(len(plant.scenario.feeders))],
            offered,
            [max(plant.outlet_ma(i)) for i in self._numbers],
        )

    def _keep(self, row: Row) -> None:
        self.rows.append(row)
        self._changed_ms = self._plant.last_change_ms


def _differ(row: Row, last: Row) -> bool:
    """A current has changed by more than a plot could hide."""
    now = [ma for feeder in row[1] for ma in feeder] + row[3]
    then = [ma for feeder in last[1] for ma in feeder] + last[3]
    return any(abs(a - b) >= _SMALL_MA for a, b in zip(now, then, strict=True))
