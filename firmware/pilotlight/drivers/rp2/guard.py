"""The guard: opens a contactor when its car has left C, also while the program is stalled.

A hardware interrupt comes every 4 ms, in the middle of whatever runs. It looks at the newest
samples itself and pulls the coil's pin down; nothing in it allocates or waits. What it does not
see: an interrupt that is held off, as by an erase of the flash (docs/safety.md).

    car leaves C  ->  up to 9 ms until the samples show it  ->  10 looks (40 ms)  ->  coil off

Which levels are C with a closed contactor it is told (4...8 V, as this outlet measures them);
until then none is. D is away, too: the carrier has no output for ventilation. Bounces of 20 ms are
at most 6 looks.

After that it collects what the clamps' windows are made of (samples.py); after a gap of more
than 28 ms, and while samples are lost, the window begins anew.
"""

from array import array

import micropython
from machine import Pin, Timer, disable_irq, enable_irq
from micropython import const

from pilotlight.drivers.rp2 import samples

PERIOD_MS = 4

# words of samples.py, and those beyond them
_ORIGIN = const(0)
_NOW = const(2)
_SAMPLE = const(3)
_HIGH = const(7)
_LOST = const(9)
_NEXT = const(10)
_FILL = const(11)
_CAME_US = const(15)  # when it looked last
_CLOSED = const(16)  # coils that are on, one bit an outlet
_OPENED = const(17)  # coils that the guard has switched off
_BEATS = const(18)  # looks so far, counts up to 2^30
_LAST_SAMPLE = const(19)
_DEAD_LOOKS = const(20)  # looks without a new sample
_SIO = const(21)  # address of the pins' registers
_PIN = const(22)  # 4 words: the coil's bit in them
_AWAY = const(26)  # 4 words: looks in a row outside C
# 4 words each, where its copy has no results: sums of 6 samples between which a level is C
_FROM = const(32)
_BELOW = const(36)

_LOOKS = const(10)  # 40 ms
_CLEAR = const(6)  # register GPIO_OUT_CLR
_TIMER = const(0x40054000)
_RAW_LOW = const(10)  # word of it: microseconds
_MOST_GAP_US = const(28000)  # the ring of samples holds 32 ms


@micropython.viper
def look(words, ring):
    """One look. Runs in interrupt context."""
    w = ptr32(words)
    w[_BEATS] = (w[_BEATS] + 1) & 0x3FFFFFFF
    samples.locate(words)
    dead = w[_DEAD_LOOKS] + 1
    if w[_SAMPLE] != w[_LAST_SAMPLE]:
        dead = 0
    w[_DEAD_LOOKS] = dead
    w[_LAST_SAMPLE] = w[_SAMPLE]
    timer = ptr32(_TIMER)
    now_us = timer[_RAW_LOW]
    since_us = now_us - w[_CAME_US]
    w[_CAME_US] = now_us
    if since_us < 0 or since_us > _MOST_GAP_US or w[_LOST]:
        w[_NEXT] = w[_NOW] - ((w[_NOW] - w[_ORIGIN]) & 31)  # the clamps' window begins anew
        w[_FILL] = 0
    closed = w[_CLOSED]
    if closed == 0:
        return
    for i in range(4):
        bit = 1 << i
        if closed & bit:
            samples.level(words, ring, i >> 1, (i & 1) * 64, 2)
            away = w[_AWAY + i] + 1
            if w[_FROM + i] <= w[_HIGH] and w[_HIGH] <= w[_BELOW + i]:
                away = 0
            w[_AWAY + i] = away
            if away >= _LOOKS or dead >= _LOOKS:
                sio = ptr32(w[_SIO])
                sio[_CLEAR] = w[_PIN + i]
                w[_CLOSED] = w[_CLOSED] ^ bit
                w[_OPENED] = w[_OPENED] | bit


class Guard:
    """Watches the coils of `clockwork`'s board. `beat_pin` gets the beat where the MicroPython has
    no hard timers (before 1.26.1).
    """

    def __init__(self, clockwork, coil_pins, beat_pin):
        # words of its own: it runs in the middle of whoever works with the clockwork's
        self.words = array("i", clockwork.words)
        self.windows = array("H", bytes(samples.WINDOW_BYTES))  # of the clamps
        self._ring = clockwork.ring
        self.words[_SIO] = 0xD0000000 - (1 << 32)
        for i in range(len(coil_pins)):
            self.words[_PIN + i] = 1 << coil_pins[i]
        self._coils = [Pin(pin, Pin.OUT) for pin in coil_pins]
        handler = self._on_beat
        try:
            self._timer = Timer(
                -1, period=PERIOD_MS, mode=Timer.PERIODIC, callback=handler, hard=True
            )
        except TypeError:
            self._pin = Pin(beat_pin, Pin.IN)
            self._pin.irq(handler, Pin.IRQ_RISING, hard=True)

    def _on_beat(self, _):
        look(self.words, self._ring)
        samples.collect(self.words, self._ring, self.windows)

    @property
    def beats(self):
        """Looks so far."""
        return self.words[_BEATS]

    def close(self, i):
        """Coil `i` on, watched from now on. Nothing happens if the guard has opened it and `open`
        has not been called since.
        """
        words = self.words
        state = disable_irq()
        if not words[_OPENED] >> i & 1:
            words[_AWAY + i] = 0
            words[_CLOSED] |= 1 << i
            self._coils[i].value(1)
        enable_irq(state)

    def set_edges(self, i, from_mv, below_mv):
        """Levels at outlet `i`, as measured, -13200...13200 mV, between which a car is in C."""
        self.words[_FROM + i] = (from_mv + 13200) * 4095 // 4400
        self.words[_BELOW + i] = (below_mv + 13200) * 4095 // 4400

    def open(self, i):
        """Coil `i` off; what the guard did is forgotten."""
        words = self.words
        keep = 15 ^ 1 << i
        state = disable_irq()
        self._coils[i].value(0)
        words[_CLOSED] &= keep
        words[_OPENED] &= keep
        enable_irq(state)

    def opened(self):
        """Bit `i` is set: the guard has switched coil `i` off, and `open` has not been called
        since.
        """
        return self.words[_OPENED]
