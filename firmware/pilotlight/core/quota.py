"""What limits several outlets together beside the fuse: power from the grid, its mean over a
quarter of an hour, what the grid operator allows, how far the phases may differ.

Each is a pool (core/shares.py), filled for each decision by `follow`. Powers in W, import
positive; currents in mA, sums of the phases at 230 V; times in ticks (ms).

Power is what the feeder's sensors tell of it, signed; where none does, or is doubted, all that
flows counts as drawn, at 230 V. What the house takes of it is what remains without all that
outlets may draw. What of that they do not take others get, so after a change it may be more than
the limit for as long as cars and sensors need to follow: that warms no conductor, those are kept
by their feeders.
"""

from micropython import const
from time import ticks_add, ticks_diff

from pilotlight.core import trust
from pilotlight.core.deadline import earlier
from pilotlight.core.peak import Peak
from pilotlight.core.shares import Pool

_VOLTS = const(230)
_BAND_W = const(105)  # smaller changes are noise, as those of current in trust.py
_BAND_PART = const(128)
_GAP_MS = const(60000)  # without a decision: nobody has asked
_AIM_MARGIN = const(100)  # a 100th below a limit, as for feeders
_QUICK_MS = const(5000)  # parts of a peak of 15 to 20 s
_BIN_MS = const(60000)
_BINS = const(15)
_LATEST = const(12)  # windows with less than 3 minutes left are past helping
_LONGEST_MS = const(4000)  # of one addition: W * ms stays a small int


def ma_of(power_w):
    """The sum of phase currents that makes `power_w` (+-1 000 000) at 230 V."""
    return power_w * 1000 // _VOLTS


def _sum(values):
    """Of those of the phases; None if one of them is not known."""
    total = 0
    for value in values:
        if value is None:
            return None
        total += value
    return total


class House:
    """What one feeder's house takes as power, W; export is negative."""

    def __init__(self, feeder):
        self.feeder = feeder
        self.net_w: "int | None" = None  # through the feeder
        self.is_signed = False
        self.now_w = 0  # what is not the outlets'; the largest there can be if nothing is known
        self._quick = Peak(_QUICK_MS)
        self._slow = Peak()
        self._sums = [0, 0, 0]
        self._followed_ms = None

    def follow(self, now_ms):
        """Take the measurement of now, once, whoever asks."""
        last_ms = self._followed_ms
        if now_ms == last_ms:
            return
        self._followed_ms = now_ms
        if last_ms is None or not 0 <= ticks_diff(now_ms, last_ms) <= _GAP_MS:
            self.begin()
        feeder = self.feeder
        self._look()
        net_w = self.net_w
        if net_w is None:
            self.now_w = 3 * feeder.base_ma(0) * _VOLTS // 1000
            self.begin()
            return
        may_draw = feeder.base.most_ma
        outlets_ma = may_draw[0] + may_draw[1] + may_draw[2]
        self.now_w = net_w - outlets_ma * _VOLTS // 1000
        self._sums[0] = self.now_w
        self._quick.take(now_ms, self._sums)
        self._slow.take(now_ms, self._sums)

    def begin(self):
        """Nothing is known of the last minute."""
        self._quick.forget()
        self._slow.forget()

    def _look(self):
        """By the best sensor that tells power, else by all currents; noise changes nothing."""
        feeder = self.feeder
        all_ma = None if feeder.level == trust.LOST else _sum(feeder.measured_ma)
        if all_ma is None:
            self.net_w, self.is_signed = None, False
            return
        all_w = all_ma * _VOLTS // 1000
        told_w = feeder.power_w
        was_w = self.net_w if self.is_signed == (told_w is not None) else None
        self.is_signed = told_w is not None
        net_w = all_w if told_w is None else told_w
        if was_w is None or abs(net_w - was_w) > _BAND_W + all_w // _BAND_PART:
            self.net_w = net_w

    def high_w(self):
        """The most it took within the last 15 to 20 s."""
        return max(self.now_w, self._quick.ma[0])

    def lasting_w(self):
        """The most it took within the last 60 to 80 s."""
        return max(self.now_w, self._slow.ma[0])

    def due_ms(self, now_ms):
        """Ticks at which one of them may become lower by itself, or None."""
        return earlier(now_ms, self._quick.due_ms(), self._slow.due_ms())


class Quota(Pool):
    """A pool of the `places` together."""

    is_order = False
    setting = "limit_w"  # the number in it that others set

    def __init__(self, name, places):
        Pool.__init__(self, name)
        self.places = places

    def follow(self, now_ms):
        """Fill it. For each decision."""

    def due_ms(self, now_ms):
        """Ticks at which it may change by itself, or None."""
        return None

    def shown(self):
        """As published (a dict)."""
        return {"name": self.name}


