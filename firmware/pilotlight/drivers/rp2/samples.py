"""Reads the ring of ADC samples: where its cycles begin, and what was sampled in them.

The converter fills a ring of 2048 rounds without the CPU (clockwork.py). A round is one sample
of each of the four inputs, 15.625 us; 64 rounds are a period of the pilots (1 ms), 512 a cycle of
the select lines (8 ms), so the ring holds four cycles. Where in the ring a cycle begins is
measured, not assumed: from the DMA's write address and the counter of the slowest select line,
read in the same instant.

Sums of raw counts in, no unit; rounds are taken modulo 2048. All of it is viper: it runs in the
control step and in the guard's interrupt, and allocates nothing. The clamps' windows are
collected in the interrupt: however late a step is, none has a gap.

`words` is an array("i"), see the names below. `ring` is the buffer of the samples.
"""

import micropython
from micropython import const

# ------------------------------------------------------------------ words

_ORIGIN = const(0)  # first round that began at or after the beginning of a cycle, 0...511
_LAG = const(1)  # how much after it, 1/16 round, 0...15
_NOW = const(2)  # rounds before this one are complete, 0...2047
_SAMPLE = const(3)  # samples before this one are complete, 0...8191
_DMA_A = const(4)  # address of the registers of the two channels that take turns
_DMA_B = const(5)
_COUNTER = const(6)  # address of the counter of the slowest select line: 62500 in 8 ms
_HIGH = const(7)  # results of `level`: sums
_LOW = const(8)
LOST = const(9)  # not 0: a sample was dropped, and all after it stand at the wrong place
_NEXT = const(10)  # `collect`: round at which the next frame begins
_FILL = const(11)  # `collect`: frames in the window that is being filled
_HALF = const(12)  # `collect`: 0 or 1, the half that is being filled
_WINDOWS = const(13)  # `collect`: windows completed, counts up to 2^30
_ENDED = const(14)  # `collect`: ticks (us) of the look of the guard that completed the newest one
HIGH_MV = 32  # results of `outlet`: mV at the pilot terminal, and sums of 6
LOW_MV = 33
PROXIMITY = 34
MIRROR = 35
RESIDUAL = 36
_RESULTS = const(32)

WORDS = 40  # 15...31 are the guard's (guard.py)
_CAME_US = const(15)

_ADC_FCS = const(0x4004C008)  # state of the converter's FIFO
_FCS_OVER = const(1 << 11)
_CLAMP_INPUT = const(2)
FRAMES = 200  # a window of the clamps: 100 ms of 500 us frames
_FRAMES = const(200)
WINDOW_BYTES = 2 * 2 * 3 * FRAMES  # of two windows: one is filled, the other one read


@micropython.viper
def locate(words):
    """Where the converter is now, and where cycles begin. Call it with interrupts off.

    62500 counts are 8192/16 rounds: x 8590 / 65536 is that within 1/16. Sample `_SAMPLE` began
    within 2 us of this instant.
    """
    w = ptr32(words)
    dma = ptr32(w[_DMA_A])
    if (dma[3] >> 24) & 1 == 0:  # not busy: it is the other one's turn
        dma = ptr32(w[_DMA_B])
    sample = (dma[1] >> 1) & 8191
    counter = ptr32(w[_COUNTER])
    begin = (sample * 4 - (((counter[0] & 0xFFFF) * 8590) >> 16)) & 8191
    origin = (begin + 15) >> 4
    w[_ORIGIN] = origin & 511
    w[_LAG] = (origin << 4) - begin
    w[_SAMPLE] = sample
    w[_NOW] = sample >> 2
    fifo = ptr32(_ADC_FCS)
    w[LOST] = fifo[0] & _FCS_OVER


@micropython.viper
def level(words: ptr32, ring: ptr16, channel: int, shift: int, periods: int):
    """Sum the newest periods of the pilot on input `channel` that has its turn `shift` (0 or 64)
    rounds after the beginning of each 128.

    High part: 3 samples a period, 31-82 us after its rising edge, when cable, divider and switch
    have settled, and 18 us before the falling edge of 6 A. Low part: the last sample that
    began at least 4 us before the next. With 10 periods the highest and the lowest one are left
    out of each sum.
    """
    now = words[_NOW]
    since = (now - words[_ORIGIN] - shift) & 127
    if since < 64:
        since += 128
    low_at = ((1019 - words[_LAG] - 4 * channel) >> 4) << 2
    high_sum = low_sum = high_max = low_max = 0
    high_min = low_min = 65535
    at = (now - since) * 4 + channel
    left = periods
    while left:
        left -= 1
        high = ring[(at + 8) & 8191] + ring[(at + 12) & 8191] + ring[(at + 16) & 8191]
        low = ring[(at + low_at) & 8191]
        high_sum += high
        low_sum += low
        if high > high_max:
            high_max = high
        if high < high_min:
            high_min = high
        if low > low_max:
            low_max = low
        if low < low_min:
            low_min = low
        at -= 512
    if periods == 10:
        high_sum -= high_max + high_min
        low_sum -= low_max + low_min
    words[_HIGH] = high_sum
    words[_LOW] = low_sum


