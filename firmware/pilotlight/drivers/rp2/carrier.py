"""A board on the Pilotlight carrier: a Raspberry Pi Pico that drives up to four outlets.

The contract is boards/README.md, the wiring boards/pico/README.md. Pins come from the board.
"""

import sys
from time import ticks_add, ticks_diff, ticks_ms

from machine import Pin
from micropython import const, kbd_intr

from pilotlight.drivers.pace import Pace, TidyPace
from pilotlight.drivers.rp2.clamps import ClampPort
from pilotlight.drivers.rp2.clockwork import Clockwork, stop_sampling
from pilotlight.drivers.rp2.guard import Guard
from pilotlight.drivers.rp2.outlet import OutletPort
from pilotlight.drivers.rp2.pages import pages, spool
from pilotlight.drivers.rp2.resets import WATCHDOG_MS, Resets, keep_alive
from pilotlight.drivers.rp2.rs485 import Rs485
from pilotlight.drivers.rp2.usb import UsbConsole

_X1 = const(10000)
_CTRL_C = const(3)
_GUARD_MS = const(40)  # without a beat of the guard for so long nothing counts as known
_ERASE_MS = 400  # an erase of the flash, at worst: code and interrupts stand still


def rest(pins):
    """Every output off, while no program runs. A watchdog that runs already (a soft reset does not
    stop it) is fed until one does.
    """
    for pin in pins.CONTACTORS:
        Pin(pin, Pin.OUT, value=0)
    Pin(pins.RESIDUAL_TEST, Pin.OUT, value=0)
    for pin in pins.PILOTS:
        Pin(pin, Pin.OUT, value=1)  # x1
    stop_sampling()
    keep_alive()


class Panel:
    """Button to ground and LED."""

    def __init__(self, button, led):
        self._button = Pin(button, Pin.IN, Pin.PULL_UP)
        self._led = Pin(led, Pin.OUT, value=0)

    @property
    def is_pressed(self):
        """The button is held down."""
        return self._button.value() == 0

    def set_led(self, is_on):
        """The status LED."""
        self._led.value(is_on)


class Carrier:
    """Built from `pins`, the data of a board: an object with the names used below.

    Without a beat of the guard it says so on the console, and nothing is ever known or closed.
    """

    guard = Guard  # what it builds to watch the coils

    def __init__(self, name, pins):
        self.name = name
        self._coils = tuple([Pin(pin, Pin.OUT, value=0) for pin in pins.CONTACTORS])
        self._step = None  # pace of the control step
        self.outlets = []
        self.resets = Resets()
        self._test = Pin(pins.RESIDUAL_TEST, Pin.OUT, value=0)
        self.panel = Panel(pins.BUTTON, pins.LED)
        self._dimming = Pin(pins.DIMMING, Pin.IN, Pin.PULL_UP)
        self._clockwork = Clockwork(pins.PILOTS, pins.LINES, pins.ADC)
        self._guard = self.guard(self._clockwork, pins.CONTACTORS, pins.GUARD_BEAT)
        self._beat_pin = pins.GUARD_BEAT
        self._beats = 0
        self._beat_ms = ticks_add(ticks_ms(), -_GUARD_MS)
        self.outlets = [
            OutletPort(i, self._clockwork, self._guard, pins.PILOTS[i])
            for i in range(len(pins.PILOTS))
        ]
        self.clamps = ClampPort(self._guard)
        self._rs485 = pins.RS485
        self._clock = next(pin for pin, hz in pins.LINES if hz == 1000)
        self.network = self.wall_clock = None
        self.storage = ""  # the root of the file system
        self.pages = pages()
        self.spool = spool()
        self.console = UsbConsole()
        self.capabilities = {
            "outlets": len(self.outlets),
            "clamps": self.clamps.channels,
            "max_ma": pins.MAX_MA,
            "contactor_readback": True,
            "proximity": True,
            "plug_temperature": True,
            "residual_current": True,
            "residual_test": True,
            "dimming": True,
            "network": False,
            "modem": False,
            "watchdog_ms": WATCHDOG_MS,
            "hold_ms": 0,
            "guard": True,
            "storage_stall_ms": _ERASE_MS,
        }

    # ------------------------------------------------------------------ the control step

    def latch(self, now_ms):
        """Take the input image out of the ring of samples."""
        is_sound = self._clockwork.locate() and self._is_guarded(now_ms)
        opened = self._guard.opened()
        for port in self.outlets:
            port.latch(now_ms, is_sound, opened)

    def _is_guarded(self, now_ms):
        beats = self._guard.beats
        if beats != self._beats:
            self._beats = beats
            self._beat_ms = now_ms
        return ticks_diff(now_ms, self._beat_ms) < _GUARD_MS

    def commit(self, now_ms):
        """Outputs are at the terminals already."""
        self.resets.tick(now_ms)

    def safe(self):
        """Every contactor open, every pilot x1. From now on Ctrl-C waits for `ended`."""
        kbd_intr(-1)
        for coil in self._coils:
            coil.value(0)
        for port in self.outlets:
            port.set_contactor(False)
            port.set_duty(_X1)

    def feed(self):
        """Feed the watchdog, if the guard lives."""
        if ticks_diff(ticks_ms(), self._beat_ms) < _GUARD_MS:
            self.resets.feed()

    def ended(self, code):
        """The program has ended with every output safe. After an exception (2) the watchdog resets
        the board; else it stays at the prompt, outlets off, until somebody resets it.
        """
        stop_sampling()
        sys.path[:] = ["", ".frozen", "/lib"]  # as MicroPython has it (boards/pico/_boot.py)
        if code == 2:
            self.resets.bite()
        else:
            keep_alive()
        kbd_intr(_CTRL_C)

    # ------------------------------------------------------------------ the rest of the board

    def set_residual_test(self, is_on):
        """Let the residual-current monitors feel their test current."""
        self._test.value(is_on)

    @property
    def is_dimmed(self):
        """The contact of the grid operator is closed."""
        return self._dimming.value() == 0

    def supply_mv(self):
        """Voltage of the 5 V supply, mV, or None in the first moments."""
        return self._clockwork.supply_mv()

    def pace(self, period_ms, is_step=False):
        """The ordinary beat, which gives way to the control step; that one collects garbage in its
        pauses.
        """
        if not is_step:
            return Pace(period_ms, self._step)
        if self._guard.beats == 0:  # it has had the time in which the site was built
            said = (
                "board: the guard gets no beat on GP%d, is its wire there? No outlet will work.\n"
            )
            sys.stderr.write(said % self._beat_pin)
        self._step = TidyPace(period_ms)
        return self._step

    def uart(self, name, baud, parity, stop):
        """The RS-485 port. OSError for any other name."""
        port, number, tx, rx, enable = self._rs485
        if name != port:
            raise OSError("serial port " + name + ": this board has " + port)
        return Rs485(number, tx, rx, enable, self._clock, baud, parity, stop)
