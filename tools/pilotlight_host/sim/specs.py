"""What a scenario consists of, as dataclasses. Times in ms since its start, currents in mA."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

DAY_MS = 86_400_000
PHASE_NAMES = ("L1", "L2", "L3")
# Every run crosses a wrap of the device's 30-bit tick counter three seconds after its start.
DEFAULT_START_TICKS_MS = (1 << 30) - 3000

METER_FAULTS = {
    "meter-silent": "silent",
    "meter-exception": "exception",
    "meter-garbage": "garbage",
    "meter-half": "half",
    "meter-wrong-slave": "wrong-slave",
}
APPLIANCES = ("step", "kettle", "oven", "heat-pump")
OUTLET_EVENTS = (
    "unplug",
    "leave-c",
    "residual-trip",
    "residual-dead",
    "lock-jam",
    "second-stuck",
)
PLUG_EVENTS = ("heat", "cable-break", "sensor-lost")
BOARD_EVENTS = ("board-heat",)
# What a sensor says instead of the truth (lies.py).
METER_LIES = ("meter-frozen", "meter-shows", "meter-misses", "meter-times", "energy-back")
CLAMP_LIES = (
    "clamps-frozen",
    "clamps-swapped",
    "clamps-times",
    "clamps-astray",
    "clamps-turned",
    "clamps-shorted",
)
CLAMP_EVENTS = ("clamps-silent", *CLAMP_LIES)
LIES = (*METER_LIES, *CLAMP_LIES)
FAULTS = (*METER_FAULTS, "clamps-silent", "broker-gone", "network-gone")
ORDERS = ("dimming",)  # the contact of the grid operator closes
EVENT_KINDS = (*FAULTS, *ORDERS, *LIES, *OUTLET_EVENTS, *PLUG_EVENTS, *BOARD_EVENTS, *APPLIANCES)


@dataclass(frozen=True)
class FeederSpec:
    """Three phases behind one breaker, from site.feeders. parent: index of the one it hangs on."""

    id: str
    rating_a: float
    breaker: str
    parent: int | None = None


@dataclass(frozen=True)
class OutletSpec:
    """feeder: index; wires: feeder phases 0...2 on the outlet's L1, L2, L3; switching: a second
    contactor carries L2 and L3.
    """

    feeder: int
    wires: tuple[int, ...]
    switching: bool = False


@dataclass(frozen=True)
class LoadSpec:
    """A load of the building. points: (t_ms, mA per phase); daily: t_ms from local midnight."""

    kind: str
    feeder: int
    points: tuple[tuple[int, tuple[int, int, int]], ...] = ()
    daily: bool = False
    phases: tuple[int, ...] = ()
    dwellings: int = 1
    people: int = 3
    peak_ma: int = 0  # of a photovoltaic plant, on each of its phases
    clouds: bool = False
    clear_ms: int = 420_000  # from one cloud to the next, on average
    cloud_ms: int = 240_000  # how long one stays, on average
    under_cloud: float = 0.2  # so much of the clear sky is left then


@dataclass(frozen=True)
class CarSpec:
    """A car and its visit. Resistances in ohm, energy in Wh, current in mA, times in ms."""

    outlet: int
    arrive_ms: int
    leave_ms: int | None
    energy_wh: float
    phases: int = 3
    rotation: tuple[int, ...] | None = None
    max_ma: int = 16000
    min_ma: int = 6000
    draw: float = 0.98
    r2_ohm: int = 2740
    r3_ohm: int = 1300
    diode: str = "ok"
    leak_ohm: int | None = None  # past the diode, while the generator stands at -12 V
    cable_ohm: int | None = None
    ready_ms: int = 1500
    stop_ms: int = 1000
    start_ms: int = 1500
    react_ms: int = 500
    ramp_ma_per_s: int = 3000
    ignores_limit: bool = False
    s2_stuck: bool = False
    quirk: str = "none"


@dataclass(frozen=True)
class EventSpec:
    """Something at at_ms that lasts for_ms (None: to the end, or its natural length)."""

    at_ms: int
    kind: str
    for_ms: int | None
    outlet: int | None = None
    feeder: int = 0
    phases: tuple[int, ...] = ()
    amps_ma: int | None = None
    degrees: int | None = None
    factor: float = 1.0


@dataclass(frozen=True)
class Knobs:
    """Properties of the simulated hardware. Bounds of errors are fractions, sigma per reading."""

    pilot_noise_mv: float = 7.5  # 30 mV per sample over 16 samples
    pilot_gain_error: float = 0.0
    pilot_offset_mv: int = 0
    clamp_noise_counts: float = 1.4
    clamp_gain_error: float = 0.002
    clamp_full_scale_a: float = 70.0
    clamp_samples: int = 200
    meter_refresh_ms: int = 500
    meter_gain_error: float = 0.005
    meter_noise_ma: float = 10.0
    contactor_close_ms: int = 20
    contactor_release_ms: int = 40
    lock_travel_ms: int = 250
    residual_answer_ms: int = 30
    plug_c: int = 20
    board_c: int = 30
    frequency_hz: float = 50.0
    voltage_v: float = 230.0


@dataclass(frozen=True)
class Scenario:
    """All that a run needs. `site` is the content of the firmware's site.json, verbatim."""

    name: str
    about: str
    duration_ms: int
    seed: int
    start: datetime
    start_ticks_ms: int
    site: dict[str, Any]
    feeders: tuple[FeederSpec, ...]
    outlets: tuple[OutletSpec, ...]
    loads: tuple[LoadSpec, ...] = ()
    cars: tuple[CarSpec, ...] = ()
    events: tuple[EventSpec, ...] = ()
    knobs: Knobs = field(default_factory=Knobs)

    def line(self, feeder: int) -> tuple[int, ...]:
        """A feeder and all above it, itself first."""
        parent = self.feeders[feeder].parent
        return (feeder,) if parent is None else (feeder, *self.line(parent))
