"""The watchdog, and what is remembered of resets: three by the watchdog in ten minutes latch.

An exception that ends the program is left to the watchdog, so it counts like a stall. A reset that
somebody asked for (machine.reset, the RUN pin, power) does not count. Ages are in s.

Memory: the watchdog's scratch registers outlive every reset but a loss of power. A spare DMA
channel's address register is cleared by every reset of the chip, but not by a soft one: it tells
whether the present reset has been counted. They also keep a small number for each of four outlets.
"""

from time import ticks_add, ticks_diff, ticks_ms

from machine import WDT, Timer, mem32
from micropython import const

WATCHDOG_MS = 2000

_REASON = const(0x40058008)
_BY_TIMER = const(1)
_MARK_AT = const(0x4005800C)  # scratch 0, 1, 2
_AGES_AT = const(0x40058010)
_LATCH_AT = const(0x40058014)
_KEPT_AT = const(0x40058018)  # scratch 3: 4 bits for each outlet
_MARK = const(0x50696C6F)
_CTRL = const(0x40058000)
_ENABLED = const(1 << 30)
_COUNTED_AT = const(0x500002C0)  # DMA channel 11

_WINDOW_S = const(600)
_NEVER_S = const(0x3FFF)
_ALIVE_MS = const(500)

_alive: "list" = []  # timer and watchdog while no program runs


def keep_alive():
    """Feed a running watchdog by a timer. Only for the state in which no program runs and every
    output is off: a person may work at the prompt then.
    """
    if mem32[_CTRL] & _ENABLED and not _alive:
        dog = WDT(timeout=WATCHDOG_MS)
        _alive.append(
            Timer(-1, period=_ALIVE_MS, mode=Timer.PERIODIC, callback=lambda _: dog.feed())
        )


def _take_over():
    while _alive:
        _alive.pop().deinit()


class Resets:
    """The watchdog of the program that starts now. `is_latched`: after the third watchdog reset in
    ten minutes, until `acknowledge`. `had_no_power`: nothing was remembered.
    """

    def __init__(self):
        _take_over()
        self._dog = None
        self._first_s = self._second_s = _NEVER_S  # ages of the last two
        self.is_latched = False
        self.had_no_power = mem32[_MARK_AT] != _MARK
        if self.had_no_power:
            mem32[_KEPT_AT] = 0
        else:
            ages = mem32[_AGES_AT]
            self._first_s, self._second_s = ages & _NEVER_S, ages >> 14
            self.is_latched = mem32[_LATCH_AT] == 1
        if mem32[_COUNTED_AT] != _MARK:
            mem32[_COUNTED_AT] = _MARK
            if not self.had_no_power and mem32[_REASON] & _BY_TIMER:
                self._count()
        mem32[_MARK_AT] = _MARK
        self._keep()
        self._second_ms = ticks_ms()

    def _count(self):
        self.is_latched = self.is_latched or self._second_s <= _WINDOW_S
        self._second_s = self._first_s
        self._first_s = 0

    def _keep(self):
        mem32[_AGES_AT] = self._second_s << 14 | self._first_s
        mem32[_LATCH_AT] = 1 if self.is_latched else 0

    def kept(self, index):
        """What was kept for outlet `index` (0...3), 0...15; 0 after a loss of power."""
        return mem32[_KEPT_AT] >> 4 * index & 15

    def keep(self, index, number):
        """Keep `number` (0...15) for outlet `index` (0...3) through every reset."""
        others = mem32[_KEPT_AT] & ~(15 << 4 * index)
        mem32[_KEPT_AT] = others | number << 4 * index

    def acknowledge(self):
        """A person has looked at it."""
        self.is_latched = False
        self._first_s = self._second_s = _NEVER_S
        self._keep()

    def tick(self, now_ms):
        """Let the past grow older; to be called at least every few minutes."""
        while ticks_diff(now_ms, self._second_ms) >= 1000:
            self._second_ms = ticks_add(self._second_ms, 1000)
            self._first_s = min(self._first_s + 1, _NEVER_S)
            self._second_s = min(self._second_s + 1, _NEVER_S)
            self._keep()

    def feed(self):
        """Feed the watchdog; the first call starts it."""
        if self._dog is None:
            self._dog = WDT(timeout=WATCHDOG_MS)
        self._dog.feed()

    def bite(self):
        """Let the watchdog reset the board: it is started and not fed any more."""
        WDT(timeout=WATCHDOG_MS)
