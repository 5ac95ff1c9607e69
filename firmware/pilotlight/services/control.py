"""The control step: every 20 ms from measured levels and currents to duty and contactor.

The only writer of outputs. Everyone else leaves values with the time they were taken: sensors in
their drivers, people and network as claims. `step` allocates nothing unless something changes that
is worth an event. Times in ticks (ms), currents in mA.
"""

from micropython import const
from time import ticks_add, ticks_ms

from pilotlight.core import binding, faults, outlet, pilot, status
from pilotlight.core.deadline import earlier, unless_passed
from pilotlight.core.decisions import Decisions

STEP_MS = 20

_SUPPLY_MS = const(11000)  # a balancer that stops deciding frees nobody
_STAGGER_MS = const(300)  # between two closings: inrush of one car at a time; 8 take 2.1 s
_LATE_MS = const(20)  # a step later than this does not feed the watchdog
_SMALL_INT_MAX = const(0x3FFFFFFF)


class Tap:
    """Carries one sensor's three phase currents to the trust of its feeder."""

    def __init__(self, source, sensor, channels):
        self._source = source
        self._sensor = sensor
        self._l1, self._l2, self._l3 = channels

    def read(self):
        """Hand over the sensor's newest sample, if there is one since the last time."""
        sensor = self._sensor
        if sensor.sequence != self._source.sequence:
            ma = sensor.current_ma
            self._source.offer(
                ma[self._l1], ma[self._l2], ma[self._l3], sensor.taken_ms, sensor.sequence
            )


class Unit:
    """All that belongs to one outlet: devices, decisions, its place at its feeder."""

    def __init__(
        self, number, name, pilot_driver, contactor, level, claims, place, feeder, around
    ):
        self.number = number
        self.name = name
        self.pilot = pilot_driver
        self.contactor = contactor
        self.level = level
        self.outlet = outlet.Outlet()
        self.claims = claims
        self.supply = claims.of("supply")
        self.place = place
        self.feeder = feeder
        self.around = around  # services.equipment.Equipment
        self.session = None  # core.session.Session, where the board keeps records
        self.was_guarded = False  # the guard has opened it, and why is not clear yet

    def snapshot(self, now_ms):
        """This outlet as everything shows it (a dict)."""
        parts = (self.outlet, self.claims, self.place)
        told = status.of_outlet(now_ms, self.number, self.name, *parts, self.contactor)
        told["binding"] = binding.of(now_ms, *parts)
        told["session"] = status.of_session(self.session)
        return told

    def why(self, now_ms):
        """One line of words: what binds this outlet."""
        sensor = status.sensor_behind(self.claims, self.place)
        text = status.why(now_ms, self.number, self.outlet, self.claims, sensor)
        told = binding.of(now_ms, self.outlet, self.claims, self.place)
        text += "; what would change it: " + told["change"]
        return text if self.around.phases is None else text + self.around.told(now_ms)


