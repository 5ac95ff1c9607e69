"""Reads a scenario file (TOML) strictly: every wrong key, type or value is a ScenarioError.

boards/sim/scenarios/README.md lists every key. Times become ms since the start of the run.
"""

import dataclasses
import itertools
import tomllib
from datetime import datetime
from pathlib import Path
from typing import Any

from .cartable import phases, read_car
from .sitetable import read_feeders, read_outlets
from .specs import (
    APPLIANCES,
    BOARD_EVENTS,
    DAY_MS,
    DEFAULT_START_TICKS_MS,
    EVENT_KINDS,
    LIES,
    OUTLET_EVENTS,
    PHASE_NAMES,
    PLUG_EVENTS,
    CarSpec,
    EventSpec,
    FeederSpec,
    Knobs,
    LoadSpec,
    OutletSpec,
    Scenario,
)
from .toml_read import ScenarioError, Table, clock_ms, duration_ms

__all__ = ["Scenario", "ScenarioError", "load", "parse"]


def load(path: str | Path) -> Scenario:
    """Read a scenario file. Raises ScenarioError, or OSError if it cannot be read."""
    path = Path(path)
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ScenarioError(f"{path.name}: not TOML: {error}") from None
    return parse(raw, path.name, path.stem)


def parse(raw: dict[str, Any], file: str, default_name: str = "unnamed") -> Scenario:
    """Build a Scenario from parsed TOML; `file` is named in errors."""
    top = Table(raw, "", file)
    site = top.take("site", expected="a [site] table")
    feeders = read_feeders(site, file)
    outlets = read_outlets(site, feeders, file)
    start = _start(top)
    run_ms = top.span("duration")
    reader = _Reader(feeders, outlets, run_ms)
    scenario = Scenario(
        name=top.text("name", default=default_name),
        about=top.text("about", default=""),
        duration_ms=run_ms,
        seed=top.whole("seed", 0, (1 << 63) - 1, 1),
        start=start,
        start_ticks_ms=top.whole("start_ticks_ms", 0, (1 << 30) - 1, DEFAULT_START_TICKS_MS),
        site=site,
        feeders=feeders,
        outlets=outlets,
        loads=tuple(reader.load(table) for table in top.tables("load")),
        cars=tuple(car for table in top.tables("car") for car in reader.visits(table)),
        events=tuple(reader.event(table) for table in top.tables("event")),
        knobs=_knobs(top.take("plant", {}), file),
    )
    top.done()
    _check_visits(scenario, file)
    return scenario


def _start(top: Table) -> datetime:
    value = top.take("start", "2026-01-15T17:00", "a local time such as 2026-01-15T17:00")
    try:
        return value if isinstance(value, datetime) else datetime.fromisoformat(value)
    except (TypeError, ValueError):
        top.fail("start", value, "a local time such as 2026-01-15T17:00")
        raise


def _knobs(raw: Any, file: str) -> Knobs:
    table = Table(raw, "plant", file)
    base = Knobs()
    knobs = Knobs(
        pilot_noise_mv=table.number("pilot_noise_mv", 0, 500, base.pilot_noise_mv),
        pilot_gain_error=table.number("pilot_gain_error", -0.2, 0.2, base.pilot_gain_error),
        pilot_offset_mv=table.whole("pilot_offset_mv", -2000, 2000, base.pilot_offset_mv),
        clamp_noise_counts=table.number("clamp_noise_counts", 0, 100, base.clamp_noise_counts),
        clamp_gain_error=table.number("clamp_gain_error", 0, 0.2, base.clamp_gain_error),
        clamp_full_scale_a=table.number("clamp_full_scale_a", 5, 1000, base.clamp_full_scale_a),
        clamp_samples=table.whole("clamp_samples", 100, 250, base.clamp_samples),
        meter_refresh_ms=table.whole("meter_refresh_ms", 20, 60_000, base.meter_refresh_ms),
        meter_gain_error=table.number("meter_gain_error", 0, 0.2, base.meter_gain_error),
        meter_noise_ma=table.number("meter_noise_ma", 0, 5000, base.meter_noise_ma),
        contactor_close_ms=table.whole("contactor_close_ms", 1, 1000, base.contactor_close_ms),
        contactor_release_ms=table.whole(
            "contactor_release_ms", 1, 1000, base.contactor_release_ms
        ),
        lock_travel_ms=table.whole("lock_travel_ms", 1, 10_000, base.lock_travel_ms),
        residual_answer_ms=table.whole("residual_answer_ms", 1, 10_000, base.residual_answer_ms),
        plug_c=table.whole("plug_c", -40, 150, base.plug_c),
        board_c=table.whole("board_c", -40, 150, base.board_c),
        frequency_hz=table.number("frequency_hz", 45, 65, base.frequency_hz),
        voltage_v=table.number("voltage_v", 100, 280, base.voltage_v),
    )
    table.done()
    return knobs


