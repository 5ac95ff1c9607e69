"""The board with a network for a while: broker there, then killed. Once for all rows that ask.

Sockets live in real time, so simulated time does not run ahead of it, and no two runs are alike.
"""

from __future__ import annotations

from functools import cache

from pilotlight_host.debian import ensure_mosquitto
from pilotlight_host.sim.broker import Mosquitto

from .board import ON, probed
from .site import site
from .world import World

BOARD = "pico_ppp"
WHERE = f"{ON} ({BOARD}): MQTT over PPP to a Mosquitto on this PC"
_PEER = "10.0.5.1"  # this PC as the board sees it
_OUTLETS = 4
_SHORT_S, _HOUR_S = (60, 60), (3000, 600)  # with the broker, without
_RUNNING_S = 30
_WAVER_MS = 2000

Told = dict[str, list[int]]


@cache
def soak(hour: bool) -> Told:
    """What device/soak.py tells of two minutes, or of an hour."""
    up_s, down_s = _HOUR_S if hour else _SHORT_S
    broker = Mosquitto(ensure_mosquitto())
    broker.start()
    try:
        return _soak(broker, up_s, down_s)
    finally:
        broker.stop()


def _soak(broker: Mosquitto, up_s: int, down_s: int) -> Told:
    file = site(_OUTLETS, meter=True, broker=(_PEER, broker.port))
    with probed(BOARD, file, ppp=True) as probe:
        world = World(probe.pico)
        world.connect_meter()
        probe.exec("app_on_board.py")
        before = int(probe.call("gc.collect()\nprint(gc.mem_alloc())"))
        probe.start("soak.py", RUN_MS=1000 * (up_s + down_s), RUNNING_S=_RUNNING_S)
        world.run(1000, pace=True)
        world.cars("B")
        world.run(2000, pace=True)
        world.cars("C")
        _waver(world, 1000 * up_s)
        broker.kill()
        _waver(world, 1000 * (up_s + down_s) + 1000)
        printed = probe.finished()
    rows = [line.split() for line in printed.splitlines()]
    told = {row[0]: [int(word) for word in row[1:]] for row in rows}
    told["own"] = [told["built"][0] - before]  # what the script itself has taken
    if sum(told["up"]) < 25 * up_s:
        raise RuntimeError(f"the broker was there for {sum(told['up'])} of {50 * up_s} steps only")
    return told


def _waver(world: World, until_ms: float) -> None:
    """Let the house take more and less, so that there is something to decide and to publish."""
    turn = 0
    while world.now_us < 1000 * until_ms:
        turn += 1
        world.house(5000 + 4000 * (turn % 3))
        world.run_to(min(1000 * until_ms, world.now_us + 1000 * _WAVER_MS), pace=True)
