"""A `Pico` with cars at its pins, moved at exact simulated times. Outlets count from 1.

Simpler than the simulated site: levels without noise, contacts that follow their coil at once,
cars that draw what they are told at once, clamps that show house and cars.
"""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any

from pilotlight_host.emulated import Event, Pico
from pilotlight_host.emulated.analog import LOADED_EDGES_US, OPEN_EDGES_US
from pilotlight_host.sim.meterslave import MemoryMeter

LEVELS_MV = {"A": (12000, -12000), "B": (8980, -12000), "C": (5990, -12000)}
_NO_PERMIT_PPM = 1_000_000  # x1
_PWM_PPM_PER_MA = 100 / 6  # up to 51 A
_STEP_US = 10_000
_BUSY_STEP_US = 500
_BUSY_US = 200_000
_CHUNK = 256


class World:
    """`events` are all of the board so far; `house_ma` flows beside the cars."""

    def __init__(self, pico: Pico, house_ma: float = 5000) -> None:
        self.pico = pico
        self.outlets = range(1, pico.analog.outlets + 1)
        self.events: list[Event] = []
        self.signalled_ma = dict.fromkeys(self.outlets, 0.0)
        self.is_closed = dict.fromkeys(self.outlets, False)
        self.car = dict.fromkeys(self.outlets, "A")
        self._house_ma = house_ma
        self._meter: MemoryMeter | None = None
        self._busy_us = 0.0
        self._show_current()

    @property
    def now_us(self) -> float:
        """Simulated time since power was applied."""
        return self.pico.now_us

    @property
    def total_ma(self) -> float:
        """What flows in each phase."""
        drawn = sum(self.signalled_ma[n] for n in self.outlets if self._draws(n))
        return self._house_ma + drawn

    def house(self, ma: float) -> None:
        """From now on the house draws this."""
        self._house_ma = ma
        self._show_current()

    def cars(self, letter: str, *outlets: int) -> None:
        """The cars at these outlets (all of them) go to A, B or C, now."""
        for outlet in outlets or self.outlets:
            self.car[outlet] = letter
            edges = OPEN_EDGES_US if letter == "A" else LOADED_EDGES_US
            self.pico.analog.pilot(outlet, *LEVELS_MV[letter], edges)
        self._show_current()

    def connect_meter(self) -> None:
        """An SDM630 (pymodbus) at RS-485 that shows the same currents."""
        source = SimpleNamespace(meter_fault=None, meter_image=self._meter_image)
        self._meter = MemoryMeter(source, lambda: self.now_us / 1000)

    def run(
        self, ms: float, *, until: tuple[str, int] | None = None, pace: bool = False
    ) -> list[Event]:
        """Simulate so long; the events. `until`: return at an event of this kind and outlet.

        `pace`: not faster than real time, for what lives in it, such as a broker.
        """
        return self.run_to(self.now_us + 1000 * ms, until=until, pace=pace)

    def run_to(
        self, end_us: float, *, until: tuple[str, int] | None = None, pace: bool = False
    ) -> list[Event]:
        """The same to an instant."""
        started, started_us = time.monotonic(), self.now_us
        seen = len(self.events)
        while self.now_us < end_us:
            new = self.pico.run(min(end_us, self.now_us + self._step_us), stop_on_event=True)
            for event in new:
                self._apply(event)
            self.events += new
            self._exchange()
            if until and any((event.kind, event.outlet) == until for event in new):
                break
            ahead_s = (self.now_us - started_us) / 1e6 - (time.monotonic() - started)
            if pace and ahead_s > 0:
                time.sleep(ahead_s)
        return self.events[seen:]

    @property
    def _step_us(self) -> float:
        return _BUSY_STEP_US if self.now_us < self._busy_us else _STEP_US

    def _apply(self, event: Event) -> None:
        if event.kind == "contactor" and event.outlet is not None:
            self.is_closed[event.outlet] = bool(event.on)
            self.pico.analog.mirror(event.outlet, bool(event.on))
            self._show_current()
        elif event.kind == "pilot" and event.outlet is not None:
            ppm = event.duty_ppm or 0
            self.signalled_ma[event.outlet] = (
                0.0 if ppm >= _NO_PERMIT_PPM else ppm / _PWM_PPM_PER_MA
            )
            self._show_current()

    def _draws(self, outlet: int) -> bool:
        return self.is_closed[outlet] and self.car[outlet] == "C"

    def _show_current(self) -> None:
        cars_ma = self.total_ma - self._house_ma
        for clamp in range(1, self.pico.analog.clamps + 1):
            self.pico.analog.clamp(clamp, self._house_ma, cars_ma)

    # The serial line

    def _exchange(self) -> None:
        sent = self.pico.uart_read()
        if self._meter is None:
            return
        if sent:
            self._busy_us = self.now_us + _BUSY_US
            self._meter.write(sent)
        buffer = bytearray(_CHUNK)
        while count := self._meter.readinto(buffer):
            self.pico.uart_write(bytes(buffer[:count]))

    def _meter_image(self) -> Any:
        ma = self.total_ma
        return SimpleNamespace(
            voltage_mv=[230_000] * 3,
            current_ma=[ma] * 3,
            power_w=[ma * 0.23] * 3,
            energy_import_wh=0.0,
            energy_export_wh=0.0,
            frequency_hz=50.0,
        )
