"""A feeder over simulated minutes, for tests of core.balance. mA per phase, ms.

The cars here follow what they are told at 2 A/s, and the control step is reduced to what the
balancer sees of it: told is offered, closed is offered at least the minimum.
"""

from time import ticks_add

from pilotlight.core import trust
from pilotlight.core.balance import Balancer
from pilotlight.core.breaker import Breaker
from pilotlight.core.feeder import Feeder
from pilotlight.core.place import Place

START = (1 << 30) - 3000
RING = 1 << 30
ALL = (0, 1, 2)


class Car:
    """Draws on the phases of its place what it is told, at most `most_ma`, 2 A/s upwards."""

    def __init__(self, place, most_ma=32000):
        self.place = place
        self.on = place.on  # the phases it has
        self.rise_ma_per_s = 2000
        self.told_less_ma = 0
        self.most_ma = most_ma
        self.draws_ma = 0
        self.wakes_ms = 0  # so long after the first offer it asks; its outlet closes 400 ms later
        self._told_at = 0
        self._offered_at = None

    def obey(self, t):
        """Take the offer; told nothing, it takes 2 s to stop, unless the outlet opens at once."""
        place = self.place
        place.signalled_ma = max(0, place.offered_ma - self.told_less_ma)
        if place.offered_ma:
            self._told_at = t
        may_flow = place.is_closed or (place.offered_ma >= 6000 and self._is_awake(t))
        is_asked = t - self._told_at < 2000
        place.is_closed = place.can_open = may_flow and is_asked and not place.must_open

    def _is_awake(self, t):
        if self.wakes_ms == 0:
            return True
        if self._offered_at is None:
            self._offered_at = t
        past_ms = t - self._offered_at
        self.place.is_ready = past_ms >= self.wakes_ms
        return past_ms >= self.wakes_ms + 400

    def live(self, ms):
        told_ma = self.place.signalled_ma if self.place.is_closed else 0
        more_ma = self.rise_ma_per_s * ms // 1000
        self.draws_ma = min(told_ma, self.most_ma, self.draws_ma + more_ma)


class Site:
    """A feeder with clamps each 100 ms and cars that are ready from the start."""

    poll_ms = 100

    def __init__(self, limit_ma=35000, house_ma=5000, phases=(ALL, ALL), base_max_ma=None):
        self.t = 0
        self.step_ms = 20
        self.now_ms = START
        self.house_ma = house_ma
        self.less_ma = (0, 0, 0)
        self.is_measured = True
        self.renewed_ms = 100  # a sample shows what flowed at the latest multiple of this
        self.places = [Place(p, 6000) for p in phases]
        self.cars = [Car(place) for place in self.places]
        self.source = trust.Source("clamps", self.poll_ms)
        image = Breaker("B", limit_ma)
        self.feeder = Feeder("main", limit_ma, base_max_ma, image, (self.source,), self.places)
        self.balancer = Balancer((self.feeder,), self.places)
        self.sequence = 0
        self.shown_ma = [0, 0, 0]
        self.most_ma = 0  # highest phase current seen
        for i in range(len(self.places)):
            self.plug(i)

    def coarse(self):
        """Steps of 100 ms, as the clamps: for long stories."""
        self.step_ms = 100
        return self

    def plug(self, i, cap_ma=32000):
        place = self.places[i]
        place.is_plugged = place.is_asking = place.is_ready = True
        place.allowed_ma = cap_ma
        return self

    def unplug(self, i):
        place = self.places[i]
        place.is_plugged = place.is_asking = place.is_ready = False
        return self

    def flows_ma(self, phase):
        house_ma = self.house_ma - self.less_ma[phase]
        return house_ma + sum([c.draws_ma for c in self.cars if c.on[phase]])

    def offers(self):
        return [place.offered_ma for place in self.places]

    def run(self, ms):
        for _ in range(ms // self.step_ms):
            self._step(self.step_ms)
        return self

    def _step(self, ms):
        self.t += ms
        self.now_ms = ticks_add(self.now_ms, ms)
        for car in self.cars:
            car.live(ms)
        flows = [self.flows_ma(p) for p in range(3)]
        self.most_ma = max(self.most_ma, *flows)
        if self.t % self.renewed_ms == 0:
            self.shown_ma = flows
        if self.is_measured and self.t % self.poll_ms == 0:
            self.sequence += 1
            shown = self.shown_ma
            self.source.offer(shown[0], shown[1], shown[2], self.now_ms, self.sequence)
        else:
            self.source.is_new = False
        if self.balancer.look(self.now_ms):
            self.balancer.decide(self.now_ms)
        for car in self.cars:
            car.obey(self.t)

    def jump(self, ms):
        self.now_ms = (self.now_ms + ms) % RING
