"""The simulated site: cars, outlets, supply and instruments on one clock of integer ms.

Truth is constant between events, so `advance` costs nothing where nothing happens and its steps
do not matter. Noise is a function of seed, channel and time. The board reads the instruments, the
monitors read the truth.
"""

from array import array

from .agenda import Agenda
from .breaker import Breaker
from .car import Car
from .clampwave import WINDOW_MS, ClampSampler
from .equipment import Bolt, Second, Warm
from .happenings import Happenings
from .lies import ClampLiar, MeterLiar
from .loads import Stream, Three, appliance, standing
from .metervalues import MeterImage, MeterValues
from .noise import bell_table, place
from .outlet import Outlet
from .pilotline import PilotLine, minus_mv, plus_mv
from .scenario import Scenario
from .specs import APPLIANCES, CarSpec, EventSpec
from .supply import Feeder, OutletLine


class Plant:
    """Outlets, feeders and phases count from 0. Change outputs only at the present t_ms."""

    def __init__(self, scenario: Scenario, seed: int | None = None):
        self.scenario = scenario
        self.seed = scenario.seed if seed is None else seed
        self.log: list[tuple[int, str]] = []
        self.visits: list[tuple[CarSpec, Car]] = []  # in the order of arrival
        self.meter_fault: str | None = None
        self.clamps_fault: str | None = None
        self.meter_lie: EventSpec | None = None
        self.clamps_lie: EventSpec | None = None
        self.broker_up = True
        self.network_up = True
        self.is_dimmed = False  # the contact of the grid operator is closed
        self.last_change_ms = 0
        # So long after a change the instruments still show some of what was before.
        self.settle_ms = max(scenario.knobs.meter_refresh_ms, 2 * WINDOW_MS)
        self._agenda = Agenda()
        self._board = Warm(self._agenda, scenario.knobs.board_c, self._board_warmed)
        self._board_moved_ms = 0
        self._build_site()
        self._build_loads()
        for car in scenario.cars:
            self._agenda.at(car.arrive_ms, self._arrive, car)
        happenings = Happenings(self, self._agenda, self._outlets, self._board)
        for event in scenario.events:
            self._agenda.at(event.at_ms, happenings.happen, event)

    def _build_site(self) -> None:
        scenario, agenda, knobs = self.scenario, self._agenda, self.scenario.knobs
        self._feeders = [
            Feeder(spec, agenda, self.settle_ms, self._tripped) for spec in scenario.feeders
        ]
        for feeder, spec in zip(self._feeders, scenario.feeders, strict=True):
            if spec.parent is not None:
                feeder.hang_on(self._feeders[spec.parent])
        noise = bell_table(self.seed, "pilot")
        self._outlets: list[Outlet] = []
        for number, spec in enumerate(scenario.outlets):
            feeder = self._feeders[spec.feeder]
            gain, offset_mv = 1 + knobs.pilot_gain_error, knobs.pilot_offset_mv
            line = PilotLine(number, noise, knobs.pilot_noise_mv, place, gain, offset_mv)
            outlet = Outlet(spec, agenda, knobs, line, lambda feeder=feeder: self._touch(feeder))
            feeder.outlets.append(outlet)
            self._outlets.append(outlet)
        has_reference = any(feeder.get("voltage") for feeder in scenario.site["feeders"])
        self._clamps = ClampSampler(self._feeders, knobs, self.seed, has_reference)
        self._meters = [
            MeterValues(line, number, knobs, self.seed)
            for number, line in enumerate(self._metered())
        ]
        self._clamp_liar = ClampLiar()
        self._meter_liar = MeterLiar()

    def _metered(self) -> list[Feeder | OutletLine]:
        """Where meters can be: first the feeders, then the outlets."""
        lines = [OutletLine(self._feeders[o.spec.feeder], o) for o in self._outlets]
        return [*self._feeders, *lines]

    def _build_loads(self) -> None:
        scenario = self.scenario
        volts = scenario.knobs.voltage_v
        for number, spec in enumerate(scenario.loads):
            seed = f"{self.seed}/load/{number}"
            stream = standing(spec, seed, scenario.start, scenario.duration_ms, volts)
            self._follow(self._feeders[spec.feeder], stream)
        for event in scenario.events:
            if event.kind in APPLIANCES:
                self._follow(self._feeders[event.feeder], appliance(event, volts))
        for number in sorted(
            range(len(self._feeders)), key=lambda n: len(scenario.line(n)), reverse=True
        ):
            self._feeders[number].start()  # the deepest first: those above carry them

    def _follow(self, feeder: Feeder, stream: Stream) -> None:
        """Register a load; what it draws at 0 belongs to the hot start of the breaker."""
        first_ms, first_ma = next(stream)
        number = feeder.add_load(first_ma if first_ms == 0 else (0, 0, 0))
        if first_ms == 0:
            self._next_step(feeder, number, stream)
        else:
            self._agenda.at(first_ms, self._step, feeder, number, stream, first_ma)

    def _next_step(self, feeder: Feeder, number: int, stream: Stream) -> None:
        following = next(stream, None)
        if following is not None:
            self._agenda.at(following[0], self._step, feeder, number, stream, following[1])

    def _step(self, feeder: Feeder, number: int, stream: Stream, current_ma: Three) -> None:
        feeder.set_load(number, current_ma)
        self.changed()
        self._next_step(feeder, number, stream)

    # What happens

    def changed(self) -> None:
        """Something is not as it was: instruments look again."""
        self.last_change_ms = self._agenda.now_ms

    def _touch(self, feeder: Feeder) -> None:
        self.changed()
        feeder.refresh()

    def note(self, text: str) -> None:
        """Into the log."""
        self.log.append((self._agenda.now_ms, text))

    def _tripped(self, feeder: Feeder) -> None:
        self.note(f"breaker of feeder {feeder.spec.id} tripped")
        self.changed()

    def _arrive(self, spec: CarSpec) -> None:
        car = self._outlets[spec.outlet].plug(spec, self.scenario.knobs.voltage_v)
        self.visits.append((spec, car))
        self.note(f"car arrives at outlet {spec.outlet + 1}")
        if spec.leave_ms is not None:
            self._agenda.at(spec.leave_ms, self._finish, spec.outlet, car)

    def _finish(self, outlet: int, car: Car) -> None:
        self._agenda.after(car.finish(), self.unplug, outlet, car)

    def unplug(self, outlet: int, car: Car) -> None:
        """The plug is pulled, if it is still that car's."""
        if car.plugged and self._outlets[outlet].car is car:
            self.note(f"car unplugged at outlet {outlet + 1}")
            car.unplug()

    def plug_again(self, outlet: int, car: Car) -> None:
        """The same car once more."""
        if not car.plugged and self._outlets[outlet].car is car:
            self.note(f"car plugged in again at outlet {outlet + 1}")
            car.plug(self._outlets[outlet].duty)

    # Clock

    @property
    def t_ms(self) -> int:
        """Present time, ms since the start of the run."""
        return self._agenda.now_ms

    def advance(self, t_ms: int) -> None:
        """Let everything happen up to t_ms, inclusive; t_ms never goes back."""
        self._agenda.advance(t_ms)

    def next_change_ms(self) -> int | None:
        """Earliest future time at which anything may change by itself, or None."""
        return self._agenda.next_ms()

    # Terminals of the board

    def set_duty(self, outlet: int, duty: int) -> None:
        """Pilot duty in 1/100 %, 0 (F)...10000 (x1), from now on."""
        if not 0 <= duty <= 10000:
            raise ValueError(f"duty: {duty}, expected 0...10000")
        self._outlets[outlet].set_duty(duty)

    def duty(self, outlet: int) -> int:
        """Duty on the wire, 1/100 %."""
        return self._outlets[outlet].duty

    def set_contactor(self, outlet: int, closed: bool) -> None:
        """Coil on or off; the contacts follow after their time."""
        self._outlets[outlet].set_contactor(closed)

    def coil(self, outlet: int) -> bool:
        """True while the coil is on."""
        return self._outlets[outlet].coil

    def contacts_closed(self, outlet: int) -> bool:
        """The real contacts, as the mirror contact shows them."""
        return self._outlets[outlet].contacts_closed

    def set_phases(self, outlet: int, three: bool) -> None:
        """Coil of the second contactor, for L2 and L3."""
        self._outlets[outlet].set_phases(three)

    def second(self, outlet: int) -> Second:
        """The second contactor, where there is one."""
        return self._outlets[outlet].second

    def moved_live(self, outlet: int) -> list[tuple[int, str]]:
        """When the second contactor, or its coil, moved although the main one was closed."""
        return self._outlets[outlet].moved_live

    def lose_control(self) -> None:
        """The board is reset: every output goes to what it is without one."""
        for outlet in self._outlets:
            outlet.lose_control()

    def pilot_reading(self, outlet: int) -> tuple[int, int, int]:
        """(high_mv, low_mv, end_t_ms) of the newest complete 20 ms block."""
        return self._outlets[outlet].line.reading(self._agenda.now_ms)

    def pilot_newest(self, outlet: int) -> tuple[int, int, int]:
        """(high_mv, low_mv, end_t_ms) of the 20 periods that have just ended."""
        return self._outlets[outlet].line.newest(self._agenda.now_ms)

    def pilot_node_mv(self, outlet: int) -> tuple[int, int]:
        """Levels at the terminal while the generator stands at +12 V and while at -12 V."""
        net, diode, leak_ohm = self._outlets[outlet].pilot_network()
        return plus_mv(net, diode), minus_mv(net, diode, leak_ohm)

    def is_plugged(self, outlet: int) -> bool:
        """A car hangs on the pilot."""
        return self._outlets[outlet].pilot_network()[0] is not None

    def quiet(self) -> bool:
        """False if a pilot level is so near an edge of Table A.4 that noise could matter."""
        return not any(outlet.line.near_edge for outlet in self._outlets)

    def proximity_ohm(self, outlet: int) -> int | None:
        """Coding resistor of the plugged cable; None if tethered or nothing is plugged."""
        return self._outlets[outlet].proximity_ohm

    def plug_c(self, outlet: int) -> int | None:
        """What the temperature sensor at the plug shows, degrees C; None without one."""
        return self._outlets[outlet].contacts.celsius

    def board_c(self) -> int | None:
        """What the temperature sensor of the board shows, degrees C."""
        return self._board.celsius

    def _board_warmed(self) -> None:
        self._board_moved_ms = self._agenda.now_ms

    @property
    def moved_ms(self) -> int:
        """When the board, a plug, a cable or a car last changed."""
        return max(self._board_moved_ms, *(outlet.moved_ms for outlet in self._outlets))

    def residual_tripped(self, outlet: int) -> bool:
        """True while the residual-current monitor reports a trip."""
        return self._outlets[outlet].monitor.is_tripped

    def set_residual_test(self, is_on: bool) -> None:
        """Test current for every residual-current monitor."""
        for outlet in self._outlets:
            outlet.monitor.set_test(is_on)

    def set_ventilation(self, outlet: int, is_on: bool) -> None:
        """Ventilation of the outlet's room, on or off."""
        self._outlets[outlet].ventilation = is_on

    def ventilation(self, outlet: int) -> bool:
        """True while the room is ventilated."""
        return self._outlets[outlet].ventilation

    def bolt(self, outlet: int) -> Bolt:
        """The lock of the outlet's socket."""
        return self._outlets[outlet].bolt

    @property
    def clamp_channels(self) -> int:
        """How many there are, a voltage reference with them."""
        return self._clamps.channels + self._clamps.has_reference

    def clamp_window(self) -> tuple[int, list[array]]:
        """(end_t_ms, counts per channel) of the newest complete 100 ms window; read-only."""
        window = self._clamps.window(self._agenda.now_ms)
        return self._clamp_liar.window(self.clamps_lie, window)

    def clamp_errors(self, channel: int) -> tuple[float, float]:
        """(gain, offset in counts) by which a clamp channel, from 0, is wrong for good."""
        return self._clamps.errors(channel)

    def meter_image(self, number: int = 0) -> MeterImage:
        """What a meter shows: of a feeder, or counting on behind these, of an outlet."""
        image = self._meters[number].image(self._agenda.now_ms)
        if number >= len(self._feeders):
            return image  # only those of feeders lie
        return self._meter_liar.image(self.meter_lie, number, image)

    # Truth, for monitors

    def feeder_ma(self, feeder: int) -> list[int]:
        """True current per phase, mA rms."""
        return list(self._feeders[feeder].total_ma)

    def feeder_parts_ma(self, feeder: int) -> tuple[Three, Three]:
        """(house, cars): true currents per phase, mA rms."""
        now = self._feeders[feeder].history[-1]
        return now.house_ma, now.car_ma

    def outlet_ma(self, outlet: int) -> list[int]:
        """True current per feeder phase, mA rms."""
        found = self._outlets[outlet]
        alive = self._feeders[found.spec.feeder].dead_ms is None
        return list(found.current_ma) if alive else [0, 0, 0]

    def car_state(self, outlet: int) -> str:
        """True pilot letter A...D."""
        return self._outlets[outlet].letter

    def car_left_c_ms(self, outlet: int) -> int | None:
        """When the car last left C or D electrically."""
        return self._outlets[outlet].left_c_ms

    def energy_wh(self, outlet: int) -> float:
        """Energy delivered by the outlet so far."""
        taken = self._outlets[outlet].taken_ma_ms(self._agenda.now_ms)
        return taken * self.scenario.knobs.voltage_v / 3.6e9

    def requested_wh(self, outlet: int) -> float:
        """Energy that the cars seen so far at the outlet came for."""
        return self._outlets[outlet].requested_wh

    def breaker(self, feeder: int) -> Breaker:
        """The feeder's breaker: tripped, tripped_ms, heat, peak_heat."""
        return self._feeders[feeder].breaker

    def overload_s(self, feeder: int) -> float:
        """Seconds with any phase above the rating."""
        return self._feeders[feeder].overload_ms(self._agenda.now_ms) / 1000

    def overload_as(self, feeder: int) -> float:
        """Ampere-seconds above the rating so far, all phases together."""
        return self._feeders[feeder].overload_ma_ms(self._agenda.now_ms) / 1e6

    def car(self, outlet: int) -> Car | None:
        """The car that is plugged in."""
        car = self._outlets[outlet].car
        return car if car is not None and car.plugged else None

    def wires(self, outlet: int) -> tuple[int, ...]:
        """Feeder phases that the present or latest car draws from."""
        return self._outlets[outlet].wires

    def closings(self, outlet: int) -> int:
        """How often the contacts have closed."""
        return self._outlets[outlet].closings

    def overload_since_ms(self, feeder: int) -> int | None:
        """Beginning of the present overload, or None."""
        return self._feeders[feeder].overload_since_ms
