"""Cars by name: what of `CarSpec` differs from a usual car. Facts section 10; currents in mA.

They are caricatures of one habit each, drawn from public bug reports, not measurements of a car.
"""

from typing import Any

MODELS: dict[str, dict[str, Any]] = {
    "usual": {},
    # power factor and limits make it stop below 8 A; it pauses to cool
    "zoe": {"min_ma": 8000, "max_ma": 32000, "quirk": "pauses"},
    "tesla": {"ready_ms": 17_000, "quirk": "toggles-early"},
    "tesla-after-outage": {"s2_stuck": True, "quirk": "stays-in-c"},
    "kona": {"s2_stuck": True},
    "ix3": {"quirk": "pulses-c"},
    "bmw-phev": {"phases": 1, "quirk": "glitches"},
    "leaf": {"phases": 1, "max_ma": 32000, "quirk": "bounces"},
    "sleeper": {"phases": 1, "quirk": "sleeps"},
    # lets the low part reach -10.4 V only
    "e-up": {"phases": 2, "leak_ohm": 6500},
    "e-corsa": {"quirk": "toggles-at-low-current"},
    "chatter": {"ready_ms": 22_000, "quirk": "chatters"},
    "greedy": {"ignores_limit": True},
    "diode-shorted": {"diode": "shorted"},
    "diode-missing": {"diode": "open"},
}
