"""Reads of the meter against what the serial line and the meter themselves need."""

from __future__ import annotations

from pilotlight_host.shims.install import install
from pilotlight_host.sim.badline import byte_errors
from pilotlight_host.sim.badparties import Habits
from pilotlight_host.sim.lineshim import TURNAROUND_MS, Wire

from ..board import ON, probed
from ..figure import Figure, Options, Row
from ..site import site
from ..world import World

BUDGET_PERCENT = 85
_POLLS = 40
_EACH_MS = 400
_REQUEST_BYTES = 8
_FRAME_BYTES = 5  # of a reply beside its registers
_BAD_SHARE = 0.01  # of bytes
_BAD_POLLS = 20_000


def measure(_: Options) -> list[Figure]:
    """Balancing reads of an SDM630 at 9600 baud, back to back."""
    with probed(site=site(4, meter=True)) as probe:
        world = World(probe.pico)
        world.connect_meter()
        probe.exec("app_on_board.py")
        probe.start("meter_pace.py", POLLS=_POLLS)
        world.run(_POLLS * _EACH_MS)
        told = {n: int(v) for n, v in (line.split() for line in probe.finished().splitlines())}
    if told["ok"] != _POLLS:
        raise RuntimeError(f"only {told['ok']} of {_POLLS} reads were answered")
    least_us, parts = least()
    return [
        Figure(
            "meter.read", told["us"] / 1000, "ms", note=f"at least {least_us / 1000:.1f}: {parts}"
        ),
        Figure(
            "meter.of_limit",
            round(100 * least_us / told["us"], 1),
            "%",
            least=BUDGET_PERCENT,
            more_is_better=True,
        ),
        *bad_line(),
    ]


def bad_line() -> list[Figure]:
    """The same driver on this PC in virtual time, where one byte in a hundred is hit."""
    from pilotlight_host.storm.linewatch import WatchedMeter, most_per_s

    faults, habits = byte_errors(_BAD_SHARE), Habits()
    watch = WatchedMeter(1, faults, habits)
    watch.run(10, optional=1.0)  # the meter has answered its other reads as well
    outcome = watch.run(_BAD_POLLS, optional=0.0)
    most, words = most_per_s(faults, Wire(), habits)
    if outcome.wrong:
        raise RuntimeError(f"a wrong value was taken: {outcome.wrong[0]}")
    frames, readings = (n / outcome.virtual_s for n in (outcome.well, outcome.good))
    told = f"{readings:.2f} of at most {most:.2f} readings a second, {frames:.2f} good frames; "
    return [
        Figure(
            "meter.bad_line.of_limit",
            round(100 * readings / most, 1),
            "%",
            least=BUDGET_PERCENT,
            more_is_better=True,
            note=f"1 % of bytes hit, in virtual time: {told}{words}",
        )
    ]


def least() -> tuple[int, str]:
    """us that a read cannot do without, and in words."""
    install()
    from pilotlight.wire import meters

    model = meters.model("sdm630")
    count = _REQUEST_BYTES + _FRAME_BYTES + 2 * model.blocks[0].count
    wire_us = Wire().time_us(count)
    told = f"{count} bytes {wire_us / 1000:.1f} ms, the meter thinks {TURNAROUND_MS} ms, "
    told += f"it wants {model.gap_ms} ms between requests"
    return wire_us + 1000 * (TURNAROUND_MS + model.gap_ms), told


ROW = Row(
    "meter",
    "a read of the meter at 9600 baud against what line and meter need",
    f"{ON}; the meter is pymodbus in simulated time",
    "SerialMeter.poll back to back: device/meter_pace.py",
    measure,
)
