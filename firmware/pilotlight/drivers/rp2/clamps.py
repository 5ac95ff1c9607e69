"""Clamp port of the carrier: 3 channels, 2000 samples/s each, windows of 100 ms.

A frame every 500 us holds one count per clamp, 125 us apart, each the mean of 6 conversions within
94 us: that takes 1.3 % off the 19th harmonic of 50 Hz and 0.1 % off the 5th.
"""

from time import ticks_add, ticks_diff, ticks_ms, ticks_us

from micropython import const

from pilotlight.drivers.rp2 import samples

_CHANNELS = const(3)
_FRAMES = const(200)
_HALF = const(12)
_WINDOWS = const(13)
_ENDED = const(14)


class ClampPort:
    """The contract's clamp port on the windows that the guard's interrupt collects."""

    product = staticmethod(samples.product)
    channels = _CHANNELS
    samples = _FRAMES
    window_ms = 100
    skew_us = 125

    def __init__(self, guard):
        self._words = guard.words
        self._windows = guard.windows
        self.reduce = samples.reduce
        self._seen = 0

    def read(self, buffers):
        """The newest window not yet read, into `buffers`; returns its end as ticks, up to 4 ms
        late, or None.
        """
        words = self._words
        seen = words[_WINDOWS]
        if seen == self._seen:
            return None
        ended_ms = ticks_add(ticks_ms(), ticks_diff(words[_ENDED], ticks_us()) // 1000)
        at = (1 - words[_HALF]) * _CHANNELS * _FRAMES
        for buffer in buffers:
            samples.copy(self._windows, at, buffer, _FRAMES)
            at += _FRAMES
        if words[_WINDOWS] != seen:
            return None  # another one has come in between, which is read next
        self._seen = seen
        return ended_ms
