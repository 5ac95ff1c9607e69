"""The guard that also lets outputs expire: 60 ms after the latest refresh, in interrupt context.

So they go off however busy the program is, or stuck in writing to a computer that does not read.
A coil that went off so counts as opened by the guard: it stays off until `open` was called.
"""

from array import array

import micropython
from machine import disable_irq, enable_irq
from micropython import const
from pico_pins import Pins

from pilotlight.drivers.rp2 import samples
from pilotlight.drivers.rp2.guard import Guard, look

HOLD_MS = 60

_LOOKS = const(16)  # 60...64 ms of 4 ms
_CLOSED = const(16)  # words of guard.py
_OPENED = const(17)
_SIO = const(21)
_CLEAR = const(6)

# words of the hold
_SINCE = const(0)  # looks since the latest refresh; at `_LOOKS` everything is off
_COILS = const(1)  # bits of the coils' pins
_COMPARE = const(2)  # 4 words: addresses of the pilots' compare values

_PWM_CC = const(0x4005000C)
_SLICE = const(0x14)


@micropython.viper
def expire(hold, words):
    """Count a look; at the last one every coil off, every pilot x1. Runs in interrupt context."""
    h = ptr32(hold)
    if h[_SINCE] >= _LOOKS:
        return
    h[_SINCE] += 1
    if h[_SINCE] < _LOOKS:
        return
    w = ptr32(words)
    sio = ptr32(w[_SIO])
    sio[_CLEAR] = h[_COILS]
    w[_OPENED] = w[_OPENED] | w[_CLOSED]
    w[_CLOSED] = 0
    for i in range(4):
        compare = ptr32(h[_COMPARE + i])
        compare[0] = -1  # above the counter's end on both channels: constantly high


class HoldingGuard(Guard):
    """`refresh` at least every 60 ms, or every output is off."""

    def __init__(self, clockwork, coil_pins, beat_pin):
        coils = 0
        for pin in coil_pins:
            coils |= 1 << pin
        self._hold = array("i", [_LOOKS, coils])
        for pin in Pins.PILOTS:
            self._hold.append(_PWM_CC + _SLICE * (pin >> 1 & 7))
        super().__init__(clockwork, coil_pins, beat_pin)

    def _on_beat(self, _):
        look(self.words, self._ring)
        expire(self._hold, self.words)
        samples.collect(self.words, self._ring, self.windows)

    @property
    def has_expired(self):
        """Every output is off, for want of a refresh."""
        return self._hold[_SINCE] >= _LOOKS

    def refresh(self):
        """Outputs hold from now on. True if they had expired: then they are off."""
        state = disable_irq()
        has_expired = self.has_expired
        self._hold[_SINCE] = 0
        enable_irq(state)
        return has_expired
