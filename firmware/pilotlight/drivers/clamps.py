"""Current clamps: raw converter counts of one window to true RMS per channel, integers only.

A window is `samples` counts (0-4095) per channel; its mean is taken off, so the mid-scale may
drift. Its first and its last fifth count less towards the ends, so that no whole number of mains
cycles need fit into it: 45-65 Hz. RMS is held in 1/16 count, currents are mA, times ticks_ms as
the port gives them. 0 bytes are allocated by `poll`. Magnitudes only: clamps do not tell a
direction.
"""

from array import array

from micropython import const

_FULL_SCALE = const(4095)
_MIN_SAMPLES = const(100)
_MAX_SAMPLES = const(250)
_MID_SCALE = const(2048)
_MOST_OFFSET = const(700)  # 0.56 V: a bias of two resistors of 1 % lies within 0.03 V
_LEAST = const(0)  # what `reduce` finds
_MOST = const(1)
_MEAN = const(2)
_SQUARES = const(3)
_WHOLE = const(4)  # given to it: the sum of the weights
_COUNT = const(5)  # and how many counts a window has


class Clamps:
    """Clamps on a port of the board contract.

    `gains`: per channel mA (RMS) per 100 counts (RMS), 1...32767, or None for a channel without
    a clamp. `floor_ma`: less than this is noise (0.1-0.3 A with common parts), reported as 0.
    Raises ValueError for a window that does not fit. A port may have a faster `reduce`.

    gains       may be changed at any time; acts on the next window
    shift_us    per channel, by how much it is early, for `powers`; may be changed like gains
    current_ma  per channel, None before the first window, without a clamp, and while the mean lies
                far from mid-scale: an input that hangs at one end would otherwise read no current
    rms16       per channel, 1/16 count, without floor; for commissioning
    offset      per channel, counts: mean of the window; about 2048 if the clamp's bias is sound
    is_clipped  per channel: a sample touched 0 or 4095, the current is at least what is reported
    powers      what works on each window after that: acpower.follow
    taken_ms    end of the window, None before the first
    sequence    grows by 1 with every window
    """

    def __init__(self, port, gains, floor_ma: int = 300):
        if not _MIN_SAMPLES <= port.samples <= _MAX_SAMPLES:
            raise ValueError("clamps: a window of %d, expected 100...250" % port.samples)
        channels = port.channels
        self._port = port
        self._reduce = getattr(port, "reduce", reduce)
        self._weights = weights(port.samples)
        self._found = array("i", (0, 0, 0, 0, sum(self._weights), port.samples))
        self.gains = list(gains)
        self.shift_us = [0] * channels
        self._floor_ma = floor_ma
        self.buffers = [array("H", bytes(2 * port.samples)) for _ in range(channels)]
        self.current_ma = [None] * channels
        self.rms16 = [None] * channels
        self.offset = [None] * channels
        self.is_clipped = [False] * channels
        self.powers: "tuple" = ()
        self.taken_ms = None
        self.sequence = 0

    def poll(self) -> bool:
        """Work on the newest window; True if there was a new one."""
        taken_ms = self._port.read(self.buffers)
        if taken_ms is None:
            return False
        for channel in range(len(self.buffers)):
            if self.gains[channel] is not None:
                self._measure(channel)
        self.taken_ms = taken_ms
        self.sequence += 1
        for power in self.powers:
            next(power)
        return True

    def _measure(self, channel):
        found = self._found
        self._reduce(self.buffers[channel], self._weights, found)
        mean, squares, whole = found[_MEAN], found[_SQUARES], found[_WHOLE]
        self.offset[channel] = mean
        self.is_clipped[channel] = found[_LEAST] <= 0 or found[_MOST] >= _FULL_SCALE
        # in 1/256 count^2, divided before it is multiplied: at most 4192257 * 256 < 2^30
        mean_square = squares // whole * 8192 + squares % whole * 8192 // whole
        rms16 = _root(mean_square)
        self.rms16[channel] = rms16
        # rms16 <= 32760, gain <= 32767: the product is below 2^30
        current_ma = rms16 * self.gains[channel] // 1600
        if not -_MOST_OFFSET <= mean - _MID_SCALE <= _MOST_OFFSET:
            current_ma = None
        elif current_ma < self._floor_ma:
            current_ma = 0
        self.current_ma[channel] = current_ma


def weights(samples):
    """What the counts of a window weigh: 32, and in the fifths at its ends 32 (3 t^2 - 2 t^3)."""
    ramp = samples // 5
    found = bytearray(samples)
    for i in range(samples):
        t = min(2 * i + 1, 2 * (samples - i) - 1, 2 * ramp)  # in half samples
        found[i] = (8 * t * t * (3 * ramp - t) + ramp**3 // 2) // ramp**3
    return found


def reduce(counts, weights, found):
    """Put least, most, mean and the sum of w (x - mean)^2 / 32 into `found`.

    The sum stays a small int whatever the counts are: numbers within 0...4095 lie no further
    around their own mean, weighed alike, than half of them at either end (Popoviciu). So it is at
    most 250 * 2047.5^2 = 1 048 064 063, and some 200 for what is rounded: below 2^30.
    """
    whole = found[_WHOLE]
    total = whole // 2
    for i in range(found[_COUNT]):
        total += counts[i] * weights[i]
    mean = total // whole
    total = 0
    for i in range(found[_COUNT]):
        distance = counts[i] - mean
        total += (distance * distance * weights[i] + 16) >> 5
    found[_LEAST] = min(counts)
    found[_MOST] = max(counts)
    found[_MEAN] = mean
    found[_SQUARES] = total


def _root(square):
    """Return the square root of 0...2^30-1, rounded to nearest."""
    root = 0
    bit = 1 << 14
    while bit:
        trial = root + bit
        if trial * trial <= square:
            root = trial
        bit >>= 1
    return root + 1 if square - root * root > root else root
