"""The real firmware's meter over RS-485: its UART and drive-enable pin against pymodbus at the other
end of a pty. Both ends live on the board's clock, so that nothing depends on the speed of this
machine. Times in ms.
"""

import asyncio
from collections.abc import Callable

import pytest
from pico_helpers import FEEDER, Rig, rig, site
from pilotlight_host.live.ports import SerialStream
from pilotlight_host.sim.lineshim import Wire
from pilotlight_host.sim.metervalues import MeterImage
from pilotlight_host.sim.meterslave import PtyMeter

DRIVE = 7  # GP
POLLS_MS = 4000
LEAST_POLLS = 16
QUIET_CHARACTERS = 3.5
QUIET_FAST_MS = 1.75  # above 19200 baud
WIRES = [Wire(9600, "N"), Wire(9600, "E"), Wire(115200, "N"), Wire(115200, "E")]


class Source:
    """A meter that shows this."""

    meter_fault = None

    def meter_image(self) -> MeterImage:
        volts, amps = (230_100, 231_200, 229_900), (7_320, 16_000, 250)
        return MeterImage(0, volts, amps, (1684.3, 3699.2, 57.4), 1_234_500.0, 0.0, 50.0)


class Meter:
    """pymodbus on a pty that answers as soon as it may; time passes for it in `turn` only."""

    def __init__(self, wire: Wire, now_ms: Callable[[], float]) -> None:
        self._now_ms = now_ms
        self._loop = asyncio.new_event_loop()
        self._loop.run_until_complete(self._start(wire))
        self._stream = SerialStream(self._meter.path, wire.baud, wire.parity, wire.stop)

    async def _start(self, wire: Wire) -> None:
        quiet_ms = int(quiet(wire)) + 1
        self._meter = PtyMeter(
            Source(), self._now_ms, self._sleep_ms, wire=wire, turnaround_ms=quiet_ms
        )
        await self._meter.start()

    async def _sleep_ms(self, ms: float) -> None:
        due_ms = self._now_ms() + ms
        while self._now_ms() < due_ms:
            await asyncio.sleep(0)

    def turn(self, sent: bytes) -> bytes:
        """Bytes from the master; those to it."""
        if sent:
            self._stream.write(sent)
        self._loop.run_until_complete(self._spin())
        buffer = bytearray(256)
        return bytes(buffer[: self._stream.readinto(buffer) or 0])

    async def _spin(self) -> None:
        for _ in range(10):
            await asyncio.sleep(0)

    def close(self) -> None:
        self._stream.close()
        self._loop.run_until_complete(self._meter.close())
        self._loop.close()


def quiet(wire: Wire) -> float:
    """How long the line is quiet at least between two frames."""
    return QUIET_FAST_MS if wire.baud > 19200 else QUIET_CHARACTERS * wire.time_us(1) / 1000


class Line:
    """Carries bytes between the board and the meter, and watches the drive-enable pin."""

    def __init__(self, board: Rig, meter: Meter) -> None:
        self._board = board
        self._meter = meter
        self._last_us = 0.0  # a byte has left, its stop bit included
        self.requests = 0
        self.held_ms: list[float] = []  # from the last stop bit to the driver's end

    def run(self, ms: float) -> None:
        end_us = self._board.now_us + 1000 * ms
        was_driving = False
        while self._board.now_us < end_us:
            self._board.go(0.05 if was_driving else 0.5)
            sent = self._board.pico.uart_read()
            if sent:
                self._last_us = self._board.now_us
            is_driving = bool(self._board.pico.pins()[DRIVE]["level"])
            if was_driving and not is_driving:
                self.requests += 1
                self.held_ms.append((self._board.now_us - self._last_us) / 1000)
            was_driving = is_driving
            back = self._meter.turn(sent)
            if back:
                self._board.pico.uart_write(back)


def meter_site(wire: Wire) -> dict:
    feeder = {key: value for key, value in FEEDER.items() if key != "clamps"} | {"meter": "grid"}
    meter = {"id": "grid", "port": "meter", "model": "sdm630", "poll_ms": 200}
    line = {"baud": wire.baud, "parity": wire.parity, "stop": wire.stop}
    return site() | {"feeders": [feeder], "meters": [meter | line]}


@pytest.mark.parametrize("wire", WIRES, ids=lambda wire: f"{wire.baud} {wire.parity}")
def test_a_meter_is_read_and_no_byte_is_lost(wire: Wire) -> None:
    with rig(meter_site(wire)) as board:
        meter = Meter(wire, lambda: board.now_us / 1000)
        line = Line(board, meter)
        line.run(POLLS_MS)
        told = board.snapshot()["site"]
        counters = board.pico.counters()
        meter.close()
        print(f"{line.requests} requests, {told['meters']}, {counters}")
        print(f"driver off {min(line.held_ms):.2f}...{max(line.held_ms):.2f} ms after the last bit")
        assert line.requests >= LEAST_POLLS
        assert told["meters"]["grid"] == {"ok": line.requests}
        assert told["feeders"][0]["measured_a"] == [7.3, 16.0, 0.3]
        assert told["feeders"][0]["sensors"] == {"meter grid": "fresh"}
        assert (counters["lost_out"], counters["lost_in"]) == (0, 0)
        assert counters["overruns"] == [0, 0]
        assert 0 <= min(line.held_ms)
        assert max(line.held_ms) <= quiet(wire)
