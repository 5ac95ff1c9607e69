"""The guard in the interrupt: what a look costs."""

from __future__ import annotations

from ..board import ON, probed
from ..figure import Figure, Options, Row
from ..site import site
from ..world import World

PERIOD_US = 4000


def measure(_: Options) -> list[Figure]:
    """us with no coil closed and with four."""
    figures = []
    with probed(site=site(4)) as probe:
        world = World(probe.pico)
        probe.exec("app_on_board.py")
        world.cars("C")
        world.run(100)
        for closed in (0, 4):
            printed = probe.exec("guard_time.py", CLOSED=closed)
            us = int(printed.split()[1])
            share = 100 * us / PERIOD_US
            note = f"{share:.1f} % of the processor, one look every 4 ms"
            figures.append(Figure(f"guard.look.{closed}", us, "us", note=note))
    return figures


ROW = Row(
    "guard",
    "a look of the guard with 0 and 4 coils closed",
    ON,
    "time.ticks_us around guard.look: device/guard_time.py",
    measure,
)
