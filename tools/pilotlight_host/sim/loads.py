"""Loads of the building as streams of (t_ms, mA per phase). Clock: ms since the start of the run.

A stream's first item is at 0 for a standing load; it yields a step only where the current changes.
"""

import random
from collections.abc import Iterator
from datetime import datetime

from .specs import DAY_MS, EventSpec, LoadSpec
from .sun import feed

Three = tuple[int, int, int]
Stream = Iterator[tuple[int, Three]]

MINUTE_MS = 60_000
KETTLE_W = 2200
KETTLE_MS = 3 * MINUTE_MS
OVEN_W = 3600  # on each of its phases
OVEN_HEAT_UP_MS = 8 * MINUTE_MS
OVEN_ON_MS = 60_000
OVEN_OFF_MS = 90_000
OVEN_MS = 40 * MINUTE_MS
HEAT_PUMP_MA = 8000
HEAT_PUMP_INRUSH = 3
HEAT_PUMP_INRUSH_MS = 200
NOTHING: Three = (0, 0, 0)


def on_phases(phases: tuple[int, ...], current_ma: int) -> Three:
    """The same current on some phases."""
    first, second, third = (current_ma if phase in phases else 0 for phase in range(3))
    return first, second, third


def standing(spec: LoadSpec, seed: str, start: datetime, run_ms: int, voltage_v: float) -> Stream:
    """The stream of a [[load]]; its first item is at 0."""
    if spec.kind == "household":
        return _household(spec, seed, start, run_ms, voltage_v)
    if spec.kind == "solar":
        return feed(spec, seed, start, run_ms)
    if spec.daily:
        return _daily(spec, start, run_ms)
    return _profile(spec)


def _profile(spec: LoadSpec) -> Stream:
    if spec.points[0][0] > 0:
        yield 0, NOTHING
    yield from spec.points


def _since_midnight_ms(start: datetime) -> int:
    midnight = start.replace(hour=0, minute=0, second=0, microsecond=0)
    return round((start - midnight).total_seconds() * 1000)


def _daily(spec: LoadSpec, start: datetime, run_ms: int) -> Stream:
    offset_ms = _since_midnight_ms(start)
    before = [amps for at_ms, amps in spec.points if at_ms <= offset_ms]
    yield 0, before[-1] if before else spec.points[-1][1]
    for day_ms in range(-offset_ms, run_ms + 1, DAY_MS):
        for at_ms, amps in spec.points:
            if day_ms + at_ms > 0:
                yield day_ms + at_ms, amps


def _household(
    spec: LoadSpec, seed: str, start: datetime, run_ms: int, voltage_v: float
) -> Stream:
    from .household import dwelling_ma  # costs half a second: only where a scenario has dwellings

    offset_ms = _since_midnight_ms(start)
    days = (offset_ms + run_ms) // DAY_MS + 1
    wires = len(spec.phases)
    rows = [[0] * (days * DAY_MS // MINUTE_MS)] * 3
    dwellings = [
        dwelling_ma(f"{seed}/{number}", start.date(), days, spec.people, wires, voltage_v)
        for number in range(spec.dwellings)
    ]
    for phase, row in zip(spec.phases, sum(dwellings[1:], dwellings[0]).tolist(), strict=True):
        rows[phase] = row
    minutes = list(zip(*rows, strict=True))
    instants = random.Random(f"{seed}/instants")  # nobody waits for a clock to switch on
    last = minutes[offset_ms // MINUTE_MS]
    yield 0, last
    for minute in range(offset_ms // MINUTE_MS + 1, len(minutes)):
        if minutes[minute] != last:
            last = minutes[minute]
            yield minute * MINUTE_MS - offset_ms + instants.randrange(MINUTE_MS), last


def appliance(event: EventSpec, voltage_v: float) -> Stream:
    """The stream of an appliance that is switched on at event.at_ms."""
    if event.kind == "oven":
        yield from _oven(event, voltage_v)
    elif event.kind == "heat-pump":
        yield from _heat_pump(event)
    elif event.kind == "kettle":
        current_ma = round(KETTLE_W * 1000 / voltage_v)
        yield event.at_ms, on_phases(event.phases, current_ma)
        yield event.at_ms + (event.for_ms or KETTLE_MS), NOTHING
    else:
        yield event.at_ms, on_phases(event.phases, event.amps_ma or 0)
        if event.for_ms is not None:
            yield event.at_ms + event.for_ms, NOTHING


def _oven(event: EventSpec, voltage_v: float) -> Stream:
    """Heats up, then a thermostat switches it."""
    on = on_phases(event.phases, round(OVEN_W * 1000 / voltage_v))
    end_ms = event.at_ms + (event.for_ms or OVEN_MS)
    t_ms = event.at_ms
    on_ms = OVEN_HEAT_UP_MS
    while t_ms < end_ms:
        yield t_ms, on
        t_ms = min(t_ms + on_ms, end_ms)
        yield t_ms, NOTHING
        t_ms += OVEN_OFF_MS
        on_ms = OVEN_ON_MS


def _heat_pump(event: EventSpec) -> Stream:
    yield event.at_ms, on_phases(event.phases, HEAT_PUMP_MA * HEAT_PUMP_INRUSH)
    yield event.at_ms + HEAT_PUMP_INRUSH_MS, on_phases(event.phases, HEAT_PUMP_MA)
    if event.for_ms is not None:
        yield event.at_ms + max(event.for_ms, HEAT_PUMP_INRUSH_MS + 1), NOTHING
