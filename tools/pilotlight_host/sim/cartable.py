"""Reads one [[car]] table of a scenario: a model by name, and what differs from it."""

from typing import Any

from .models import MODELS
from .quirks import QUIRKS
from .specs import PHASE_NAMES, CarSpec
from .toml_read import Table


def phases(table: Table, key: str, default: Any = None) -> tuple[int, ...]:
    """A list of phase names -> indices 0...2; each at most once."""
    expected = 'a list of "L1", "L2", "L3", each at most once'
    names = table.take(key, list(default)) if default else table.take(key, expected=expected)
    fine = isinstance(names, list) and names and all(name in PHASE_NAMES for name in names)
    if not fine or len(set(names)) != len(names):
        table.fail(key, names, expected)
    return tuple(PHASE_NAMES.index(name) for name in names)


def read_car(table: Table, outlet: int) -> CarSpec:
    """The first visit of one [[car]]; `outlet` counts from 0. Raises ScenarioError."""
    has_rotation = table.has("rotation")
    model = MODELS[table.text("model", tuple(MODELS), "usual")]
    usual = CarSpec(outlet=0, arrive_ms=0, leave_ms=None, energy_wh=0, **model)
    spec = CarSpec(
        outlet=outlet,
        arrive_ms=table.span("arrive"),
        leave_ms=table.span("leave", None),
        energy_wh=table.number("energy_kwh", 0, 200) * 1000,
        phases=table.whole("phases", 1, 3, usual.phases),
        rotation=phases(table, "rotation") if has_rotation else None,
        max_ma=round(table.number("max_a", 6, 80, usual.max_ma / 1000) * 1000),
        min_ma=round(table.number("min_a", 1, 80, usual.min_ma / 1000) * 1000),
        draw=table.number("draw", 0.1, 1.5, usual.draw),
        r2_ohm=table.whole("r2_ohm", 100, 20_000, usual.r2_ohm),
        r3_ohm=table.whole("r3_ohm", 50, 20_000, usual.r3_ohm),
        diode=table.text("diode", ("ok", "shorted", "open"), usual.diode),
        leak_ohm=table.whole("leak_ohm", 100, 1_000_000, usual.leak_ohm),
        cable_ohm=table.whole("cable_ohm", 0, 10_000, None),
        ready_ms=table.span("ready", usual.ready_ms),
        stop_ms=table.span("stop", usual.stop_ms),
        start_ms=table.span("start", usual.start_ms),
        react_ms=table.span("react", usual.react_ms),
        ramp_ma_per_s=round(table.number("ramp_a_per_s", 0.1, 1000, 3) * 1000),
        ignores_limit=table.flag("ignores_limit", usual.ignores_limit),
        s2_stuck=table.flag("s2_stuck", usual.s2_stuck),
        quirk=table.text("quirk", tuple(QUIRKS), usual.quirk),
    )
    _check(table, spec)
    table.done()
    return spec


def _check(table: Table, spec: CarSpec) -> None:
    if spec.leave_ms is not None and spec.leave_ms <= spec.arrive_ms:
        table.fail("leave", spec.leave_ms / 1000, f"after arrive, {spec.arrive_ms / 1000} s")
    if spec.rotation is not None and len(spec.rotation) < spec.phases:
        table.fail("rotation", list(spec.rotation), f"{spec.phases} phases")
    if spec.min_ma > spec.max_ma:
        table.fail("min_a", spec.min_ma / 1000, f"at most max_a, {spec.max_ma / 1000}")
