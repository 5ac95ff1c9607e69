"""The independent meter on a real pty: the same bytes as in memory, and the pace of the line."""

import asyncio
import os
import time

import pytest
from other_side import CURRENTS_AND_POWERS, crc, request
from other_side_house import QUICK, House, ask_memory
from pilotlight_host.sim.lineshim import Wire
from pilotlight_host.sim.meterslave import PtyMeter
from waiting import WITHIN_S

SETTLE_S = 0.15


async def exchange(fd, frame, count):
    """Write to a real pty: all bytes until there are `count` (within 10 s) and it is silent, and
    when first and last came.
    """
    begin = time.monotonic()
    os.write(fd, frame)
    got, first, last = bytearray(), None, begin
    while time.monotonic() - last < (SETTLE_S if len(got) >= count else WITHIN_S):
        try:
            got += os.read(fd, 256)
            last = time.monotonic()
            first = first or last
        except BlockingIOError:
            await asyncio.sleep(0.0005)
    return bytes(got), (first or last) - begin, last - begin


def ask_pty(frames, house=None, wire=QUICK, speed=1):
    """Each frame's (reply, first byte s, last byte s) over a real pty."""
    house = house or House()

    async def talk():
        meter = PtyMeter(
            house,
            lambda: time.monotonic() * 1000 * speed,
            lambda ms: asyncio.sleep(ms / 1000 / speed),
            wire=wire,
        )
        await meter.start()
        fd = os.open(meter.path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        try:
            counts = [len(ask_memory(frame, house)) for frame in frames]
            return [await exchange(fd, frame, count) for frame, count in zip(frames, counts)]
        finally:
            os.close(fd)
            await meter.close()

    return asyncio.run(talk())


FRAMES = [
    CURRENTS_AND_POWERS,
    request(1, 4, 0x0000, 76),
    request(1, 4, 0x0048, 4),
    request(1, 3, 0xFC00, 3),
    request(1, 4, 0x0100, 2),
    request(1, 4, 0x0000, 126),
    request(1, 1, 0x0000, 1),
    request(3, 4, 0x0006, 12),
    CURRENTS_AND_POWERS[:-1] + b"\x00",
    CURRENTS_AND_POWERS,
]


def test_pty_and_memory_answer_with_the_same_bytes():
    over_pty = [reply for reply, _, _ in ask_pty(FRAMES)]
    assert over_pty == [ask_memory(frame) for frame in FRAMES]
    assert over_pty[0] and over_pty[-1] == over_pty[0]


@pytest.mark.parametrize("fault", ["silent", "exception", "half", "wrong-slave"])
def test_pty_and_memory_have_the_same_faults(fault):
    house = House()
    house.meter_fault = fault
    [(reply, _, _)] = ask_pty([CURRENTS_AND_POWERS], house)
    assert reply == ask_memory(CURRENTS_AND_POWERS, house)


def test_garbage_over_the_pty():
    house = House()
    house.meter_fault = "garbage"
    [(reply, _, _)] = ask_pty([CURRENTS_AND_POWERS], house)
    assert len(reply) == 29
    assert reply[-2:] != crc(reply[:-2])


@pytest.mark.realtime
@pytest.mark.parametrize(("wire", "bits"), [(Wire(9600), 10), (Wire(9600, "E"), 11)])
def test_pty_has_the_pace_of_its_baud_rate(wire, bits):
    for reply, first_s, last_s in ask_pty([CURRENTS_AND_POWERS] * 5, wire=wire):
        assert len(reply) == 29
        character_s = bits / wire.baud
        # never earlier than physics; lateness is the machine's and is only bounded loosely
        assert 0.045 + 9 * character_s <= first_s
        assert 0.045 + 37 * character_s <= last_s < 0.045 + 37 * character_s + 0.5


@pytest.mark.realtime
def test_pty_goes_with_a_scaled_clock():
    answers = ask_pty([CURRENTS_AND_POWERS] * 5, wire=Wire(9600), speed=4)
    real_s = 0.045 + 37 * 10 / 9600
    assert [len(reply) for reply, _, _ in answers] == [29] * 5
    quickest_s = min(last_s for _, _, last_s in answers)
    assert real_s / 4 <= quickest_s < real_s


class WatchedHouse(House):
    """Tells when the meter looks."""

    def __init__(self):
        super().__init__()
        self.looked = asyncio.Event()

    def meter_image(self):
        self.looked.set()
        return super().meter_image()


def test_pty_meter_looks_when_the_whole_request_has_arrived():
    async def talk():
        house = WatchedHouse()
        now_ms = lambda: time.monotonic() * 1000  # noqa: E731
        # 8 characters at 300 baud take 267 ms
        meter = PtyMeter(house, now_ms, lambda ms: asyncio.sleep(ms / 1000), wire=Wire(300))
        await meter.start()
        fd = os.open(meter.path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        begin = time.monotonic()
        os.write(fd, CURRENTS_AND_POWERS)
        try:
            await asyncio.wait_for(house.looked.wait(), 10)
            return time.monotonic() - begin
        finally:
            os.close(fd)
            await meter.close()

    assert asyncio.run(talk()) >= 8 * 10 / 300


def test_closing_the_pty_meter_is_seen_by_the_master():
    async def lose():
        now_ms = lambda: time.monotonic() * 1000  # noqa: E731
        meter = PtyMeter(House(), now_ms, lambda ms: asyncio.sleep(ms / 1000))
        await meter.start()
        fd = os.open(meter.path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        await meter.close()
        try:
            with pytest.raises(OSError):
                os.write(fd, CURRENTS_AND_POWERS)
        finally:
            os.close(fd)

    asyncio.run(lose())