class Control:
    """Runs the units of one board. `balancer`: balance.Balancer. `self_test`: residual.SelfTest of
    their monitors. `journal` takes events.
    """

    def __init__(self, board, balancer, taps, units, self_test, journal):
        self.units = units
        self.balancer = balancer
        self.feeders = balancer.feeders
        self.decisions = Decisions(units)
        self.recorder = None  # recorder.Recorder, while somebody wants it
        self.is_stopped = False  # set it to end `run`
        self.steps = 0
        self.late_ms = 0  # of the last step
        self.latest_ms = 0  # the worst since the start
        self.late_steps = 0  # later than 20 ms
        self._board = board
        self._self_test = self_test
        self._is_testing = False
        self._attended = 0  # the outlet whose equipment has its turn
        self._taps = taps
        self._journal = journal
        self._turn_ms = None  # nobody closes until

    async def run(self):
        """Step until stopped.

        An exception from a step leaves this task, and with it the program.
        """
        pace = self._board.pace(STEP_MS, True)
        while not self.is_stopped:
            self.late_ms = await pace.next(self)
            self.step(ticks_ms())
            self._account()
            if self.late_ms <= _LATE_MS:
                self._board.feed()

    def _account(self):
        if self.steps < _SMALL_INT_MAX:
            self.steps += 1
        if self.late_ms > self.latest_ms:
            self.latest_ms = self.late_ms
        if self.late_ms > _LATE_MS and self.late_steps < _SMALL_INT_MAX:
            self.late_steps += 1

    def step(self, now_ms):
        """One step: input image, decisions, output image."""
        self._board.latch(now_ms)
        for unit in self.units:
            self._read(now_ms, unit)
        self._attend(now_ms)
        for tap in self._taps:
            tap.read()
        is_shared = self.balancer.is_due
        if is_shared or self.balancer.look(now_ms):
            self._decide(now_ms, is_shared)
        self._turn_ms = unless_passed(now_ms, self._turn_ms)
        for unit in self.units:
            self._drive(now_ms, unit)
        if is_shared:
            self.decisions.note(now_ms)
        self._board.commit(now_ms)

    def _read(self, now_ms, unit):
        driver = unit.pilot
        driver.latch(now_ms)
        unit.contactor.latch()
        unit.level.feed(
            now_ms, driver.high_mv, driver.low_mv, driver.taken_ms, driver.is_oscillating
        )

    def _attend(self, now_ms):
        """What stands around one outlet, in turn: lock, ventilation, residual-current monitor.
        None of them is as quick as a step.
        """
        unit = self.units[self._attended]
        unit.around.step(now_ms, unit)
        if unit.around.monitor.retry_now:
            unit.outlet.retry_after_trip()
        self._attended = (self._attended + 1) % len(self.units)
        if self._attended == 0:
            self._self_test.step(now_ms)
            if self._self_test.is_on is not self._is_testing:
                self._is_testing = self._self_test.is_on
                self._board.set_residual_test(self._is_testing)

    def _trip(self, now_ms, unit):
        """A trip that nobody tests counts in the step that sees it, however short."""
        monitor = unit.around.monitor
        if monitor.is_tested:
            return unit.around.trouble
        if monitor.fault == faults.NO_FAULT:
            unit.around.step(now_ms, unit)
        return faults.RESIDUAL

    def _brief(self):
        """Tell the balancer how its outlets stand."""
        for unit in self.units:
            place = unit.place
            place.is_plugged = unit.outlet.is_plugged()
            place.is_asking = place.is_plugged and unit.outlet.wants_current()
            place.is_ready = unit.outlet.is_ready()
            place.is_closed = unit.contactor.is_commanded or unit.contactor.is_closed is True
            place.can_open = unit.contactor.is_commanded
            place.signalled_ma = unit.outlet.signalled_ma()
            place.allowed_ma = unit.claims.others_ma("supply")

    def _decide(self, now_ms, is_second):
        """One half of a decision; what was offered holds until the second one."""
        recorder = self.recorder
        if not is_second:
            self._brief()
        if recorder is not None:
            recorder.before(now_ms)
        if is_second:
            self.balancer.share(now_ms)
        else:
            self.balancer.follow(now_ms)
        if recorder is not None:
            recorder.after()
        self._supply(now_ms)

    def _supply(self, now_ms):
        until_ms = ticks_add(now_ms, _SUPPLY_MS)
        for unit in self.units:
            unit.supply.put(unit.place.offered_ma, until_ms, unit.place.why)

    def _drive(self, now_ms, unit):
        decider = unit.outlet
        state, fault, forced = decider.state, decider.fault, decider.forced_open
        is_opened = unit.contactor.is_opened_by_guard
        unit.was_guarded = unit.was_guarded or is_opened
        if unit.was_guarded and unit.level.is_steady:
            self._explain(now_ms, unit)
        unit.claims.decide(now_ms)
        decider.step(
            now_ms,
            unit.level,
            unit.claims.limit_ma,
            unit.place.must_open,
            self._turn_ms is None and unit.around.may_close and not self._is_testing,
            unit.contactor.is_closed,
            self._trip(now_ms, unit) if unit.pilot.is_tripped else unit.around.trouble,
            is_opened,
        )
        unit.pilot.set_duty(now_ms, decider.duty)
        if decider.close and not unit.contactor.is_commanded:
            self._turn_ms = ticks_add(now_ms, _STAGGER_MS)
        unit.contactor.set_contactor(decider.close)
        if decider.state != state or decider.fault != fault or decider.forced_open != forced:
            self._tell(now_ms, unit, fault, forced)

    def _explain(self, now_ms, unit):
        """The guard opens first when a car leaves: only one that stays is worth an event."""
        unit.was_guarded = False
        if unit.level.letter == pilot.C:
            text = "outlet %d: opened by the guard, the pilot was away for a moment" % unit.number
            self._journal.note(now_ms, text)

    def _tell(self, now_ms, unit, fault, forced):
        decider = unit.outlet
        text = "outlet " + str(unit.number) + ": " + outlet.STATES[decider.state]
        if decider.fault != fault:
            text += ", " + (faults.NAMES[decider.fault] or "no fault")
        if decider.forced_open != forced:
            text += ", opened under load"
        self._journal.note(now_ms, text)
        if self._board.resets is not None:
            self._board.resets.keep(unit.number - 1, decider.lasting())

    # ------------------------------------------------------------------ for a beat that may skip

    def is_settled(self):
        """Nothing is in the middle of something: with the same inputs nothing happens before
        `due_ms`.
        """
        if self._turn_ms is not None or self.balancer.is_due:
            return False
        if not self._self_test.is_settled():
            return False
        for unit in self.units:
            if not (
                unit.outlet.is_settled() and unit.level.is_steady and unit.around.is_settled()
            ):
                return False
        for feeder in self.feeders:
            for source in feeder.sources:
                if not source.is_settled():
                    return False
        return True

    def due_ms(self, now_ms):
        """The first deadline that feeders or claims hold (ticks), or None."""
        due = earlier(now_ms, self._self_test.due_ms(now_ms), self.balancer.due_ms(now_ms))
        for unit in self.units:
            due = earlier(now_ms, due, unit.claims.due_ms(now_ms))
            due = earlier(now_ms, due, unit.around.due_ms(now_ms))
        return due
