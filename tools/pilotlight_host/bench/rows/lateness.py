"""How late control steps are while MQTT runs, and while its broker is gone."""

from __future__ import annotations

from ..board import probed
from ..figure import Figure, Options, Row
from ..network import BOARD, WHERE, broker, charge, networked_site, waver
from ..world import World

BUDGET_MS = 20
_UP_MS = _DOWN_MS = 60_000
_CHARGE_MS = 5000


def measure(_: Options) -> list[Figure]:
    """A minute with the broker, and one after it was killed."""
    with broker() as mosquitto, probed(BOARD, networked_site(mosquitto), ppp=True) as probe:
        world = World(probe.pico)
        world.connect_meter()
        probe.exec("app_on_board.py")
        probe.start("lateness.py", RUN_MS=_CHARGE_MS + _UP_MS + _DOWN_MS)
        charge(world)
        waver(world, _UP_MS)
        mosquitto.kill()
        waver(world, _DOWN_MS)
        printed = probe.finished()
    rows = [line.split() for line in printed.splitlines()]
    told = {row[0]: [int(word) for word in row[1:]] for row in rows}
    if sum(told["up"]) < _UP_MS // 40:
        raise RuntimeError(f"the broker was there for {sum(told['up'])} steps only")
    return [*_figures("broker", told["up"]), *_figures("no_broker", told["down"])]


def _figures(name: str, histogram: list[int]) -> list[Figure]:
    """`histogram`: steps that were 0, 1, ... ms late."""
    late = [ms for ms, count in enumerate(histogram) for _ in range(count)]
    if not late:
        raise RuntimeError(f"{name}: no steps")
    shown = ", ".join(f"{ms} ms: {count}" for ms, count in enumerate(histogram) if count)
    return [
        Figure(f"late.{name}.99%", late[len(late) * 99 // 100], "ms", compared=False),
        Figure(f"late.{name}.max", late[-1], "ms", most=BUDGET_MS, compared=False, note=shown),
    ]


ROW = Row(
    "lateness",
    "how late control steps are, 4 outlets charging, broker there and killed",
    WHERE,
    "board.pace of the control step: device/lateness.py",
    measure,
)
