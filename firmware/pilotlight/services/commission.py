"""What `commission` does: pulses each outlet, and finds out what sees it, where and which way.

The only means is the optional claim "commission": the outlet's own at the least and a few amperes
above in turn, those of the others at what they are offered. It can only lower what all others
permit, and lasts 15 s: if this task dies, it ends by itself. What the pulses prove:
core/commission.py; in words: findings.py. Nothing is changed by it. Currents in mA.
"""

from asyncio import create_task, sleep_ms
from time import ticks_add, ticks_ms

from micropython import const

from pilotlight.core import commission, faults

_LOOK_MS = const(100)
_VALID_MS = const(15000)
_RENEW_LOOKS = const(50)
_OWN = "pulses to find what sees it; commission(stop=True) ends that"
_HELD = "held still while another outlet is commissioned"

# below the 4 A from which on a sensor that does not follow is doubted (core/doubt.py)
_STEP_MA = const(3900)
_LEAST_MA = const(2400)  # a smaller step drowns in the house
_DUTY_MA = const(100)  # by so much less than offered a duty signals at most
_MOST_PULSES = const(12)
_MOST_TRIES = const(14)
_MOST_REFUSALS = const(3)  # of a raise
_PATIENCE_LOOKS = const(600)  # 60 s for a raise, or for a car that does not charge now

_LEAST_LOOKS = const(100)  # cars react within 5 s, and may have moved only a little 4 s later
_METER_LOOKS = const(100)  # a meter may show it so much later
_CALM_LOOKS = const(60)
_CALM_METER_LOOKS = const(120)
_MOST_LOOKS = const(400)  # what is never still is averaged all the same
_MEAN_LOOKS = const(20)
_WAIT_LOOKS = const(110)  # there are telegrams that come every 10 s


