"""Real power of a feeder's clamps, by a voltage reference at one more channel. Integers only.

The reference is a channel of drivers.clamps with a gain in 1/100 V per 100 counts: its "current"
is a voltage. It is held against each clamp at the clamp's own instants: moved by the time between
two channels, by what it is early and the clamp is not, and by a third of a cycle from phase to
phase. That assumes three balanced phases, L2 a third of a cycle behind L1, and L3 behind L2. Half
a cycle away a voltage is its own negative, so a sixth is the most there is to move. How long a
cycle lasts is told by the reference against itself 5 ms later: the cosine of that angle is 0 at
50 Hz.

Times within a window are in 1/256 sample.
"""

from array import array

from pilotlight.drivers.clamps import weights


def follow(port, clamps, feeder, told):
    """A generator: each `next` works on the window of 100 ms that `clamps` at `port` have just
    worked on, and allocates nothing. `feeder` as in the site file. Leaves in `told`:

    voltage_mv        of the reference, rms; None before the first window
    power_w           of each phase, out of the mains positive
    power_factor_pct  of each phase, with the sign of its power

    None: unknown, as both are unless 50 V or more of 45-65 Hz are there, and not clipped; no
    current has no power factor. A port may have a faster `product`.
    """
    at = feeder["voltage"]["channel"] - 1
    samples = port.samples
    means = _means(port)
    channels = [clamp["channel"] - 1 for clamp in feeder["clamps"]]
    power_w: "list" = [None] * len(channels)
    percent = list(power_w)
    told["power_w"] = power_w
    told["power_factor_pct"] = percent
    while True:
        volts = clamps.current_ma[at]
        told["voltage_mv"] = volts and volts * 10
        sixth = 0
        if volts and volts >= 5000 and not clamps.is_clipped[at]:
            sixth = _sixth(clamps, means, at, samples)
        for i in range(len(channels)):
            channel = channels[i]
            power_w[i] = clamps.current_ma[channel] and None
            percent[i] = None
            if sixth and clamps.current_ma[channel]:
                ahead = _ahead(port, clamps, at, channel)
                turn = i and 3 - 2 * i
                part16 = _in_phase(clamps, means, at, channel, ahead + turn * sixth, sixth)
                if turn:
                    part16 = -part16
                factor = (part16 * 200 // clamps.rms16[channel] + 1) // 2
                percent[i] = max(-100, min(100, factor))
                power_w[i] = part16 * clamps.gains[channel] // 12800 * (volts // 10) // 1250
        yield


def _means(port):
    """What multiplies, the weights, and what `product` finds its way by."""
    margin = 2 * port.samples // 25  # 8 ms are the most there is to move
    weigh = weights(port.samples - 2 * margin)
    found = array("i", (0, 0, 0, margin, len(weigh), sum(weigh)))
    return getattr(port, "product", product), weigh, found


def _ahead(port, clamps, at, channel):
    """How much later than the reference itself a channel's own voltage stands in the window."""
    us = (channel - at) * getattr(port, "skew_us", 0)
    us += clamps.shift_us[channel] - clamps.shift_us[at]
    return us * 64 * port.samples // 25000


def _sixth(clamps, means, at, samples):
    """A sixth of a cycle of channel `at`; 0 if that is none of 45-65 Hz."""
    quarter = samples // 20
    x = _in_phase(clamps, means, at, at, quarter << 8, 1) * 4096 // clamps.rms16[at]
    angle = 6434 - x - x * (x * x >> 12) // 24576  # of `quarter`, 4096ths
    sixth = quarter * 1098069 // angle
    return sixth if 6 * samples < sixth < 10 * samples else 0


def _in_phase(clamps, means, at, channel, ahead, sixth):
    """The part of a channel, 1/16 count, that is in phase with channel `at` so much later."""
    measure, weigh, found = means
    found[0] = found[3] + (ahead >> 8)
    found[1] = clamps.offset[at]
    found[2] = clamps.offset[channel]
    ahead &= 255
    total = measure(clamps.buffers[at], clamps.buffers[channel], weigh, found)
    found[0] += 1
    later = measure(clamps.buffers[at], clamps.buffers[channel], weigh, found)
    total += (later - total) // 256 * ahead
    part16 = total * 2 // (found[5] * clamps.rms16[at] >> 14)
    # a straight line between two samples cuts the corner of a wave
    return part16 + part16 * ahead * (256 - ahead) // (2 * sixth * sixth)


def product(volts, amps, weights, found):
    """The sum of w v i / 128 over `found`[4] samples: v from number [0] on, less their mean [1], i
    from number [3] on, less their mean [2].

    A weight is at most 32, and no distance above 4095: 250 times (4095^2 * 32 + 64) / 128 are
    1 048 064 125, below 2^30.
    """
    total = 0
    for i in range(found[4]):
        v = (volts[found[0] + i] - found[1]) * weights[i]
        total += (v * (amps[found[3] + i] - found[2]) + 64) >> 7
    return total
