"""One outlet as the board's terminals see it: pilot, contactor, plug. Clock: the agenda's ms."""

from .agenda import Agenda
from .car import Car
from .equipment import Bolt, Plug, ResidualMonitor, Second
from .pilotline import CONSTANT_HIGH, PilotLine, levels_mv
from .specs import CarSpec, Knobs, OutletSpec


class Outlet:
    """`touched()` is called whenever the outlet's current or power may have changed."""

    def __init__(self, spec: OutletSpec, agenda: Agenda, knobs: Knobs, line: PilotLine, touched):
        self.spec = spec
        self.line = line
        self.car: Car | None = None
        self.duty = CONSTANT_HIGH
        self.coil = False
        self.contacts_closed = False
        self.closings = 0
        self.ventilation = False
        self.bolt = Bolt(agenda, knobs.lock_travel_ms, touched)
        self.contacts = Plug(agenda, knobs.plug_c, self._plug_moved)
        times_ms = (knobs.contactor_close_ms, knobs.contactor_release_ms)
        self.second = Second(agenda, *times_ms, self._second_moved)
        self.moved_live: list[tuple[int, str]] = []  # what never must be
        self.moved_ms = 0  # plug, cable or car last changed
        self.monitor = ResidualMonitor(agenda, knobs.residual_answer_ms, self._monitor_moved)
        self.left_c_ms: int | None = None
        self.wires: tuple[int, ...] = ()
        self.requested_wh = 0.0
        self.current_ma = (0, 0, 0)
        self._history: list[tuple[int, tuple[int, int, int]]] = [(0, self.current_ma)]
        self._agenda = agenda
        self._knobs = knobs
        self._touched = touched
        self._live = True
        self._energised = False
        self._contact: list | None = None
        self._letter = "A"
        self._past_ma_ms = 0

    def taken_ma_ms(self, t_ms: int) -> int:
        """Charge delivered to all cars so far, mA * ms over all phases."""
        return self._past_ma_ms + (self.car.taken_ma_ms(t_ms) if self.car else 0)

    @property
    def letter(self) -> str:
        """True pilot letter, A...D."""
        return self._letter

    # Terminals

    def set_duty(self, duty: int) -> None:
        """Pilot duty in 1/100 %, from now on."""
        if duty == self.duty:
            return
        self.duty = duty
        self._pilot_moved()
        if self.car is not None:
            self.car.duty_changed(duty)
        self._touched()

    def set_contactor(self, closed: bool) -> None:
        """Coil on or off; the contacts follow."""
        self.coil = closed
        self._energise()

    def set_phases(self, three: bool) -> None:
        """Coil of the second contactor on or off."""
        if three != self.second.coil:
            self._moves_live("told to move with the main one closed")
            self.second.set_coil(three)

    def lose_control(self) -> None:
        """The board is reset: both coils drop at once, the pilot goes to +12 V."""
        self.set_contactor(False)
        self.second.set_coil(False)
        self.set_duty(CONSTANT_HIGH)

    def _moves_live(self, text: str) -> None:
        if self.coil or self.contacts_closed or any(self.current_ma):
            self.moved_live.append((self._agenda.now_ms, "second contactor " + text))

    def _second_moved(self) -> None:
        self.moved_ms = self._agenda.now_ms
        self._moves_live("moved with the main one closed")
        if self.car is not None:
            self.car.rewire(len(self.live_wires))
        self._power_moved()

    @property
    def live_wires(self) -> tuple[int, ...]:
        """Those of the car's wires that have voltage while the contacts are closed."""
        if self.second.is_closed or not self.spec.switching:
            return self.wires
        return tuple(wire for wire in self.wires if wire == self.spec.wires[0])

    def _is_powered(self) -> bool:
        return self.contacts_closed and self._live and bool(self.live_wires)

    def _energise(self) -> None:
        """The monitor's output lies in the coil's supply."""
        is_on = self.coil and not self.monitor.is_tripped
        if is_on == self._energised:
            return
        self._energised = is_on
        self._agenda.cancel(self._contact)
        knobs = self._knobs
        delay_ms = knobs.contactor_close_ms if is_on else knobs.contactor_release_ms
        self._contact = self._agenda.after(delay_ms, self._move_contacts, is_on)

    def _monitor_moved(self) -> None:
        self._energise()
        self._touched()

    def _plug_moved(self) -> None:
        self.moved_ms = self._agenda.now_ms
        self._touched()

    def _move_contacts(self, closed: bool) -> None:
        self._contact = None
        if closed != self.contacts_closed:
            self.contacts_closed = closed
            self.closings += closed
            self._power_moved()

    def supply_dies(self) -> None:
        """The feeder's breaker has tripped."""
        self._live = False
        self._power_moved()

    def _power_moved(self) -> None:
        if self.car is not None:
            self.car.power_changed(self._is_powered())
        self._touched()

    # Plug

    def plug(self, spec: CarSpec, voltage_v: float) -> Car:
        """A car arrives. One that still hangs on closed contacts is gone now."""
        if self.car is not None:
            self.car.power_changed(False)
            self._past_ma_ms += self.car.taken_ma_ms(self._agenda.now_ms)
        self.wires = self._wires(spec)
        self.requested_wh += spec.energy_wh
        car = Car(spec, self._agenda, len(self.live_wires), voltage_v, self._car_moved)
        self.car = car
        car.power_changed(self._is_powered())
        car.plug(self.duty)
        return car

    def _wires(self, spec: CarSpec) -> tuple[int, ...]:
        """Feeder phases the car draws from: its rotation, else the outlet's wiring."""
        wires = spec.rotation if spec.rotation is not None else self.spec.wires
        return wires[: spec.phases]

    def _car_moved(self, pilot: bool, current: bool) -> None:
        if pilot:
            self._pilot_moved()
        if current and self.car is not None:
            per_phase = [0, 0, 0]
            for wire in self.live_wires:
                per_phase[wire] = self.car.current_ma
            self.current_ma = (per_phase[0], per_phase[1], per_phase[2])
            self._remember(self._agenda.now_ms)
        self._touched()

    def _remember(self, now_ms: int) -> None:
        """What flowed, for as long as a meter may look back."""
        history = self._history
        history.append((now_ms, self.current_ma))
        while len(history) > 1 and history[1][0] <= now_ms - self._knobs.meter_refresh_ms:
            history.pop(0)

    def current_at(self, t_ms: int) -> tuple[int, int, int]:
        """Current per feeder phase at t_ms, not longer ago than a meter's refresh."""
        for since_ms, current_ma in reversed(self._history):
            if since_ms <= t_ms:
                return current_ma
        return self._history[0][1]

    def _pilot_moved(self) -> None:
        now_ms = self._agenda.now_ms
        letter = self.car.letter if self.car and self.car.plugged else "A"
        if self._letter in "CD" and letter not in "CD":
            self.left_c_ms = now_ms
        if letter != self._letter:
            self.moved_ms = now_ms
        self._letter = letter
        high_mv, low_mv = levels_mv(self.duty, *self.pilot_network())
        self.line.set_levels(now_ms, high_mv, low_mv)

    def pilot_network(self) -> tuple[float | None, str, int | None]:
        """Resistance from pilot to earth, ohm (None: no car), the car's diode and its leak."""
        car = self.car
        if car is None or not car.plugged:
            return None, "ok", None
        return car.net_ohm, car.spec.diode, car.spec.leak_ohm

    @property
    def proximity_ohm(self) -> int | None:
        """The plugged cable's coding resistor; None if tethered or nothing is plugged."""
        if self.car is None or not self.car.plugged or self.contacts.is_parted:
            return None
        return self.car.spec.cable_ohm