class Commission:
    """Of the outlets `units` of `control`, one after the other. `site`: as it is."""

    def __init__(self, board, control, site, journal, units):
        self.is_over = False
        self._control = control
        self._site = site
        self._journal = journal
        self._units = units
        feeders = control.feeders
        self._eyes = [
            commission.Eye(f, s) for f in range(len(feeders)) for s in feeders[f].sources
        ]
        # of clamps against the meter: by what flows, and by the pulses
        self._orders = [(commission.Orders(), commission.Orders()) for _ in feeders]
        self._all = []  # Found, of each outlet
        self._held = {}  # numbers of units, and what they are held at
        self._text = "begins"
        self._looks = 0
        self._task = None
        self._pace = board.pace(_LOOK_MS)

    def start(self):
        """Begin, in a task of its own."""
        self._journal.note(ticks_ms(), "commissioning begins")
        self._task = create_task(self.run())

    def stop(self):
        """End it."""
        if self._task is not None and not self.is_over:
            self._task.cancel()
            self._end("stopped by the person")

    def told(self):
        """How far it is, or what it has found, in words."""
        if self.is_over or not self._all:
            return self._text
        found = self._all[-1]
        text = "outlet %d: %d pulses so far, 3 to 12 are needed; commission(stop=True) ends it"
        return text % (found.unit.number, found.pulses)

    async def run(self):
        """Pulse one outlet after the other."""
        try:
            for unit in self._units:
                found = commission.Found(unit, self._eyes)
                self._all.append(found)
                try:
                    await self._pulse(found)
                except ValueError as error:
                    found.ended = str(error)
                finally:
                    unit.place.is_tried = False
                self._release()
            text = await self._words()
        except Exception as error:  # noqa: BLE001 - nobody waits for this task: it must not end the program
            text = "failed, " + type(error).__name__ + ": " + str(error)
        self._end(text)

    async def _words(self):
        """What was found. Line by line: control comes in between."""
        from pilotlight.services.findings import lines

        told = []
        for some in lines(self._all, self._orders, self._site):
            told += some
            await sleep_ms(0)
        return "\n".join(told)

    def _end(self, text):
        self._release()
        self._text = text
        self.is_over = True
        self._all = []
        self._journal.note(ticks_ms(), "commissioning is over; commission() tells")

    # ------------------------------------------------------------------ claims

    def _hold(self, unit, limit_ma):
        self._held[unit.number] = limit_ma
        self._claim(unit)

    def _claim(self, unit):
        reason = _OWN if unit is self._all[-1].unit else _HELD
        until_ms = ticks_add(ticks_ms(), _VALID_MS)
        unit.claims.of("commission").put(self._held[unit.number], until_ms, reason)

    def _release(self):
        self._held = {}
        for unit in self._control.units:
            unit.claims.of("commission").clear()

    # ------------------------------------------------------------------ time

    async def _look(self, found):
        """100 ms pass."""
        await self._pace.next(self)
        self._looks += 1
        for unit in self._control.units:
            if unit.number in self._held and self._looks % _RENEW_LOOKS == 0:
                self._claim(unit)
        for eye in found.eyes:
            eye.look()

    def is_settled(self):
        """A beat may not be left out."""
        return False

    def due_ms(self, now_ms):
        """No deadline."""
        return None

    # ------------------------------------------------------------------ pulses

    async def _pulse(self, found):
        """All of one outlet. Raises ValueError with why there can be no more."""
        unit, place = found.unit, found.unit.place
        before = False
        low_ma = refusals = 0
        await self._prepare(found)
        for _ in range(_MOST_TRIES):
            if not before:
                before = await self._low(found, 0)
                low_ma = place.signalled_ma
                continue
            if not await self._up(found, low_ma):
                before = False
                refusals += 1
                if refusals == _MOST_REFUSALS:
                    raise ValueError("no room for a pulse: " + unit.claims.reason)
                continue
            high_ma = place.signalled_ma
            is_whole = await self._level(found, 1)
            before = await self._low(found, 2)
            if is_whole and before:
                found.judge(high_ma - low_ma, high_ma, self._orders)
            found.move_on()
            if found.pulses >= _MOST_PULSES or found.is_proven():
                return

    async def _prepare(self, found):
        """Its car charges, and the others are held still."""
        if not found.eyes:
            raise ValueError("no feeder has a sensor to see it by")
        found.unit.place.is_tried = True
        await self._until(found, lambda: _is_charging(found.unit))
        for other in self._control.units:
            if other is not found.unit:
                self._hold(other, other.place.offered_ma)

    async def _low(self, found, which):
        """Tell it the least, and take level `which`."""
        unit = found.unit
        self._hold(unit, unit.place.min_ma)
        await self._until(found, lambda: _is_told(unit, unit.place.min_ma))
        return await self._level(found, which)

    async def _up(self, found, low_ma):
        """Tell it more. False if that cannot be."""
        unit, place = found.unit, found.unit.place
        self._hold(unit, low_ma + 2 * _STEP_MA)  # it rises by half of the way
        for _ in range(_PATIENCE_LOOKS):
            await self._look(found)
            _check(unit)
            step_ma = place.offered_ma - low_ma
            if step_ma >= _LEAST_MA:
                self._hold(unit, place.offered_ma)
                await self._until(found, lambda: _is_told(unit, place.offered_ma))
                return True
            if step_ma > 0:
                self._hold(unit, low_ma + _STEP_MA)
        return False

    async def _until(self, found, condition):
        """Wait for it, for 60 s."""
        for _ in range(_PATIENCE_LOOKS):
            if condition():
                return
            await self._look(found)
            _check(found.unit)
        raise ValueError(_why(found.unit))

    async def _level(self, found, which):
        """Wait until all stands still, and leave what each sensor shows. False: it is spoilt."""
        told, looks = self._told(), 0
        has_meter = found.unit.place.metered_ma is not None
        for eye in found.eyes:
            eye.watch()
            has_meter = has_meter or eye.name != "clamps"
        calm = _CALM_METER_LOOKS if has_meter else _CALM_LOOKS
        least = _LEAST_LOOKS + _METER_LOOKS if has_meter else _LEAST_LOOKS
        is_calm = False
        while looks < least or (looks < _MOST_LOOKS and not is_calm):
            await self._look(found)
            looks += 1
            is_calm = all([eye.calm > calm for eye in found.eyes])
            if self._told() != told:
                return False
        for eye in found.eyes:
            eye.begin()
        looks = 0
        while looks < _MEAN_LOOKS or (looks < _WAIT_LOOKS and not found.is_heard()):
            await self._look(found)
            looks += 1
            if self._told() != told:
                return False
        found.keep(which)
        return True

    def _told(self):
        """What all outlets are told; who is open."""
        return [unit.place.signalled_ma * 2 + unit.place.is_closed for unit in self._control.units]


def _is_charging(unit):
    place = unit.place
    return place.is_closed and place.is_ready and place.signalled_ma > 0


def _is_told(unit, limit_ma):
    """It offers that or less, and the pilot says so."""
    place = unit.place
    is_said = 0 <= place.offered_ma - place.signalled_ma < _DUTY_MA
    return _is_charging(unit) and place.offered_ma <= limit_ma and is_said


def _check(unit):
    if not unit.place.is_plugged:
        raise ValueError("no car is plugged in")


def _why(unit):
    """Why it does not charge as it should."""
    if unit.outlet.fault:
        return faults.NAMES[unit.outlet.fault]
    if unit.place.signalled_ma and not unit.place.is_closed:
        return "the car does not ask for current, or not for long"
    return unit.claims.reason


def answer(job, outlet, stop, parts):
    """What is typed: (the Commission that is there then or None, words). `job`: the one before;
    `outlet`: a number or None; `parts`: to make another. Raises ValueError.
    """
    if stop:
        if job is None:
            return None, "there is nothing to end"
        if job.is_over:
            return None, "forgotten"
        job.stop()
        return job, job.told()
    if job is not None and (outlet is None or not job.is_over):
        if outlet is not None:
            raise ValueError("one at a time: commission(stop=True) ends the one that goes on")
        return job, job.told()
    job = Commission(*parts)
    job.start()
    return job, "takes 2 to 20 minutes an outlet; then commission() tells what was found"