@micropython.viper
def slow(words: ptr32, ring: ptr16, number: int) -> int:
    """Sum of 6 samples of slow signal `number` (0...15) at its newest turn: slot 3 + 4 * number of
    the cycle's 64, without the first and the last sample of the slot.
    """
    since = (words[_NOW] - words[_ORIGIN] - 24 - 32 * number) & 511
    if since < 8:
        since += 512
    at = (words[_NOW] - since + 1) * 4 + _CLAMP_INPUT
    total = 0
    left = 6
    while left:
        left -= 1
        total += ring[at & 8191]
        at += 4
    return total


@micropython.viper
def outlet(words, ring, index: int):
    """All that is known of outlet `index` (0...3), into `words`: levels over the newest ten
    periods (20 ms), and the slow signals at their newest turn.

    mv = 8 * (count * 3300 / 4095 - 1650): a sum of 24 x 1100 / 4095 (17604 / 65536), one of 8 x
    3300 / 4095 (52813 / 65536), less 13200; within 1 mV.
    """
    w = ptr32(words)
    level(words, ring, index >> 1, (index & 1) * 64, 10)
    w[_RESULTS] = ((w[_HIGH] * 17604) >> 16) - 13200
    w[_RESULTS + 1] = ((w[_LOW] * 52813) >> 16) - 13200
    w[_RESULTS + 2] = int(slow(words, ring, index))
    w[_RESULTS + 3] = int(slow(words, ring, 4 + index))
    w[_RESULTS + 4] = int(slow(words, ring, 8 + index))


@micropython.viper
def collect(words, ring, windows):
    """Take every frame that is complete into `windows`: 2 halves x 3 clamps x 200 counts.

    A frame is one count per clamp, the mean of 6 samples within 94 us; it begins every 500 us.
    To be called right after the guard's look, which begins a window anew after a gap.
    """
    w = ptr32(words)
    r = ptr16(ring)
    out = ptr16(windows)
    drift = (w[_NEXT] - w[_ORIGIN]) & 31  # the cycle's beginning may move by a round
    begin = w[_NEXT] - drift
    if drift >= 16:
        begin += 32
    left = (w[_NOW] - begin) & 2047
    if left > 1984:  # that is a step back: the frame has not begun
        return
    fill = w[_FILL]
    while left >= 32:
        base = w[_HALF] * 3 * _FRAMES + fill
        at = (begin + 1) * 4 + _CLAMP_INPUT
        for clamp in range(3):
            total = 3 + r[at & 8191] + r[(at + 4) & 8191] + r[(at + 8) & 8191]
            total += r[(at + 12) & 8191] + r[(at + 16) & 8191] + r[(at + 20) & 8191]
            out[base + clamp * _FRAMES] = (total * 43691) >> 18
            at += 32
        begin += 32
        left -= 32
        fill += 1
        if fill == _FRAMES:
            fill = 0
            w[_HALF] = 1 - w[_HALF]
            w[_WINDOWS] = (w[_WINDOWS] + 1) & 0x3FFFFFFF
            w[_ENDED] = w[_CAME_US] & 0x3FFFFFFF
    w[_FILL] = fill
    w[_NEXT] = begin & 2047


@micropython.viper
def reduce(counts: ptr16, weights: ptr8, found: ptr32):
    """The same as drivers.clamps.reduce, and a tenth of its time."""
    least = 65535
    most = 0
    total = found[4] >> 1
    i = found[5]
    while i:
        i -= 1
        x = counts[i]
        total += x * weights[i]
        if x < least:
            least = x
        if x > most:
            most = x
    mean = total // found[4]
    total = 0
    i = found[5]
    while i:
        i -= 1
        x = counts[i] - mean
        total += (x * x * weights[i] + 16) >> 5
    found[0] = least
    found[1] = most
    found[2] = mean
    found[3] = total


@micropython.viper
def product(volts: ptr16, amps: ptr16, weights: ptr8, found: ptr32) -> int:
    """The same as drivers.acpower.product."""
    first = found[3]
    i = found[4]
    total = 0
    while i:
        i -= 1
        v = (volts[found[0] + i] - found[1]) * weights[i]
        total += (v * (amps[first + i] - found[2]) + 64) >> 7
    return total


@micropython.viper
def copy(source, at: int, target, count: int):
    """Copy `count` 16-bit words from `source`, beginning with its word `at`, into `target`."""
    s = ptr16(source)
    t = ptr16(target)
    while count:
        count -= 1
        t[count] = s[at + count]


@micropython.viper
def supply_sum(ring) -> int:
    """Sum of the 512 first samples of the supply's divider."""
    r = ptr16(ring)
    total = 0
    i = 2048
    while i:
        i -= 4
        total += r[i + 3]
    return total
