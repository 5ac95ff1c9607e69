"""How the sensor of a feeder lies around its wires: judged on cars that begin to draw.

A contactor closes, and 20 s later more flows in the phases of its outlet. It is compared with
what flowed before, if no other outlet was told anything else meanwhile.

    elsewhere   of three phases one that is not the outlet's shows what a car may draw, and the
                outlet's own shows nothing: three times in a row. With a voltage reference also a
                car whose power stands across its voltage (a power factor below 0.2)
    turned      with a voltage reference: what the car draws goes the other way, at a power factor
                of -0.8 or less, three times in a row; or 40 readings more of a meter say the
                opposite of the clamp's sign than say the same
    not at all  the outlet's own meter shows at least 4 A for 5 s, and its phases less than half
                of it: counts as a reduction that is not followed (doubt.py)

The first two are only named: nobody knows what else was switched on, and the direction changes
nothing of what is decided. Currents in mA.
"""

from micropython import const

from pilotlight.core import trust

TIMES = 3  # in a row
_ENOUGH = const(40)  # readings; a start counts for a third of that
_LOOKS = const(200)
_DRAWN_LOOKS = const(50)
_DRAWN_MA = const(4000)
_CAR_MA = const(5000)  # no car draws less that it may draw
_NOTHING_MA = const(1000)
_FIFTHS = const(4)  # of the apparent power: that is a car


class Wiring:
    """What is known of one source: `turned`, bits 0, 1, 2 for its phases; `elsewhere`, starts in a
    row that showed in another phase; `is_bare`: the last one that was missed showed no current.
    """

    def __init__(self):
        self._against = [0, 0, 0]
        self.forget()

    def forget(self):
        """Begin anew."""
        self.turned = 0
        self.elsewhere = 0
        self.is_bare = False
        self._against[0] = self._against[1] = self._against[2] = 0

    def count(self, phase, is_against, weight):
        """A piece of evidence on the direction of a phase."""
        against = self._against[phase] + (weight if is_against else -weight)
        self._against[phase] = against = min(max(against, 0), _ENOUGH)
        if against == _ENOUGH:
            self.turned |= 1 << phase
        elif against == 0:
            self.turned &= ~(1 << phase)

    def compare(self, clamps, meter):
        """A reading of a meter that fits the clamps."""
        factors = clamps.power.get("power_factor_pct")
        for p in range(clamps.phases if factors else 0):
            factor, watts = factors[p], meter.power["power_w"][p]
            if factor is not None and watts is not None:
                if abs(factor) >= 80 and abs(watts) >= 500:
                    self.count(p, (factor < 0) != (watts < 0), 1)


class Start:
    """The latest start at one outlet, as one witness (doubt.py) shows it."""

    def __init__(self, feeder, place, witness):
        self.looks = 0  # left until it is judged
        self._feeder = feeder
        self._place = place
        self._witness = witness
        self._was_closed = False
        self._others = 0
        self._drawn_looks = 0
        self._before_ma = [0, 0, 0]
        self._before_w = [0, 0, 0]

    def look(self):
        """Follow it, judge it, or wait for the next one."""
        place, source = self._place, self._witness.source
        begins = place.is_closed and not self._was_closed
        self._was_closed = place.is_closed
        if source.level != trust.FRESH or not place.is_closed:
            self.looks = 0
        elif self.looks and self._told_others() != self._others:
            self.looks = 0
        elif self.looks:
            is_drawn = place.metered_ma is not None and place.metered_ma >= _DRAWN_MA
            self._drawn_looks = self._drawn_looks + 1 if is_drawn else 0
            self.looks -= 1
            if self.looks == 0:
                self._judge(source)
        elif begins:
            self.looks = _LOOKS
            self._drawn_looks = 0
        if not self.looks:
            self._others = self._told_others()
            watts = source.power.get("power_w")
            for p in range(source.phases):
                self._before_ma[p] = source.signed_ma(p) or 0
                self._before_w[p] = watts and watts[p]

    def _told_others(self):
        told = 0
        for other in self._feeder.places:
            if other is not self._place:
                told += other.signalled_ma + other.is_closed
        return told

    def _judge(self, source):
        place, wiring = self._place, self._witness.wiring
        own_ma = other_ma = largest_ma = 0
        is_across = False
        for p in range(source.phases):
            change_ma = abs(source.signed_ma(p) - self._before_ma[p])
            if place.on[p]:
                own_ma = max(own_ma, change_ma)
                largest_ma = max(largest_ma, source.raw_ma[p], abs(self._before_ma[p]))
                if change_ma >= _CAR_MA:
                    is_across = self._judge_power(source, p, change_ma) or is_across
            else:
                other_ma = max(other_ma, change_ma)
        drawn_ma = place.metered_ma if self._drawn_looks >= _DRAWN_LOOKS else 0
        if drawn_ma and own_ma < drawn_ma // 2:
            self._witness.misses += 1
            wiring.is_bare = largest_ma == 0
        elif drawn_ma:
            self._witness.misses = 0
        if own_ma < _NOTHING_MA and other_ma:
            is_across = _CAR_MA <= other_ma <= place.signalled_ma + _NOTHING_MA
        wiring.elsewhere = wiring.elsewhere + 1 if is_across else 0

    def _judge_power(self, source, phase, change_ma):
        """True if it stands across the voltage of this phase."""
        watts, volts = source.power.get("power_w"), source.power.get("voltage_mv")
        if not volts or watts[phase] is None or self._before_w[phase] is None:
            return False
        fifth_mw = volts // 1000 * change_ma // 5
        change_mw = (watts[phase] - self._before_w[phase]) * 1000
        if abs(change_mw) >= _FIFTHS * fifth_mw:
            weight = _ENOUGH // TIMES + 1 if change_mw < 0 else _ENOUGH
            self._witness.wiring.count(phase, change_mw < 0, weight)
            return False
        return change_mw < fifth_mw