class _Reader:
    """Reads [[load]], [[car]] and [[event]] tables against the site's feeders and outlets."""

    def __init__(
        self, feeders: tuple[FeederSpec, ...], outlets: tuple[OutletSpec, ...], run_ms: int
    ):
        self._feeders = tuple(feeder.id for feeder in feeders)
        self._outlets = len(outlets)
        self._run_ms = run_ms

    def _feeder(self, table: Table) -> int:
        return self._feeders.index(table.text("feeder", self._feeders, self._feeders[0]))

    def _outlet(self, table: Table) -> int:
        return table.whole("outlet", 1, self._outlets) - 1

    def load(self, table: Table) -> LoadSpec:
        """One [[load]]."""
        kind = table.text("kind", ("constant", "profile", "household", "solar"))
        feeder = self._feeder(table)
        if kind == "constant":
            amps = _amps(table, "amps", table.take("amps", expected=_AMPS))
            spec = LoadSpec(kind, feeder, points=((0, amps),))
        elif kind == "profile":
            daily = table.flag("daily", False)
            spec = LoadSpec(kind, feeder, points=_points(table, daily), daily=daily)
        elif kind == "solar":
            spec = LoadSpec(
                kind,
                feeder,
                phases=phases(table, "phases", PHASE_NAMES),
                peak_ma=round(table.number("peak_a", 0, 250) * 1000),
                clouds=table.flag("clouds", False),
                clear_ms=table.span("clear", LoadSpec.clear_ms),
                cloud_ms=table.span("cloud", LoadSpec.cloud_ms),
                under_cloud=table.number("under_cloud", 0, 1, LoadSpec.under_cloud),
            )
        else:
            spec = LoadSpec(
                kind,
                feeder,
                phases=phases(table, "phases", PHASE_NAMES),
                dwellings=table.whole("dwellings", 1, 20, 1),
                people=table.whole("people", 1, 5, 3),
            )
        table.done()
        return spec

    def visits(self, table: Table) -> list[CarSpec]:
        """One [[car]]: one visit, or with `daily` one every 24 h to the end of the run."""
        daily = table.flag("daily", False)
        first = read_car(table, self._outlet(table))
        last_ms = self._run_ms if daily else first.arrive_ms
        found = []
        for later_ms in range(0, max(1, last_ms - first.arrive_ms + 1), DAY_MS):
            leave_ms = None if first.leave_ms is None else first.leave_ms + later_ms
            found.append(
                dataclasses.replace(first, arrive_ms=first.arrive_ms + later_ms, leave_ms=leave_ms)
            )
        return found

    def event(self, table: Table) -> EventSpec:
        """One [[event]]."""
        at_ms = table.span("at")
        kind = table.text("kind", EVENT_KINDS)
        for_ms = table.span("for", None)
        if kind in OUTLET_EVENTS:
            spec = EventSpec(at_ms, kind, for_ms, outlet=self._outlet(table))
        elif kind in PLUG_EVENTS:
            outlet = self._outlet(table)
            degrees = _degrees(table) if kind == "heat" else None
            spec = EventSpec(at_ms, kind, for_ms, outlet=outlet, degrees=degrees)
        elif kind in BOARD_EVENTS:
            spec = EventSpec(at_ms, kind, for_ms, degrees=_degrees(table))
        elif kind in LIES:
            spec = _lie(table, at_ms, kind, for_ms)
        elif kind in APPLIANCES:
            spec = self._appliance(table, at_ms, kind, for_ms)
        else:
            spec = EventSpec(at_ms, kind, for_ms)
        table.done()
        return spec

    def _appliance(self, table: Table, at_ms: int, kind: str, for_ms: int | None) -> EventSpec:
        default = PHASE_NAMES if kind in ("heat-pump", "step") else PHASE_NAMES[:1]
        amps = table.number("amps", 0, 1000) if kind == "step" else None
        return EventSpec(
            at_ms,
            kind,
            for_ms,
            feeder=self._feeder(table),
            phases=phases(table, "phases", default),
            amps_ma=None if amps is None else round(amps * 1000),
        )


