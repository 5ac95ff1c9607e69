"""Clamp port of the carrier: 3 channels, 2000 samples/s each, windows of 100 ms.

A frame every 500 us holds one count per clamp, 125 us apart, each the mean of 6 conversions within
94 us: that takes 1.3 % off the 19th harmonic of 50 Hz and 0.1 % off the 5th.
"""

from array import array
from time import ticks_add, ticks_diff

from micropython import const

from pilotlight.drivers.rp2 import samples

_CHANNELS = const(3)
_FRAMES = const(200)
_MOST_GAP_MS = const(28)  # the ring holds 32
_HALF = const(12)
_WINDOWS = const(13)
_AGE = const(14)


class ClampPort:
    """The contract's clamp port on `clockwork`'s ring. `collect` belongs into every `latch`."""

    product = staticmethod(samples.product)
    channels = _CHANNELS
    samples = _FRAMES
    window_ms = 100
    skew_us = 125

    def __init__(self, clockwork):
        self._clockwork = clockwork
        self.reduce = samples.reduce
        self._windows = array("H", bytes(2 * 2 * _CHANNELS * _FRAMES))
        self._collected_ms = None
        self._seen = 0
        self._ended_ms = None

    def collect(self, is_sound):
        """Take what has been sampled since the last call; after a gap the window begins anew.

        The gap is measured where the converter was located: a garbage collection may lie between
        the step's own time and that.
        """
        words, last_ms = self._clockwork.words, self._collected_ms
        now_ms = self._clockwork.located_ms
        self._collected_ms = now_ms if is_sound else None
        if not is_sound:
            return
        if last_ms is None or ticks_diff(now_ms, last_ms) > _MOST_GAP_MS:
            samples.begin_window(words)
            return
        samples.collect(words, self._clockwork.ring, self._windows)
        if words[_WINDOWS] != self._seen:
            self._seen = words[_WINDOWS]
            self._ended_ms = ticks_add(now_ms, -(words[_AGE] >> 6))

    def read(self, buffers):
        """The newest window not yet read, into `buffers`; its end as ticks, or None."""
        ended_ms = self._ended_ms
        self._ended_ms = None
        if ended_ms is None:
            return None
        at = (1 - self._clockwork.words[_HALF]) * _CHANNELS * _FRAMES
        for buffer in buffers:
            samples.copy(self._windows, at, buffer, _FRAMES)
            at += _FRAMES
        return ended_ms