class Allowed(Quota):
    """What all outlets together may draw by an order of `source`: `limit_w`, whatever the house
    does.
    """

    is_order = True

    def __init__(self, source, places, limit_w):
        Quota.__init__(self, "dimming to " + str(limit_w) + " W by the " + source, places)
        self.source = source
        self.limit_w = limit_w
        self.is_strict = True

    def weight_of(self, seat):
        """By the phases that are connected: here no measurement tells where a guess fails."""
        return seat.on[0] + seat.on[1] + seat.on[2]

    def follow(self, now_ms):
        self.left_ma = ma_of(self.limit_w)


class Import(Quota):
    """Power from the grid: at most `limit_w`."""

    def __init__(self, name, house):
        Quota.__init__(self, name, house.feeder.places)
        self.house = house
        self.limit_w = 0

    def follow(self, now_ms):
        house = self.house
        house.follow(now_ms)
        high_w = house.high_w()
        self.left_ma = max(0, ma_of(self.aim_w() - high_w))
        self.spare_ma = ma_of(house.lasting_w() - high_w)

    def aim_w(self):
        """What is to flow at most, W."""
        return self.limit_w - self.limit_w // _AIM_MARGIN

    def due_ms(self, now_ms):
        return self.house.due_ms(now_ms)

    def where(self) -> "tuple":
        return self.house.feeder.name, None

    def shown(self):
        house = self.house
        return {
            "name": self.name,
            "limit_w": self.limit_w,
            "power_w": house.net_w,
            "house_w": None if house.net_w is None else house.now_w,
        }


class Quarter(Import):
    """The mean power from the grid over every 15 minutes, wherever they begin: at most `limit_w`.

    For a window that began k minutes ago what is left of its energy may be used up evenly in the
    rest of it; of all such windows the one that leaves least counts. So no clock is needed, and
    nothing is drawn in a burst.
    """

    def __init__(self, name, house):
        Import.__init__(self, name, house)
        self._bins_ws = [0] * _BINS  # of the last minutes
        self._bin = 0
        self._bin_ms = 0  # how much of this minute is over
        self._part = 0  # of 1 Ws, in W ms
        self._last_ms = None
        self._drawn_w = 0

    def follow(self, now_ms):
        self._integrate(now_ms)
        self.house.follow(now_ms)
        net_w = self.house.net_w
        if net_w is None:
            net_w = self.limit_w
        self._drawn_w = max(0, net_w)
        Import.follow(self, now_ms)

    def _integrate(self, now_ms):
        """What was drawn since the last look."""
        left_ms = 0 if self._last_ms is None else ticks_diff(now_ms, self._last_ms)
        self._last_ms = now_ms
        if not 0 <= left_ms <= _BINS * _BIN_MS:
            left_ms = 0
            for i in range(_BINS):
                self._bins_ws[i] = 0
        while left_ms > 0:
            part_ms = min(left_ms, _LONGEST_MS, _BIN_MS - self._bin_ms)
            left_ms -= part_ms
            self._part += self._drawn_w * part_ms
            self._bins_ws[self._bin] += self._part // 1000
            self._part %= 1000
            self._bin_ms += part_ms
            if self._bin_ms == _BIN_MS:
                self._bin_ms = 0
                self._bin = (self._bin + 1) % _BINS
                self._bins_ws[self._bin] = 0

    def aim_w(self):
        least_w = Import.aim_w(self)
        whole_ws = least_w * (_BIN_MS // 1000 * _BINS)
        used_ws = 0
        for k in range(_LATEST + 1):
            used_ws += self._bins_ws[self._bin - k]
            rest_s = ((_BINS - k) * _BIN_MS - self._bin_ms) // 1000
            least_w = min(least_w, (whole_ws - used_ws) // rest_s)
        return max(0, least_w)

    def due_ms(self, now_ms):
        due = self.house.due_ms(now_ms)
        return earlier(now_ms, due, ticks_add(now_ms, _BIN_MS - self._bin_ms))


class Unbalance(Quota):
    """How much more a phase may carry than another one: only what is not on all three counts."""

    setting = "limit_ma"

    def __init__(self, name, feeder, phase):
        Quota.__init__(self, name, feeder.places)
        self.feeder = feeder
        self.phase = phase
        self.limit_ma = 0

    def follow(self, now_ms):
        least_ma = min(self._house_ma(0), self._house_ma(1), self._house_ma(2))
        self.left_ma = max(0, self.limit_ma - self._house_ma(self.phase) + least_ma)

    def _house_ma(self, phase):
        """Negative where it feeds back."""
        feeder = self.feeder
        signed_ma = feeder.signed_ma[phase]
        if signed_ma is None or signed_ma >= 0:
            return feeder.base_ma(phase)
        return signed_ma - feeder.base.most_ma[phase]

    def where(self) -> "tuple":
        return self.feeder.name, "L" + str(self.phase + 1)

    def weight_of(self, seat):
        """1 for a seat that uses this phase and not all of them."""
        uses = seat.uses
        return 1 if uses[self.phase] and not (uses[0] and uses[1] and uses[2]) else 0