def _lie(table: Table, at_ms: int, kind: str, for_ms: int | None) -> EventSpec:
    """What a sensor says instead of the truth."""
    default = PHASE_NAMES[:2] if kind == "clamps-swapped" else PHASE_NAMES
    found = phases(table, "phases", default)
    if kind == "clamps-swapped" and len(found) != 2:
        table.fail("phases", found, "two phases")
    amps = table.number("amps", 0, 100_000) if kind == "meter-shows" else None
    factor = table.number("factor", 0, 10) if kind.endswith("-times") else 1.0
    return EventSpec(
        at_ms,
        kind,
        for_ms,
        phases=found,
        amps_ma=None if amps is None else round(amps * 1000),
        factor=factor,
    )


def _degrees(table: Table) -> int:
    return table.whole("degrees", -40, 150)


_AMPS = "amps 0...1000, one number or a list of three"


def _amps(table: Table, key: str, value: Any) -> tuple[int, int, int]:
    """One number for all phases, or three -> mA per phase."""
    numbers = value if isinstance(value, list) else [value] * 3
    for number in numbers:
        if isinstance(number, bool) or not isinstance(number, int | float):
            table.fail(key, value, _AMPS)
        if not 0 <= number <= 1000:
            table.fail(key, value, _AMPS)
    if len(numbers) != 3:
        table.fail(key, value, _AMPS)
    first, second, third = (round(number * 1000) for number in numbers)
    return first, second, third


def _points(table: Table, daily: bool) -> tuple[tuple[int, tuple[int, int, int]], ...]:
    """[[time, amps], ...] in rising order; daily times are times of day such as "18:30"."""
    expected = f"a list of [{'time of day' if daily else 'time'}, amps] in rising order"
    raw = table.take("points", expected=expected)
    if not isinstance(raw, list) or not raw:
        table.fail("points", raw, expected)
    found = []
    for item in raw:
        if not isinstance(item, list) or len(item) != 2:
            table.fail("points", item, expected)
        at_ms = clock_ms(item[0]) if daily else duration_ms(item[0])
        if at_ms is None or (found and at_ms <= found[-1][0]):
            table.fail("points", item, expected)
        found.append((at_ms, _amps(table, "points", item[1])))
    return tuple(found)


def _check_visits(scenario: Scenario, file: str) -> None:
    """Two cars cannot stand at one outlet."""
    for outlet in range(len(scenario.outlets)):
        visits = sorted(
            ((car.arrive_ms, car.leave_ms) for car in scenario.cars if car.outlet == outlet),
            key=lambda visit: visit[0],
        )
        for (_, leave_ms), (arrive_ms, _) in itertools.pairwise(visits):
            if leave_ms is None or leave_ms > arrive_ms:
                raise ScenarioError(
                    f"{file}: car: one arrives at outlet {outlet + 1} at {arrive_ms / 1000:g} s"
                    ", expected the one before it to have left by then"
                )
