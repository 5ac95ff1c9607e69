"""What of the heap is used, and what is left of it after a while."""

from __future__ import annotations

from collections.abc import Callable

from pilotlight_host.emulated import Pico
from pilotlight_host.image.build import ensure_build

from ..board import powered, run_to_first_step
from ..figure import Figure, Options, Row
from ..heapmap import Heap, look
from ..network import BOARD, WHERE, broker, charge, networked_site, waver
from ..world import World

BUDGET_BYTES = 90 * 1024
_SHORT_S, _HOUR_S = 120, 3600
_BOOT_MS = 1000
_LOOK_MS = 250
_LATEST = 120  # looks: half a minute, several collections


def measure(options: Options) -> list[Figure]:
    """The firmware as flashed: least used after boot and later, least free, largest piece."""
    with (
        broker() as mosquitto,
        powered(BOARD, {"site.json": networked_site(mosquitto)}, ppp=True) as pico,
    ):
        world = World(pico)
        world.connect_meter()
        run_to_first_step(pico)
        booted = _looks(world, _BOOT_MS, lambda ms: world.run(ms, pace=True))
        charge(world)
        span_s = _HOUR_S if options.hour else _SHORT_S
        later = _looks(world, 1000 * span_s, lambda ms: waver(world, ms, pace=not options.hour))
        _check_connected(pico)
    return _figures(booted, later, "hour" if options.hour else "2min")


def _looks(world: World, ms: float, pass_time: Callable[[float], object]) -> list[Heap]:
    """Let so much time pass, and look often: soon after a collection there is no garbage."""
    sizes = ensure_build(BOARD).sizes()
    found = []
    for _ in range(int(ms / _LOOK_MS)):
        pass_time(_LOOK_MS)
        found.append(look(world.pico, sizes))
    return found


def _check_connected(pico: Pico) -> None:
    pico.console_read()
    pico.console_write(b"status()\r")
    pico.run(pico.now_us + 2_000_000)
    said = pico.console_read().decode(errors="replace")
    if "mqtt: connected" not in said:
        raise RuntimeError(f"MQTT is not up: {said.strip()[-200:]!r}")


def _figures(booted: list[Heap], later: list[Heap], span: str) -> list[Figure]:
    latest = later[-_LATEST:]
    used = min(heap.used for heap in latest)
    return [
        Figure("heap.boot", min(heap.used for heap in booted), "bytes in use"),
        Figure("heap.running", used, "bytes in use", most=BUDGET_BYTES),
        _free(f"heap.floor.{span}", min(heap.free for heap in later), "garbage counts as used"),
        _free(f"heap.free.{span}", max(heap.free for heap in latest), "after a collection"),
        _free(f"heap.largest.{span}", max(heap.largest for heap in latest), "piece, likewise"),
    ]


def _free(name: str, value: int, note: str) -> Figure:
    return Figure(name, value, "bytes free", more_is_better=True, note=note)


ROW = Row(
    "heap",
    "heap with MQTT up and 4 outlets charging, and what is left of it",
    WHERE,
    "the heap's block table, read from outside every 0.25 s, firmware as flashed",
    measure,
)
