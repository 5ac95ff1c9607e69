"""A board whose pins and converters live in another process: README.md has the line protocol.

For CPython and MicroPython's unix port. Clock: ticks (ms). Where things are stands in the
environment: PILOTLIGHT_REMOTE, PILOTLIGHT_STORAGE, PILOTLIGHT_UART_<NAME>, PILOTLIGHT_CONSOLE.
"""

import os
import sys
from time import sleep_ms, ticks_add, ticks_ms

from micropython import const
from pilotlight.drivers.pace import Pace
from pilotlight.wire.address import is_numeric
from remote_link import BAD, GEAR, Link
from remote_streams import DeviceStream, Network

_X1 = const(10000)
_MOST_MV = const(15000)
_MOST_OHM = const(100000)
_MOST_AGE_MS = const(1000)
_MOST_WINDOW = const(999999999)
_ZERO = const(48)
_MINUS = const(45)
_NO_DIGIT = const(99)
_DIGITS = bytes(
    [int(chr(c), 16) if chr(c) in "0123456789abcdefABCDEF" else _NO_DIGIT for c in range(128)]
)


class OutletPort:
    """One outlet of the other side. Outputs stand in the `out` line, those of lock and ventilation
    in the `gear` line behind it (`gear_at` is None without one), at fixed places.
    """

    opened_by_guard = False  # there is none

    def __init__(self, out, at, gear_at, has_lock):
        self._out = out
        self._at = at
        self._gear_at = gear_at
        self._has_lock = has_lock
        self.is_locked = None
        self.high_mv = None
        self.low_mv = None
        self.taken_ms = None
        self.proximity_ohm = None
        self.contactor_is_closed = None
        self.residual_tripped = False

    def take(self, line, now_ms):
        """Take the fields of an `in` line; False, with nothing taken, if one is wrong."""
        high_mv = line.number(-_MOST_MV, _MOST_MV)
        low_mv = line.number(-_MOST_MV, _MOST_MV)
        age_ms = line.number(0, _MOST_AGE_MS)
        proximity_ohm = line.number(0, _MOST_OHM)
        closed = line.number(0, 1)
        tripped = line.number(0, 1)
        locked = line.number(0, 1) if self._has_lock else None
        if high_mv is None or low_mv is None or age_ms is None or tripped is None:
            return False
        if not line.is_at_end or BAD in (high_mv, low_mv, age_ms, proximity_ohm, closed, tripped):
            return False
        if locked == BAD:
            return False
        self.high_mv = high_mv
        self.low_mv = low_mv
        self.taken_ms = ticks_add(now_ms, -age_ms)
        self.proximity_ohm = proximity_ohm
        self.contactor_is_closed = None if closed is None else closed == 1
        self.residual_tripped = tripped == 1
        self.is_locked = None if locked is None else locked == 1
        return True

    def set_duty(self, duty):
        """Pilot duty in 1/100 %, 0...10000, with the next `commit`."""
        at = self._at + 4
        for _ in range(5):
            self._out[at] = _ZERO + duty % 10
            duty //= 10
            at -= 1

    def set_contactor(self, closed):
        """Coil on or off, with the next `commit`."""
        self._out[self._at + 6] = _ZERO + 1 if closed else _ZERO

    def set_lock(self, drive):
        """Lock driven towards locked, unlocked, or resting (None), with the next `commit`."""
        self._out[self._gear_at] = _MINUS if drive is None else _ZERO + 1 if drive else _ZERO

    def set_ventilation(self, is_on):
        """Ventilation on or off, with the next `commit`."""
        self._out[self._gear_at + 2] = _ZERO + 1 if is_on else _ZERO

    def rest(self):
        """Coil off, x1, and whatever else there is off."""
        self.set_duty(_X1)
        self.set_contactor(False)
        if self._gear_at is not None:
            self.set_lock(None)
            self.set_ventilation(False)


