"""The board with a network: a real broker on this PC, reached over PPP.

Sockets live in real time, so simulated time does not run ahead of it, and no two runs are alike.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pilotlight_host.debian import ensure_mosquitto
from pilotlight_host.sim.broker import Mosquitto

from .board import ON
from .site import site
from .world import World

BOARD = "pico_ppp"
WHERE = f"{ON} ({BOARD}): MQTT over PPP to a Mosquitto on this PC"
OUTLETS = 4
_PEER = "10.0.5.1"  # this PC as the board sees it
_WAVER_MS = 2000


@contextmanager
def broker() -> Iterator[Mosquitto]:
    """A Mosquitto that runs."""
    found = Mosquitto(ensure_mosquitto())
    found.start()
    try:
        yield found
    finally:
        found.stop()


def networked_site(mosquitto: Mosquitto) -> dict[str, Any]:
    """Everything a site can have: 4 outlets, clamps, a meter, a broker."""
    return site(OUTLETS, meter=True, broker=(_PEER, mosquitto.port))


def charge(world: World) -> None:
    """Plug in four cars and let them charge."""
    world.run(1000, pace=True)
    world.cars("B")
    world.run(2000, pace=True)
    world.cars("C")
    world.run(2000, pace=True)
    if not all(world.is_closed.values()):
        raise RuntimeError("four cars are ready, but not all contactors have closed")


def waver(world: World, ms: float, *, pace: bool = True) -> None:
    """Let the house take more and less for so long, so that there is something to decide and to
    publish. Without `pace` time may run ahead: the broker then seems a little slower.
    """
    end_us = world.now_us + 1000 * ms
    turn = 0
    while world.now_us < end_us:
        turn += 1
        world.house(5000 + 4000 * (turn % 3))
        world.run_to(min(end_us, world.now_us + 1000 * _WAVER_MS), pace=pace)
