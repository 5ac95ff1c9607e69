"""The real firmware's meter over RS-485: its UART and drive-enable pin against pymodbus. Times in ms.

Once on the board's clock, with a meter that answers as soon as it may; once over a real pty in real
time.
"""

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from pico_helpers import FEEDER, Rig, rig, site
from pilotlight_host.live.ports import SerialStream
from pilotlight_host.sim.lineshim import Wire
from pilotlight_host.sim.metervalues import MeterImage
from pilotlight_host.sim.meterslave import MemoryMeter, PtyMeter

DRIVE = 7  # GP
POLLS_MS = 3500
LEAST_POLLS = 12
QUIET_CHARACTERS = 3.5
QUIET_FAST_MS = 1.75  # above 19200 baud
WIRES = [
    Wire(9600, "N"),
    pytest.param(Wire(9600, "E"), marks=pytest.mark.storm),  # that is the wire of the pty below
    pytest.param(Wire(115200, "N"), marks=pytest.mark.storm),
    Wire(115200, "E"),
]
CHUNK = 256


class Source:
    """A meter that shows this."""

    meter_fault = None

    def meter_image(self) -> MeterImage:
        volts, amps = (230_100, 231_200, 229_900), (7_320, 16_000, 250)
        return MeterImage(0, volts, amps, (1684.3, 3699.2, 57.4), 1_234_500.0, 0.0, 50.0)


def quiet(wire: Wire) -> float:
    """How long the line is quiet at least between two frames."""
    return QUIET_FAST_MS if wire.baud > 19200 else QUIET_CHARACTERS * wire.time_us(1) / 1000


class Line:
    """Carries bytes between the board and a stream, and watches the drive-enable pin.

    `is_late`: the stream's time is not the board's. A request reaches it when the board has let go
    of the line: however slow the emulator is at that moment, no answer comes before.
    """

    def __init__(self, board: Rig, stream: Any, look_ms: float, is_late: bool = False) -> None:
        self._board = board
        self._stream = stream
        self._look_ms = look_ms
        self._is_late = is_late
        self._sent = b""  # and not carried yet
        self._last_us = 0.0  # a byte has left, its stop bit included
        self.requests = 0
        self.held_ms: list[float] = []  # from the last stop bit to the driver's end

    def run(self, ms: float) -> None:
        end_us = self._board.now_us + 1000 * ms
        was_driving = False
        while self._board.now_us < end_us:
            self._board.go(0.05 if was_driving else self._look_ms)
            is_driving = bool(self._board.pico.pins()[DRIVE]["level"])
            self._carry(is_driving)
            if was_driving and not is_driving:
                self.requests += 1
                self.held_ms.append((self._board.now_us - self._last_us) / 1000)
            was_driving = is_driving

    def _carry(self, is_driving: bool) -> None:
        sent = self._board.pico.uart_read()
        if sent:
            self._last_us = self._board.now_us
            self._sent += sent
        if self._sent and not (self._is_late and is_driving):
            self._stream.write(self._sent)
            self._sent = b""
        buffer = bytearray(CHUNK)
        count = self._stream.readinto(buffer)
        if count:
            self._board.pico.uart_write(bytes(buffer[:count]))


def meter_site(wire: Wire) -> dict[str, Any]:
    feeder = {key: value for key, value in FEEDER.items() if key != "clamps"} | {"meter": "grid"}
    meter = {"id": "grid", "port": "meter", "model": "sdm630", "poll_ms": 200}
    line = {"baud": wire.baud, "parity": wire.parity, "stop": wire.stop}
    return site() | {"feeders": [feeder], "meters": [meter | line]}


def judge(board: Rig, line: Line) -> None:
    """All transactions were good, the values are right, and no byte was lost in either direction."""
    board.said()
    board.type("snapshot()")
    while not board.has_said("\r\n> "):
        line.run(50)
    told = json.loads(board.said().splitlines()[1])["site"]
    counters = board.pico.counters()
    print(f"{line.requests} requests, {told['meters']}, {counters}")
    assert sorted(told["meters"]["grid"]) == ["good_pct", "ok"]
    assert told["meters"]["grid"]["good_pct"] == 100
    assert told["meters"]["grid"]["ok"] >= LEAST_POLLS
    assert told["feeders"][0]["measured_a"] == [7.3, 16.0, 0.3]
    assert told["feeders"][0]["sensors"] == {"meter grid": "fresh"}
    assert (counters["lost_out"], counters["lost_in"]) == (0, 0)
    assert counters["overruns"] == [0, 0]


@pytest.mark.parametrize("wire", WIRES, ids=lambda wire: f"{wire.baud} {wire.parity}")
def test_a_meter_that_answers_at_once_is_read_and_no_byte_is_lost(wire: Wire) -> None:
    with rig(meter_site(wire)) as board:
        turnaround_ms = int(quiet(wire)) + 1
        now_ms = lambda: board.now_us / 1000  # noqa: E731
        meter = MemoryMeter(Source(), now_ms, wire=wire, turnaround_ms=turnaround_ms)
        line = Line(board, meter, 1 if wire.baud == 9600 else 0.5)
        line.run(POLLS_MS)
        judge(board, line)
        print(
            f"driver off {min(line.held_ms):.2f}...{max(line.held_ms):.2f} ms after the last bit"
        )
        assert 0 <= min(line.held_ms)
        assert max(line.held_ms) <= quiet(wire)


@contextmanager
def pty_meter(wire: Wire, board: Rig) -> Iterator[str]:
    """A meter in a thread and an event loop of its own, in real time; its path."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    call = lambda coroutine: asyncio.run_coroutine_threadsafe(coroutine, loop).result(10)  # noqa: E731

    async def make() -> PtyMeter:
        meter = PtyMeter(
            Source(), lambda: 1000 * loop.time(), lambda ms: asyncio.sleep(ms / 1000), wire=wire
        )
        await meter.start()
        return meter

    meter = call(make())
    try:
        yield meter.path
    finally:
        call(meter.close())
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


@pytest.mark.realtime
def test_a_meter_on_a_pty_is_read() -> None:
    wire = Wire(9600, "E")
    with rig(meter_site(wire)) as board, pty_meter(wire, board) as path:
        stream = SerialStream(path, wire.baud, wire.parity, wire.stop)
        line = Line(board, stream, 1, is_late=True)
        line.run(POLLS_MS)
        judge(board, line)
        stream.close()
