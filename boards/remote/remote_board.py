"""A board whose pins and converters are at the other end of a line (README.md), whatever carries
it. For CPython and MicroPython's unix port. Clock: ticks (ms).
"""

import sys
from time import sleep_ms, ticks_ms

from micropython import const
from pilotlight.drivers.pace import Pace
from remote_clock import WallClock
from remote_link import BAD, GEAR
from remote_ports import ClampPort, OutletPort
from remote_streams import Network

_ZERO = const(48)
_MOST_C = const(200)
_TOLD = (
    ("lock", "lock"),
    ("ventilation", "ventilation"),
    ("test", "residual_test"),
    ("plug", "plug_temperature"),
    ("dimming", "dimming"),
)


class RemoteBoard:
    """The board at the other end of what `make_link(takers)` gives; `peer` names it in messages.

    OSError with one line of text if it cannot be reached.
    """

    resets = None
    panel = None
    wall_clock = WallClock()

    def __init__(self, name, peer, make_link):
        self.name = name
        self.outlets = []
        self.clamps = None
        self.is_dimmed = None
        takers = (
            (b"in ", self._take_in),
            (b"clamps ", self._take_clamps),
            (b"slow ", self._take_slow),
        )
        self._link = make_link(takers)
        self._connect(peer)
        facts = self._link.facts
        self._out, self._test_at = _lines(facts)
        self.outlets = [self._build_outlet(i, facts) for i in range(facts["outlets"])]
        self.safe()
        self.clamps = ClampPort(self._link) if facts["clamps"] else None
        self.network = Network()
        self.console = None
        self.capabilities = _capabilities(facts)

    def _build_outlet(self, i, facts):
        gear_at = None if self._test_at is None else self._test_at + 2 + 4 * i
        return OutletPort(self._out, 4 + 8 * i, gear_at, facts)

    def _connect(self, peer):
        """Wait for the handshake; the only place that waits, before anything is energised."""
        link = self._link
        self._now_ms = ticks_ms()
        while not link.is_up:
            link.pump(ticks_ms())
            if link.trouble is not None:
                raise OSError(peer + ": " + link.trouble)
            sleep_ms(2)
        self._was_up = True

    # ------------------------------------------------------------------ the control step

    def latch(self, now_ms):
        """Take all lines that have come."""
        self._now_ms = now_ms
        self._link.pump(now_ms)
        if self._link.is_up != self._was_up:
            self._was_up = self._link.is_up
            self._tell()

    def commit(self, now_ms):
        """Send the output image, which is also the refresh."""
        for port in self.outlets:
            if port.edges is not None and not port.has_told_edges:
                port.has_told_edges = self._link.send(now_ms, port.edges)
        self._link.send(now_ms, self._out)

    def safe(self):
        """Every contactor open, every pilot x1; if that cannot be said, the connection ends."""
        for port in self.outlets:
            port.rest()
        if self._test_at is not None:
            self.set_residual_test(False)
        if self._link.is_up and not self._link.send(self._now_ms, b"safe\n"):
            self._link.drop(self._now_ms, "takes nothing")

    def set_residual_test(self, is_on):
        """Test current for all residual-current monitors, with the next `commit`."""
        self._out[self._test_at] = _ZERO + 1 if is_on else _ZERO

    def feed(self):
        """Feed the other side's watchdog."""
        self._link.send(self._now_ms, b"feed\n")

    def ended(self, code):
        """Becomes the exit code; after an exception its traceback does."""
        if code == 1:
            sys.exit(code)

    def _take_in(self, line, now_ms):
        number = line.number(1, len(self.outlets))
        return number is not None and number != BAD and self.outlets[number - 1].take(line, now_ms)

    def _take_clamps(self, line, now_ms):
        return self.clamps is not None and self.clamps.take(line, now_ms)

    def _take_slow(self, line, _now_ms):
        dimmed = line.number(0, 1)
        plugs = [line.number(-_MOST_C, _MOST_C) for _ in self.outlets]
        if dimmed == BAD or BAD in plugs or not line.is_at_end:
            return False
        self.is_dimmed = None if dimmed is None else dimmed == 1
        for i in range(len(plugs)):
            self.outlets[i].take_plug(plugs[i])
        return True

    def _tell(self):
        if self._link.is_up:
            text = "connected again"
        else:
            text = (
                "lost, " + self._link.trouble + "; every contactor opens, trying again each second"
            )
            self.is_dimmed = None
            for port in self.outlets:
                port.lose()
        sys.stderr.write(self.name + " board: " + text + "\n")

    # ------------------------------------------------------------------ the rest of the board

    def pace(self, period_ms, _is_step=False):
        """The ordinary beat."""
        return Pace(period_ms)


def _lines(facts):
    """What is sent each step, and where in it the test current stands, or None."""
    out = b"out" + b" 10000 0" * facts["outlets"] + b"\n"
    if not any([facts[key] for key in GEAR]):
        return bytearray(out), None
    gear = b"gear 0" + b" - 0" * facts["outlets"] + b"\n"
    return bytearray(out + gear), len(out) + 5


def _capabilities(facts):
    found = {
        "outlets": facts["outlets"],
        "clamps": facts["clamps"],
        "max_ma": facts["max_ma"],
        "contactor_readback": facts["readback"] == 1,
        "proximity": facts["proximity"] == 1,
        "residual_current": facts["residual"] == 1,
        "network": True,
        "telegrams": True,
        "modem": False,
        "watchdog_ms": facts["watchdog_ms"],
        "hold_ms": facts["hold_ms"],
        "guard": facts["guard"] == 1,
        "storage_stall_ms": 0,
    }
    for key, name in _TOLD:
        if facts[key]:
            found[name] = True
    return found