class ClampPort:
    """The clamp windows of the other side, kept as they came until somebody reads them."""

    def __init__(self, link):
        facts = link.facts
        self.channels = facts["clamps"]
        self.samples = facts["samples"]
        self.window_ms = facts["window_ms"]
        self._link = link
        self._raw = [bytearray(3 * self.samples) for _ in range(self.channels)]
        self._window = None
        self._missing = 0  # channels of this window, a bit each
        self._taken_ms = None  # of a whole window that has not been read

    def take(self, line, now_ms):
        """Take the fields of a `clamps` line; False if one of them is wrong."""
        channel = line.number(1, self.channels)
        window = line.number(0, _MOST_WINDOW)
        age_ms = line.number(0, _MOST_AGE_MS)
        if None in (channel, window, age_ms) or BAD in (channel, window, age_ms):
            return False
        if window != self._window:
            self._window = window
            self._missing = (1 << self.channels) - 1
            self._taken_ms = None
        if not line.copy_rest(self._raw[channel - 1]):
            return False
        self._missing &= ~(1 << channel - 1)
        if self._missing == 0:
            self._taken_ms = ticks_add(now_ms, -age_ms)
        return True

    def read(self, buffers):
        """The newest whole window not yet read, into `buffers`; its end as ticks, or None."""
        taken_ms = self._taken_ms
        self._taken_ms = None
        if taken_ms is None:
            return None
        for channel in range(self.channels):
            if not _decode(self._raw[channel], buffers[channel]):
                self._link.malformed += 1
                return None
        return taken_ms


class Board:
    """The board behind PILOTLIGHT_REMOTE.

    OSError with one line of text if it cannot be reached.
    """

    name = "remote"
    resets = None
    panel = None

    def __init__(self):
        address, port = _peer()
        self.outlets = []
        self.clamps = None
        self._link = Link(address, port, self._take_in, self._take_clamps)
        self._connect(address + ":" + str(port))
        facts = self._link.facts
        self._out, self._test_at = _lines(facts)
        self.outlets = [self._build_outlet(i, facts) for i in range(facts["outlets"])]
        self.safe()
        self.clamps = ClampPort(self._link) if facts["clamps"] else None
        self.network = Network()
        self.storage = os.getenv("PILOTLIGHT_STORAGE") or "."
        console = os.getenv("PILOTLIGHT_CONSOLE")
        self.console = DeviceStream(console) if console else None
        self.capabilities = _capabilities(facts)

    def _build_outlet(self, i, facts):
        gear_at = None if self._test_at is None else self._test_at + 2 + 4 * i
        return OutletPort(self._out, 4 + 8 * i, gear_at, facts["lock"] == 1)

    def _connect(self, peer):
        """Wait for the handshake; the only place that waits, before anything is energised."""
        link = self._link
        self._now_ms = ticks_ms()
        while not link.is_up:
            link.pump(ticks_ms())
            if link.trouble is not None:
                raise OSError("PILOTLIGHT_REMOTE=" + peer + ": " + link.trouble)
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

    def _tell(self):
        if self._link.is_up:
            text = "connected again"
        else:
            text = (
                "lost, " + self._link.trouble + "; every contactor opens, trying again each second"
            )
            for port in self.outlets:
                port.contactor_is_closed = port.is_locked = None
        sys.stderr.write("remote board: " + text + "\n")

    # ------------------------------------------------------------------ the rest of the board

    def pace(self, period_ms):
        """The ordinary beat."""
        return Pace(period_ms)

    def uart(self, name, baud, parity, stop):
        """The serial port `name`. OSError if it is not there."""
        key = "PILOTLIGHT_UART_" + name.upper().replace("-", "_")
        path = os.getenv(key)
        if not path:
            raise OSError("serial port " + name + ": " + key + " is not set")
        return DeviceStream(path)


def _peer():
    """Address and port of the other side, from the environment."""
    text = os.getenv("PILOTLIGHT_REMOTE")
    expected = ", expected the other side as a.b.c.d:port or localhost:port"
    if not text:
        raise OSError("PILOTLIGHT_REMOTE is not set" + expected)
    address, _, port = text.partition(":")
    if address == "localhost":
        address = "127.0.0.1"
    if not (is_numeric(address) and port.isdigit() and 1 <= int(port) <= 65535):
        raise OSError("PILOTLIGHT_REMOTE=" + text + " is wrong" + expected)
    return address, int(port)


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
        "guard": False,
        "storage_stall_ms": 0,
    }
    for key, name in (("lock", "lock"), ("ventilation", "ventilation"), ("test", "residual_test")):
        if facts[key]:
            found[name] = True
    return found


def _decode(raw, buffer):
    """Three hexadecimal digits a sample, from `raw` into `buffer`; False if one is none."""
    at = 0
    for i in range(len(buffer)):
        high, middle, low = _digit(raw[at]), _digit(raw[at + 1]), _digit(raw[at + 2])
        if high + middle + low >= _NO_DIGIT:
            return False
        buffer[i] = high << 8 | middle << 4 | low
        at += 3
    return True


def _digit(byte):
    return _DIGITS[byte] if byte < 128 else _NO_DIGIT
