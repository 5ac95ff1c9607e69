"""Equal shares of what a feeder has left, per phase. Pure arithmetic, no time.

Each seat gets 0 or at least its minimum; minima go out in the order of plugging in, the rest in
equal parts, and what one seat cannot use goes on to the others. Currents in mA per phase.
"""

# bound_by: 0...2 is the phase that stopped the seat
UNLIMITED = 3  # it has all it can use
NO_ROOM = 4  # its minimum did not fit


class Seat:
    """One outlet's place at the table of its feeder."""

    def __init__(self, phases, min_ma):
        self.on = tuple([p in phases for p in range(3)])  # which feeder phases it loads
        self.min_ma = min_ma
        # wishes, set before `share_out`
        self.wants = False
        self.cap_ma = 0
        self.rank = 0  # order of plugging in, lowest first
        # results
        self.share_ma = 0
        self.bound_by = NO_ROOM  # phase 0...2 that stopped it, or UNLIMITED, or NO_ROOM
        self.is_open_ended = False


class Table:
    """Shares out one feeder among its seats. `left_ma` is used up in the process."""

    def __init__(self, seats):
        self.seats = seats
        self.left_ma = [0, 0, 0]
        self._open = [0, 0, 0]  # open-ended seats on each phase

    def share_out(self):
        """Give every seat its `share_ma` out of `left_ma`, which the caller has set."""
        self._admit()
        while self._close_full_seats():
            step_ma = self._common_step()
            for seat in self.seats:
                if seat.is_open_ended:
                    self._give(seat, step_ma)

    def _admit(self):
        self._open[0] = self._open[1] = self._open[2] = 0
        for seat in self.seats:
            seat.share_ma = 0
            seat.bound_by = NO_ROOM
            seat.is_open_ended = False
        rank = -1
        while True:
            seat = self._next_after(rank)
            if seat is None:
                return
            rank = seat.rank
            if seat.cap_ma >= seat.min_ma and self._least_left(seat) >= seat.min_ma:
                self._give(seat, seat.min_ma)
                seat.bound_by = UNLIMITED
                self._leave_open(seat)

    def _leave_open(self, seat):
        """It may get more, until it is closed."""
        seat.is_open_ended = True
        for p in range(3):
            if seat.on[p]:
                self._open[p] += 1

    def _next_after(self, rank):
        best = None
        for seat in self.seats:
            if seat.wants and seat.rank > rank and (best is None or seat.rank < best.rank):
                best = seat
        return best

    def _least_left(self, seat):
        least_ma = 1 << 29
        for p in range(3):
            if seat.on[p] and self.left_ma[p] < least_ma:
                least_ma = self.left_ma[p]
        return least_ma

    def _give(self, seat, ma):
        seat.share_ma += ma
        for p in range(3):
            if seat.on[p]:
                self.left_ma[p] -= ma

    def _common_step(self):
        """The largest current that every open-ended seat can be given at once: 1 mA or more."""
        step_ma = 1 << 29
        for p in range(3):
            if self._open[p]:
                step_ma = min(step_ma, self.left_ma[p] // self._open[p])
        for seat in self.seats:
            if seat.is_open_ended:
                step_ma = min(step_ma, seat.cap_ma - seat.share_ma)
        return step_ma

    def _close_full_seats(self):
        """Seats at their cap, or on a phase with nothing to divide, get no more.

        False if none is left that may.
        """
        for seat in self.seats:
            if seat.is_open_ended and seat.share_ma >= seat.cap_ma:
                self._close(seat)
        for p in range(3):
            if self.left_ma[p] < self._open[p]:
                for seat in self.seats:
                    if seat.is_open_ended and seat.on[p]:
                        self._close(seat)
                        seat.bound_by = p
        return self._open[0] + self._open[1] + self._open[2] > 0

    def _close(self, seat):
        seat.is_open_ended = False
        for p in range(3):
            if seat.on[p]:
                self._open[p] -= 1
