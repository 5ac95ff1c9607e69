"""What pulses at one outlet prove about wires: who sees them, on which phase, which way round.

A pulse: the car is told the least, more, the least again; each time, when all stands still, the
sensors are averaged. One pulse proves little, as a house switches loads when it likes. So

- what the house has changed meanwhile is no evidence: before and after differ by more than a
  quarter of the step;
- a phase that moved by half of the step or more, and by no more than a car may draw, was moved;
  one that moved by less than a quarter was not; in between nothing is said;
- something is proven when it was seen LEAD times more than all that contradicts it.

With power beside the current a pulse tells a direction, too: what a car adds has a power factor
near 1. A clamp at another phase than its voltage shows one near -0.5, or 0.5 if it is turned round
as well.

Currents in mA (magnitudes, as sensors tell them), power in W, phases 0, 1, 2.
"""

from micropython import const

from pilotlight.core import trust

LEAD = 3
STILL, MOVES = range(2)
STRAIGHT, TURNED, ACROSS = range(3)
# beside which clamp stands a phase of the meter
ORDERS = ((0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0))

_MOVED_MA = const(500)  # more is no noise
# from one sample to the next, 100 ms apart or more: the house, or a car that is there already
_EDGE_MA_PER_MS = const(10)
_EDGE_MA = const(2000)
_NEAR_MA = const(500)  # clamps and meter, beside 5 %
_OVER_MA = const(1000)  # what a car may draw more than it is told, and a sensor show
_SURE_PCT = const(70)
_LEAST_PCT = const(25)
_NOMINAL_V = const(230)


def proven(counts):
    """Which of several things was seen so much more often than the others, or None."""
    for i in range(len(counts)):
        if 2 * counts[i] - sum(counts) >= LEAD:
            return i
    return None


