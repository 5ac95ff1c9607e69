"""One outlet as the balancer sees it. Currents in mA per phase, times in ticks (ms)."""

from pilotlight.core import shares, trust
from pilotlight.core.deadline import earlier, unless_passed
from pilotlight.core.habit import Habit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pilotlight.core.need import Need

FAST, MIN_SOLAR, SOLAR = MODES = ("fast", "min+solar", "solar")  # core/solar.py says what they do

METER_MS = 5000  # readings of an outlet's meter that are older tell nothing of now

# Place.why: these, or what a pool or a feeder says
UNLIMITED = "all it can use"
RISING = "rising step by step"
WAITING = "waiting until the room lasts"
RESTING = "rests after a pause"
IDLE = "no car to supply"
DORMANT = "what others leave, as long as the car does not ask"
CAPPED = "limited below the minimum"


class Place(shares.Seat):
    """One outlet as the balancer sees it: inputs, and the offer that comes out."""

    def __init__(self, phases, min_ma):
        shares.Seat.__init__(self, phases, min_ma)
        self.feeders = ()  # those it hangs on, its own first; set once
        self.priority = 0  # 0...9, for the policy of that name
        # of core/solar.py; it keeps its minimum without sun until then
        self.mode, self.cloud_ms, self.is_dark = FAST, None, False
        self.need: "Need | None" = None  # of its car, if somebody has told it
        self.phases = len(phases)  # so many are connected; None: not known, counted as all
        self._wired = phases
        self.habit = Habit(self.on, self.uses)
        # inputs, set before `decide`
        self.is_plugged = False
        self.is_asking = False  # and its car wants current
        self.is_ready = False  # the car is in C
        self.is_closed = False  # current can flow
        self.can_open = False  # and would stop if its contactor were told to open
        self.signalled_ma = self.allowed_ma = 0  # the second by everybody but the balancer
        self.is_tried = False  # what it does while somebody sends pulses is no habit
        # what its own meter shows on the phase with the most, if it has one, and what it proves to
        # be drawn on each phase that its car uses
        self.metered_ma, self.least_ma = None, 0
        # outputs
        self.offered_ma = 0
        self.must_open = False
        self.why = IDLE
        # memory
        self.may_draw_ma = 0  # what the car may be drawing at most
        self.told_ma = 0  # signalled at the last decision
        self.follow_ms = None  # until then it may still draw what it was told before
        self.was_closed = False
        self.lull_ms = None  # sensors may show until then what was before its last change
        self.seen_by = None  # the feeder by which its car is watched
        self.hold_ms = self.slow_ms = None  # no raise before, and no small one
        self.patience_ms = None  # its car may take its time to ask until then
        # no start before; a pause before is soon; the pool that lacked room for it
        self.rest_ms = self.short_ms = self.rested_by = None
        self.turn_ms = None  # its turn, or its wait for the next one, has lasted long enough at
        self.doublings = 0  # of the rest

    def set_mode(self, mode):
        """One of MODES."""
        self.mode = mode
        self.is_floored = self.is_dark = False
        self.cloud_ms = None
        self.weigh()

    def follow_need(self, now_ms):
        """Count what its car has got of what it needs. Another car needs something else."""
        need = self.need
        if need is None:
            return
        uses = self.uses
        phases = uses[0] + uses[1] + uses[2]
        draws_ma = self.signalled_ma if self.is_closed and self.is_ready else 0
        if self.metered_ma is not None:
            draws_ma = min(self.metered_ma, self.may_draw_ma)
        need.follow(now_ms, draws_ma * phases, self.cap_ma * phases)
        if not self.is_plugged or need.is_over(now_ms):
            self.need = None

    def stir(self):
        """Another car, or a person wants it: it rests no longer, and may ask again."""
        self.rest_ms = self.patience_ms = self.turn_ms = None
        self.doublings = 0
        self.is_last = False

    def connect(self, phases):
        """So many are connected: 1 (its first), 3, or None: not known. It loads no others."""
        self.phases = phases
        used = self._wired[:1] if phases == 1 else self._wired
        on = tuple([p in used for p in range(3)])
        if on != self.on:
            self.on = on
            self.habit.connect(on)

    def hang(self, feeders):
        """What it draws flows through all `feeders`. Its own, the deepest, comes first."""
        self.feeders = tuple(sorted(feeders, key=lambda feeder: -feeder.depth))
        pools = []
        for feeder in self.feeders:
            pools += [feeder.pools[p] for p in range(3) if self.on[p]]
        self._phases = tuple(pools)
        self.join(())

    def join(self, quotas):
        """Those of `quotas` (core/quota.py) that count it limit it, too."""
        self.pools = self._phases + tuple([one for one in quotas if self in one.places])
        self.weights = [0] * len(self.pools)
        self.weigh()

    def weigh(self):
        """With what weight it takes from each pool, by the phases it uses."""
        i = 0
        for pool in self.pools:
            self.weights[i] = pool.weight_of(self)
            i += 1

    def offer(self, offered_ma):
        """Offer it, and count what may flow then."""
        more_ma = max(self.may_draw_ma, offered_ma) - max(self.may_draw_ma, self.offered_ma)
        self.offered_ma = offered_ma
        if more_ma:
            for feeder in self.feeders:
                for p in range(3):
                    if self.uses[p]:
                        feeder.room_ma[p] -= more_ma

    def reason(self):
        """Why it has its share, in words."""
        blind = self.blind_feeder()
        why = UNLIMITED
        if not self.is_asking:
            why = IDLE
        elif self.allowed_ma < self.min_ma:
            why = CAPPED
        elif blind is not None:
            why = blind.why_blind()
        elif self.is_last:
            why = DORMANT
        elif self.rest_ms is not None:
            why = RESTING if self.rested_by is None else self.rested_by.rests
        elif self.bound_by is not None:
            why = self.bound_by.reason
            if self.share_ma == 0:
                why = WAITING if self.has_room() else self.bound_by.no_room
        elif self.habit.is_starting():
            why = RISING
        return why

    def has_room(self):
        """Its minimum would fit now, but not beside what the house has taken lately."""
        i = 0
        for pool in self.pools:
            if pool.left_ma < self.min_ma * self.weights[i]:
                if not (self.is_floored and pool.is_soft):
                    return False
            i += 1
        return True

    def is_waiting(self):
        """It has nothing, and some pool is why."""
        return (
            self.starts and not self.is_last and self.share_ma == 0 and self.bound_by is not None
        )

    def blind_feeder(self):
        """The feeder whose sensors are lost, or None."""
        for feeder in self.feeders:
            if feeder.sources and feeder.level == trust.LOST:
                return feeder
        return None

    def seen_at(self):
        """The nearest feeder with sensors that are heard, or None."""
        for feeder in self.feeders:
            if feeder.sources and feeder.level != trust.LOST:
                return feeder
        return None

    def lag_ms(self):
        """What is measured of it may be so old."""
        lag_ms = 0
        for feeder in self.feeders:
            lag_ms = max(lag_ms, feeder.lag_ms)
        return lag_ms

    def is_held(self):
        """A sensor is late: nothing is raised."""
        for feeder in self.feeders:
            if feeder.level == trust.HOLD:
                return True
        return False

    def is_in_sight(self):
        """No sensor is late, and none has just come back."""
        if self.is_held():
            return False
        for feeder in self.feeders:
            if feeder.level != trust.LOST and feeder.sight_ms is not None:
                return False
        return True

    def meets(self, other):
        """They have a phase in common."""
        for p in range(3):
            if self.on[p] and other.on[p]:
                return True
        return False

    def room_ma(self):
        """What can be added now, beside all that may flow already."""
        least_ma = 1 << 29
        for feeder in self.feeders:
            for p in range(3):
                if self.uses[p]:
                    least_ma = min(least_ma, feeder.room_ma[p])
        return least_ma

    def pass_deadlines(self, now_ms):
        """Let those go that are over."""
        self.lull_ms = unless_passed(now_ms, self.lull_ms)
        self.hold_ms = unless_passed(now_ms, self.hold_ms)
        self.slow_ms = unless_passed(now_ms, self.slow_ms)
        self.rest_ms = unless_passed(now_ms, self.rest_ms)
        self.short_ms = unless_passed(now_ms, self.short_ms)
        self.turn_ms = unless_passed(now_ms, self.turn_ms)

    def due_ms(self, now_ms):
        """The first running deadline (ticks), or None."""
        due = earlier(now_ms, self.follow_ms, self.hold_ms)
        due = earlier(now_ms, due, self.lull_ms)
        due = earlier(now_ms, due, self.slow_ms)
        due = earlier(now_ms, due, self.patience_ms)
        due = earlier(now_ms, due, self.habit.quiet_ms)
        due = earlier(now_ms, due, self.habit.again_ms)
        due = earlier(now_ms, due, self.habit.left_ms)
        due = earlier(now_ms, due, self.rest_ms)
        due = earlier(now_ms, due, self.short_ms)
        return earlier(now_ms, due, self.turn_ms)
