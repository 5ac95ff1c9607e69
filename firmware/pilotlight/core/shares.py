"""Who gets what of all that is limited. Pure arithmetic, no time.

A pool is an amount of current that several seats use up: one phase of a feeder, the power the site
may import, what the grid operator allows. A seat uses each of its pools by a weight: 1 for a phase
it is on, the number of its phases where the pool counts their sum. Currents in mA.

Each seat gets 0 or at least its minimum. Minima go out first, in the order of `key`, then of
`rank`; the rest goes to the seats of the lowest key, in equal parts, and what one cannot use goes
on to the others; then to those of the next key. All keys equal: equal shares. All different: one
after the other. (The rule is max-min fairness, as in Bertsekas and Gallager, Data Networks 6.5.2,
within each key.)
"""

from micropython import const

# pools of a seat that none stopped
_MOST_MA = const(0x1FFFFFFF)
_RANKS = const(1 << 20)
NOISE_MA = const(200)  # smaller reductions are noise


class Pool:
    """So much current for all seats together. `name`: what people call it."""

    def __init__(self, name):
        self.name = name
        self.reason = name + " is shared out"  # why a seat has no more
        self.no_room = name + " has no room for the minimum"
        self.rests = "rests after a pause: " + name + " had no room for the minimum"
        self.left_ma = 0  # set before `share_out`, which uses it up
        self.spare_ma = 0  # must be left beside the minimum of a seat that starts
        self.weight = 0  # of all seats that may get more
        self.is_soft = False  # no limit but a wish: floored seats get their minimum without it
        self.is_strict = False  # nobody may have a little too much
        self.band_ma = NOISE_MA  # how little, together, is noise

    def weight_of(self, seat):
        """With what weight a seat takes from it: by the number of phases it uses."""
        uses = seat.uses
        return uses[0] + uses[1] + uses[2]

    def sensor(self):
        """What it is measured by (trust.Source), or None."""
        return None

    def is_lent(self):
        """Part of it is what others seem to leave."""
        return False

    def where(self) -> "tuple":
        """(Name of the feeder, "L1"), None if it belongs to none."""
        return None, None


class Seat:
    """One outlet's place at the table."""

    def __init__(self, phases, min_ma):
        self.on = tuple([p in phases for p in range(3)])  # which feeder phases it loads
        self.uses = list(self.on)  # those that count now
        self.min_ma = min_ma
        self.pools = ()  # set once
        self.weights = []  # one for each pool; 0: it does not use it now
        # wishes, set before `share_out`
        self.wants = False
        self.starts = True  # it has nothing yet
        self.is_floored = False  # its minimum needs nothing of soft pools
        self.is_last = False  # it gets its minimum if all others leave that, and no more
        self.cap_ma = 0
        self.key = 0  # 0...511, lowest first
        self.rank = 0  # 1...2^20-1 among those of the same key, lowest first
        # results
        self.share_ma = 0
        self.bound_by: "Pool | None" = None  # what stopped it; None: it has all it can use
        self.lacks_ma = 0  # so much more of that, for its minimum
        self.is_open_ended = False
        self.turn = -1  # key and rank in one, while it wants something

    def comes_after(self, other):
        """It is served later."""
        return self.key > other.key or (self.key == other.key and self.rank > other.rank)


def uses(seat, pool):
    """The seat takes from the pool."""
    i = 0
    for one in seat.pools:
        if one is pool:
            return seat.weights[i] > 0
        i += 1
    return False


class Table:
    """Shares out pools among seats."""

    def __init__(self, seats, pools):
        self.seats = seats
        self.pools = pools

    def share_out(self):
        """Give every seat its `share_ma` out of what is left in the pools, set by the caller."""
        self._clear()
        self._admit(False)
        key = -1
        while True:
            key = self._open_after(key)
            if key < 0:
                break
            while self._close_full_seats():
                step_ma = self._common_step()
                for seat in self.seats:
                    if seat.is_open_ended:
                        self._give(seat, step_ma, False)
        self._admit(True)

    # ------------------------------------------------------------------ minima

    def _clear(self):
        for pool in self.pools:
            pool.weight = 0
        for seat in self.seats:
            seat.share_ma = 0
            seat.bound_by = None
            seat.is_open_ended = False
            # one small int
            seat.turn = seat.key * _RANKS + seat.rank if seat.wants else -1

    def _admit(self, are_last):
        turn = -1
        while True:
            seat = self.next_after(turn)
            if seat is None:
                return
            turn = seat.turn
            if seat.cap_ma >= seat.min_ma and seat.is_last is are_last:
                seat.bound_by = self._too_small(seat)
                if seat.bound_by is None:
                    self._give(seat, seat.min_ma, seat.is_floored)

    def next_after(self, turn):
        """The seat that wants something and comes next, by its `turn`; None: no more."""
        best = None
        for seat in self.seats:
            if seat.turn > turn and (best is None or seat.turn < best.turn):
                best = seat
        return best

    def _too_small(self, seat):
        """The pool in which the minimum of a seat does not fit, or None."""
        i = 0
        for pool in seat.pools:
            weight = seat.weights[i]
            least_ma = seat.min_ma * weight
            if seat.starts:
                least_ma += pool.spare_ma
            if weight and pool.left_ma < least_ma and not (seat.is_floored and pool.is_soft):
                seat.lacks_ma = least_ma - pool.left_ma
                return pool
            i += 1
        return None

    # ------------------------------------------------------------------ the rest

    def _open_after(self, key):
        """Open the seats of the next key, and return it; -1: there is none."""
        least = _RANKS
        for seat in self.seats:
            if seat.share_ma > 0 and key < seat.key < least:
                least = seat.key
        if least == _RANKS:
            return -1
        for seat in self.seats:
            if seat.share_ma > 0 and seat.key == least:
                seat.is_open_ended = True
                self._weigh(seat, 1)
        return least

    def _weigh(self, seat, sign):
        i = 0
        for pool in seat.pools:
            pool.weight += sign * seat.weights[i]
            i += 1

    def _give(self, seat, ma, is_floor):
        seat.share_ma += ma
        i = 0
        for pool in seat.pools:
            if not (is_floor and pool.is_soft):
                pool.left_ma -= ma * seat.weights[i]
            i += 1

    def _common_step(self):
        """The largest current that every open-ended seat can be given at once: 1 mA or more."""
        step_ma = _MOST_MA
        for pool in self.pools:
            if pool.weight:
                step_ma = min(step_ma, pool.left_ma // pool.weight)
        for seat in self.seats:
            if seat.is_open_ended:
                step_ma = min(step_ma, seat.cap_ma - seat.share_ma)
        return step_ma

    def _close_full_seats(self):
        """Seats at their cap, or with a pool that has nothing to divide, get no more.

        False if none is left that may.
        """
        is_open = False
        for seat in self.seats:
            if seat.is_open_ended:
                if seat.share_ma >= seat.cap_ma:
                    self._close(seat)
                else:
                    is_open = True
        for pool in self.pools:
            if pool.left_ma < pool.weight:
                self._close_all(pool)
        return is_open and self._is_any_open()

    def _close_all(self, pool):
        for seat in self.seats:
            if seat.is_open_ended and uses(seat, pool):
                self._close(seat)
                seat.bound_by = pool

    def _is_any_open(self):
        for seat in self.seats:
            if seat.is_open_ended:
                return True
        return False

    def _close(self, seat):
        seat.is_open_ended = False
        self._weigh(seat, -1)
