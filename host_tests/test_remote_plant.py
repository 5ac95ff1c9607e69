"""The plant as the other side of boards/remote, against a board written by hand from its README.

Times in ms.
"""

import asyncio
import os
import threading
import time

import pytest
from pilotlight_host.sim import scenario as scenarios
from pilotlight_host.sim.plant import Plant
from pilotlight_host.sim.remoteplant import HOLD_MS, WATCHDOG_MS, RemotePlant
from real_app import SITE
from waiting import soon


async def talk(story):
    """Run `story(remote, reader, writer)` in front of a plant with a car at each outlet."""
    cars = [{"outlet": number, "arrive": 0, "energy_kwh": 9} for number in (1, 2)]
    raw = {"duration": "60s", "site": SITE, "car": cars}
    remote = RemotePlant(Plant(scenarios.parse(raw, "test")))
    await remote.start()
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", remote.port)
        writer.write(b"hello 1\n")
        greeting = [await reader.readline(), await reader.readline()]
        assert greeting[0] == b"hello 1\n"
        assert greeting[1].startswith(b"board ")
        await story(remote, reader, writer)
        writer.close()
    finally:
        await remote.close()


def causes(remote):
    return [(change.outlet, change.duty, change.coil, change.cause) for change in remote.changes]


async def many_causes(remote, count):
    """The same, as soon as there are so many."""
    return await soon(lambda: causes(remote), lambda found: len(found) >= count)


ON = [(0, 2666, True, "out"), (1, 1000, False, "out")]


@pytest.mark.realtime
def test_without_a_refresh_it_opens_after_the_hold():
    async def story(remote, reader, writer):
        writer.write(b"out 02666 1 01000 0\n")
        await asyncio.sleep(0.2)
        off = [(0, 10000, False, "hold"), (1, 10000, False, "hold")]
        assert causes(remote) == ON + off
        times = [change.t_ms for change in remote.changes]
        assert times[2] - times[0] == pytest.approx(HOLD_MS, abs=1)
        assert not remote.plant.contacts_closed(0)
        writer.write(b"out 02666 1 01000 0\n")
        assert (await many_causes(remote, 6))[4:] == ON

    asyncio.run(talk(story))


@pytest.mark.realtime
def test_a_process_that_stood_still_reads_what_came_before_it_opens():
    async def story(remote, reader, writer):
        with os.fdopen(os.dup(writer.get_extra_info("socket").fileno()), "wb", 0) as board:
            sending = Sender(board)
            sending.start()
            await many_causes(remote, 2)
            for _ in range(5):
                time.sleep(0.15)  # noqa: ASYNC251 - that is what is tested
                await asyncio.sleep(0.03)
            assert causes(remote) == ON
            sending.is_over = True
            sending.join()
        assert (await many_causes(remote, 4))[2][3] == "hold"

    asyncio.run(talk(story))


class Sender(threading.Thread):
    """Sends outputs every 20 ms, whatever the other side does."""

    def __init__(self, board):
        super().__init__()
        self.board = board
        self.is_over = False

    def run(self):
        while not self.is_over:
            self.board.write(b"out 02666 1 01000 0\n")
            time.sleep(0.02)


@pytest.mark.parametrize(
    "line",
    [
        b"out 02666 1",
        b"out 10001 1 01000 0",
        b"out 02666 2 01000 0",
        b"out -1 1 1000 0",
        b"out 0a 1 1000 0",
        b"what",
        b"",
        b"safe now",
        b"gear 1 1 0",
        b"gear 2 1 0 - 0",
        b"gear - 1 0 - 0",
        b"gear 1 2 0 - 0",
        b"gear 1 1 - - 0",
    ],
)
def test_malformed_lines_refresh_nothing(line):
    async def story(remote, reader, writer):
        writer.write(line + b"\n")
        assert await soon(lambda: remote.malformed) == [line + b"\n"]
        assert remote.changes == []

    asyncio.run(talk(story))


@pytest.mark.parametrize(("line", "cause"), [(b"safe\n", "safe"), (b"", "lost")])
def test_safe_and_the_end_of_the_connection_open_at_once(line, cause):
    async def story(remote, reader, writer):
        writer.write(b"out 02666 1 01000 0\n" + line)
        if not line:
            await writer.drain()
            writer.close()
        off = [(0, 10000, False, cause), (1, 10000, False, cause)]
        assert await many_causes(remote, 4) == ON + off

    asyncio.run(talk(story))


@pytest.mark.realtime
def test_an_unfed_watchdog_resets_the_board():
    async def story(remote, reader, writer):
        writer.write(b"feed\n")
        begin = time.monotonic()
        while time.monotonic() - begin < 4 and not remote.watchdog_bites:
            writer.write(b"out 02666 1 01000 0\n")
            await asyncio.sleep(0.02)
        assert (time.monotonic() - begin) * 1000 == pytest.approx(WATCHDOG_MS, abs=100)
        assert causes(remote)[2:] == [(0, 10000, False, "watchdog"), (1, 10000, False, "watchdog")]
        await asyncio.sleep(0.05)
        assert not remote.plant.contacts_closed(0)

    asyncio.run(talk(story))


@pytest.mark.parametrize("line", [b"safe\n", b""])
def test_gear_moves_bolts_fans_and_test_until_it_is_safe(line):
    async def story(remote, reader, writer):
        plant = remote.plant
        writer.write(b"gear 1 1 0 - 1\n")
        await soon(lambda: plant.ventilation(1))
        assert [plant.bolt(n).drive for n in (0, 1)] == [True, None]
        assert [plant.ventilation(n) for n in (0, 1)] == [False, True]
        assert await asyncio.wait_for(told(reader, 6), 5) == b"1"  # tripped by the test
        assert await asyncio.wait_for(told(reader, 7), 5) == b"1"  # held
        if line:
            writer.write(line)
        else:
            writer.close()
        await soon(lambda: plant.residual_tripped(0), lambda is_tripped: not is_tripped)
        assert [plant.bolt(n).drive for n in (0, 1)] == [None, None]
        assert [plant.ventilation(n) for n in (0, 1)] == [False, False]
        assert not plant.residual_tripped(0)

    asyncio.run(talk(story))


async def told(reader, field):
    """Read until this field of outlet 1 says 1."""
    while True:
        words = (await reader.readline()).split()
        assert words, "the connection has ended"
        if words[:2] == [b"in", b"1"] and words[field + 1] == b"1":
            return words[field + 1]


def test_a_second_board_is_sent_away():
    async def story(remote, reader, writer):
        other, _ = await asyncio.open_connection("127.0.0.1", remote.port)
        assert await other.read() == b""
        assert (remote.refused, remote.connections) == (1, 1)
        assert await reader.readline()

    asyncio.run(talk(story))


@pytest.mark.realtime
def test_every_input_line_is_a_new_reading():
    async def story(remote, reader, writer):
        begin, ends = time.monotonic(), []
        while time.monotonic() - begin < 0.5:
            words = (await reader.readline()).split()
            if words[:2] == [b"in", b"1"]:
                assert words[2:] != []
                ends.append(remote.plant.t_ms - int(words[4]))
            elif words[0] == b"clamps":
                assert len(words[4]) == 600
        assert len(ends) >= 25
        assert ends == sorted(ends)

    asyncio.run(talk(story))