class Eye:
    """One sensor: a source of the feeder with this number (0...)."""

    def __init__(self, feeder, source):
        self.feeder = feeder
        self.source = source
        self.name = source.name
        self.calm = 0  # looks since it has moved, bit by bit as cars do
        self.levels: "list" = [None, None, None]  # means: low, high, low
        self.ways = [[0, 0, 0] for _ in range(source.phases)]  # pulses: STRAIGHT...
        self._sequence = None
        self._edge_ma = min(_EDGE_MA, _EDGE_MA_PER_MS * source.period_ms)
        self._anchor_ma = [0, 0, 0]
        self._last_ma = [0, 0, 0]
        self.begin()

    def watch(self):
        """Something else was told: wait for what it does."""
        self.calm = 0
        for p in range(3):
            self._anchor_ma[p] = self._last_ma[p]

    def begin(self):
        """An average begins."""
        self.count = 0  # samples
        self._has_power = True
        self._sum_ma = [0, 0, 0]
        self._sum_w = [0, 0, 0]

    def look(self):
        """Take its newest sample, if there is one."""
        source = self.source
        self.calm += 1
        if source.level != trust.LOST and source.sequence != self._sequence:
            self._sequence = source.sequence
            self.count += 1
            watts = source.power.get("power_w")
            self._has_power = self._has_power and bool(watts)
            for p in range(source.phases):
                ma = source.raw_ma[p]
                if abs(ma - self._anchor_ma[p]) > _MOVED_MA:
                    self._anchor_ma[p] = ma
                    if abs(ma - self._last_ma[p]) < self._edge_ma:
                        self.calm = 0
                self._last_ma[p] = ma
                self._sum_ma[p] += ma
                self._has_power = self._has_power and watts[p] is not None
                if self._has_power:
                    self._sum_w[p] += watts[p]

    def mean(self):
        """(mA, W or None) of each phase since `begin`; None: it has said nothing."""
        count = self.count
        if not count:
            return None
        watts = [w // count for w in self._sum_w] if self._has_power else None
        return [ma // count for ma in self._sum_ma], watts

    def take(self, moves, step_ma, told_ma):
        """One pulse of `step_ma` up to `told_ma` is in `levels`: count it in `moves` (of each
        phase STILL, MOVES) and `ways`.
        """
        for p in range(len(moves)):
            rise_ma = rise([level[0][p] for level in self.levels], step_ma // 4)
            if rise_ma is None:
                continue
            if 4 * abs(rise_ma) < step_ma:
                moves[p][STILL] += 1
            elif step_ma <= 2 * abs(rise_ma) and abs(rise_ma) <= told_ma + _OVER_MA:
                moves[p][MOVES] += 1
                self._take_power(p, abs(rise_ma))

    def _take_power(self, phase, ma):
        """Without a reference its power is a meter's, which knows its own phases."""
        watts = [level[1] and level[1][phase] for level in self.levels]
        if None in watts:
            return
        volts = (self.source.power.get("voltage_mv") or 0) // 1000
        more_w = (2 * watts[1] - watts[0] - watts[2]) // 2
        percent = abs(more_w) * 10000 // ((volts or _NOMINAL_V) * ma // 10)
        way = STRAIGHT if more_w > 0 else TURNED
        if volts and percent < _SURE_PCT:
            way = ACROSS
        if percent >= _LEAST_PCT:
            self.ways[phase][way] += 1


def seen(moves):
    """Of L1, L2, L3: True: it moves, False: it does not, None: nobody knows. A phase without a
    sensor does not.
    """
    told: list = [False, False, False]
    for p in range(len(moves)):
        found = proven(moves[p])
        told[p] = None if found is None else found == MOVES
    return told


def rise(values, most):
    """By how much the middle one of three lies above both others, which differ by `most` at most;
    None if they do not, or one is unknown.
    """
    if None in values or abs(values[2] - values[0]) > most:
        return None
    return (2 * values[1] - values[0] - values[2]) // 2


class Orders:
    """In which orders the clamps of a feeder fit its meter."""

    def __init__(self):
        self.is_used = False
        self._misfits = [0] * len(ORDERS)  # more than fits

    def take(self, clamps_ma, meter_ma, within_ma):
        """Both at the same time; they differ by 5 % and `within_ma` at most where they fit."""
        self.is_used = True
        for i in range(len(ORDERS)):
            fits = True
            for p in range(3):
                error_ma = abs(meter_ma[p] - clamps_ma[ORDERS[i][p]])
                fits = fits and error_ma <= within_ma + abs(meter_ma[p]) // 20
            self._misfits[i] = max(self._misfits[i] + (-1 if fits else 1), -LEAD)

    def left(self):
        """Those that nothing speaks against."""
        return [ORDERS[i] for i in range(len(ORDERS)) if self._misfits[i] < LEAD]


class Found:
    """What the pulses at one outlet have shown. `eyes`: all sensors, clamps before the meter of
    the same feeder.
    """

    def __init__(self, unit, eyes):
        self.unit = unit  # with its `place`
        self.eyes = eyes
        self.moves = [[[0, 0] for _ in range(eye.source.phases)] for eye in eyes]
        self.pulses = 0
        self.ended = ""  # before its time, for this reason
        self.own = [0, 0]  # pulses its own meter has not seen, and seen
        self._own_ma = [None, None, None]

    def keep(self, which):
        """Take what all show as level 0, 1 or 2: low, high, low."""
        for eye in self.eyes:
            eye.levels[which] = eye.mean()
        self._own_ma[which] = self.unit.place.metered_ma

    def move_on(self):
        """The end of one pulse is the beginning of the next."""
        self._own_ma[0] = self._own_ma[2]
        for eye in self.eyes:
            eye.levels[0] = eye.levels[2]

    def judge(self, step_ma, told_ma, orders):
        """A pulse of `step_ma` up to `told_ma` is whole. `orders`: of each feeder's clamps against
        its meter, two: by what flows and by the pulses.
        """
        self.pulses += 1
        own_ma = rise(self._own_ma, step_ma // 4)
        if own_ma is not None:
            self.own[own_ma > step_ma // 2] += 1
        for i in range(len(self.eyes)):
            if None not in self.eyes[i].levels:
                self.eyes[i].take(self.moves[i], step_ma, told_ma)
        for i in range(len(self.eyes) - 1):
            clamps, meter = self.eyes[i], self.eyes[i + 1]
            is_pair = clamps.feeder == meter.feeder and clamps.source.phases == 3
            if is_pair and None not in clamps.levels and None not in meter.levels:
                levels, steps = orders[clamps.feeder]
                levels.take(clamps.levels[2][0], meter.levels[2][0], _NEAR_MA)  # low: sharper
                steps.take(_steps(clamps), _steps(meter), step_ma // 4)

    def is_heard(self):
        """All have said something since they began."""
        return all([eye.count for eye in self.eyes])

    def is_proven(self):
        """More pulses would tell nothing more, of those that are heard."""
        if self.pulses < LEAD:
            return False
        for i in range(len(self.eyes)):
            if self.eyes[i].levels[2] and None in seen(self.moves[i]):
                return False
        return True


def _steps(eye):
    low, high, after = [level[0] for level in eye.levels]
    return [high[p] - (low[p] + after[p]) // 2 for p in range(3)]


def terminals(phases, seen):
    """The feeder phases on the terminals of an outlet, if `seen` (True, False of L1, L2, L3) is
    what its car uses: a car of one phase uses the first terminal, one of two the first and second.
    `phases`: as they are thought to be, one or three. What is not seen follows the turning field.
    """
    used = [p for p in range(3) if seen[p]]
    if len(used) == 1 and len(phases) == 1:
        return used
    ring = list(phases) if len(phases) == 3 else [0, 1, 2]
    first = used[0] if len(used) == 1 else phases[0]
    if len(used) == 2:
        missing = next(p for p in ring if p not in used)
        first = ring[(ring.index(missing) + 1) % 3]
    at = ring.index(first)
    return ring[at:] + ring[:at]


def hangs_on(moved, above, own):
    """The feeder that an outlet hangs on. `moved`: of each feeder True, False, or None: nobody
    knows; `above`: the one it hangs on, or None; `own`: the outlet's as it is thought to be.
    Returns that if nothing speaks against it, the only other one that fits, or None.
    """
    fit = []
    for f in range(len(above)):
        line = line_of(f, above)
        if all([moved[g] is None or moved[g] == (g in line) for g in range(len(above))]):
            fit.append(f)
    if own in fit:
        return own
    return fit[0] if len(fit) == 1 else None


def line_of(feeder, above):
    """The feeder and all above it."""
    line = [feeder]
    while above[line[-1]] is not None:
        line.append(above[line[-1]])
    return line
