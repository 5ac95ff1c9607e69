"""The wallbox of a baseline: what every policy's chargers have in common. Times in ms, mA.

It follows IEC 61851-1 in the plainest way: PWM when there is an offer, contactor closed 500 ms
after the car asks, x1 before it opens, 6 s at most until it does, 5 s rest. A car in B that has
had PWM for a while does not ask for anything (it is full): it keeps its 6 A and is not counted.
"""

from pilotlight_host.sim.plant import Plant

MIN_MA = 6000
X1 = 10000
_CLOSE_MS = 500
_FORCE_MS = 6000
_REST_MS = 5000
_FULL_MS = 15_000  # no car takes longer from PWM to C
Three = tuple[int, int, int]


def duty_of(offer_ma: int) -> int:
    """Duty in 1/100 % (IEC 61851-1 Annex A), rounded down."""
    if offer_ma < MIN_MA:
        return X1
    if offer_ma <= 51_000:
        return offer_ma // 6
    return 8500 if offer_ma < 52_500 else min(offer_ma, 80_000) // 25 + 6400


class Charger:
    """`offer_ma` is the policy's to set; the rest is for it to read."""

    def __init__(self, plant: Plant, number: int, max_ma: int):
        self.number = number
        self.max_ma = max_ma
        self.wires = plant.scenario.outlets[number].wires
        self.offer_ma = 0
        self.letter = "A"
        self.is_plugged = False
        self.asks = False  # a car is there and waits or charges
        self.plugged_ms = 0
        self.charging_ms: int | None = None  # current has been flowing since
        self._plant = plant
        self._letter_ms = 0
        self._pwm_ms: int | None = None  # PWM since
        self._x1_ms = 0
        self._opened_ms = -_REST_MS
        self._acted_ma = 0  # the offer at the last step
        self._quiet_ms = 0  # nothing depends on time any more from then on

    @property
    def drawn_ma(self) -> Three:
        """What its own meter shows, per feeder phase."""
        first, second, third = self._plant.outlet_ma(self.number)
        return first, second, third

    @property
    def is_closed(self) -> bool:
        """Current can flow."""
        return self._plant.coil(self.number)

    def step(self, now_ms: int) -> None:
        """Read the pilot, drive duty and contactor."""
        letter = self._plant.car_state(self.number)
        if letter == self.letter and self.offer_ma == self._acted_ma and self.is_idle(now_ms):
            return
        if letter != self.letter:
            if self.letter == "A":
                self.plugged_ms = now_ms
            self.letter, self._letter_ms = letter, now_ms
            self._stir(now_ms)
        self.is_plugged = letter != "A"
        self.asks = letter in "CD" or (letter == "B" and not self._is_full(now_ms))
        if not self.is_plugged:
            self.offer_ma = 0
        self._pilot(now_ms)
        self._contactor(now_ms)
        self._acted_ma = self.offer_ma

    def _stir(self, now_ms: int) -> None:
        """Something has begun that depends on time."""
        self._quiet_ms = now_ms + _FULL_MS + 1000

    def is_idle(self, now_ms: int) -> bool:
        """Nothing of it depends on time."""
        return now_ms > self._quiet_ms

    def _is_full(self, now_ms: int) -> bool:
        since_ms = None if self._pwm_ms is None else max(self._pwm_ms, self._letter_ms)
        return since_ms is not None and now_ms - since_ms >= _FULL_MS

    def _pilot(self, now_ms: int) -> None:
        duty = duty_of(self.offer_ma)
        if duty == X1 and self.is_plugged and not self.asks:
            duty = duty_of(MIN_MA)
        if duty == X1 and self._pwm_ms is not None:
            self._pwm_ms, self._x1_ms = None, now_ms
            self._stir(now_ms)
        elif duty != X1 and self._pwm_ms is None:
            self._pwm_ms = now_ms
            self._stir(now_ms)
        self._plant.set_duty(self.number, duty)

    def _contactor(self, now_ms: int) -> None:
        is_ready = self.letter in "CD"
        if self.is_closed:
            is_forced = self._pwm_ms is None and now_ms - self._x1_ms >= _FORCE_MS
            if not is_ready or is_forced:
                self._plant.set_contactor(self.number, False)
                self._opened_ms = now_ms
                self._stir(now_ms)
                self.charging_ms = None
        elif is_ready and self.offer_ma >= MIN_MA and now_ms - self._letter_ms >= _CLOSE_MS:
            if now_ms - self._opened_ms >= _REST_MS:
                self._plant.set_contactor(self.number, True)
                self.charging_ms = now_ms
