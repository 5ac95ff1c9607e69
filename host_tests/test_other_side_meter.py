"""The independent meter in memory: its bytes, its pace and its faults."""

import statistics
import struct
import time

import pytest
from other_side import CURRENTS_AND_POWERS, Hand, crc, floats, request
from other_side_house import House, ask_memory, collect
from pilotlight_host.sim.lineshim import Wire, spoil
from pilotlight_host.sim.meterslave import MODEL_CODE, SERIAL_NUMBER, MemoryMeter


def test_the_golden_request_has_the_crc_of_this_test():
    assert request(1, 4, 0x0006, 12) == CURRENTS_AND_POWERS
    assert crc(b"123456789") == struct.pack("<H", 0x4B37)


def test_currents_are_magnitudes_and_powers_carry_the_sign():
    reply = ask_memory(CURRENTS_AND_POWERS)
    assert reply[:3] == bytes((1, 4, 24))
    assert floats(reply) == [16.25, 3.25, 0.125, 3739, -747, 28]


@pytest.mark.parametrize(
    ("start", "count", "values"),
    [
        (0x0000, 6, [230.1, 229.9, 231.0]),
        (0x0034, 2, [3020]),
        (0x0046, 2, [50.0]),
        (0x0048, 4, [1234.5, 0.25]),
        (0x0156, 2, [1234.75]),
    ],
)
def test_input_registers(start, count, values):
    assert floats(ask_memory(request(1, 4, start, count))) == pytest.approx(values, rel=1e-6)


def test_holding_registers_tell_the_model():
    reply = ask_memory(request(1, 3, 0xFC00, 3))
    assert struct.unpack(">IH", reply[3:-2]) == (SERIAL_NUMBER, MODEL_CODE)


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (request(1, 4, 0x0100, 2), 2),
        (request(1, 3, 0x0006, 12), 2),
        (request(1, 4, 0x004A, 4), 2),
        (request(1, 1, 0x0000, 1), 1),
    ],
)
def test_what_it_does_not_have_is_an_exception(frame, code):
    body = bytes((1, frame[1] | 0x80, code))
    assert ask_memory(frame) == body + crc(body)


@pytest.mark.parametrize(
    "frame", [request(2, 4, 6, 12), CURRENTS_AND_POWERS[:-1] + b"\x00", b"\x00" * 3]
)
def test_not_its_business_is_silence(frame):
    assert ask_memory(frame) == b""


def test_the_values_are_those_of_the_request():
    house, clock = House(), Hand()
    meter = MemoryMeter(house, clock)
    assert house.looks == 0
    meter.write(CURRENTS_AND_POWERS)
    assert house.looks == 1
    collect(meter, clock)
    assert house.looks == 1


@pytest.mark.parametrize(
    ("wire", "bits"),
    [(Wire(9600), 10), (Wire(9600, "E"), 11), (Wire(2400), 10), (Wire(19200, "N", 2), 11)],
)
def test_memory_line_has_the_pace_of_its_baud_rate(wire, bits):
    clock = Hand()
    meter = MemoryMeter(House(), clock, wire=wire)
    meter.write(CURRENTS_AND_POWERS)
    reply, times = collect(meter, clock)
    assert len(reply) == 29
    for index, at in enumerate(times):
        due = 1000 + 45 + (8 + index + 1) * bits * 1000 / wire.baud
        assert due <= at < due + 1.01


def test_memory_stream_keeps_the_contract():
    clock = Hand()
    meter = MemoryMeter(House(), clock)
    assert meter.readinto(bytearray(10)) is None
    meter.write(CURRENTS_AND_POWERS[:3])
    clock.now += 2
    meter.write(CURRENTS_AND_POWERS[3:])
    clock.now += 500
    small = bytearray(7)
    assert [meter.readinto(small) for _ in range(6)] == [7, 7, 7, 7, 1, None]
    meter.close()
    with pytest.raises(OSError):
        meter.readinto(small)
    with pytest.raises(OSError):
        meter.write(b"x")


def test_two_requests_are_answered_one_after_the_other():
    clock = Hand()
    meter = MemoryMeter(House(), clock)
    meter.write(request(1, 4, 0x0000, 76))
    meter.write(request(1, 4, 0x0034, 2))
    reply, times = collect(meter, clock)
    assert floats(reply[157:]) == [3020]
    for index, at in enumerate(times):
        assert at >= 1000 + 45 + (8 + index + 1) * 10 * 1000 / 9600


@pytest.mark.parametrize(
    "bad", [CURRENTS_AND_POWERS[:-1] + b"\x00", request(2, 4, 6, 12), request(1, 4, 0, 126)]
)
def test_a_bad_request_does_not_spoil_the_next_one(bad):
    clock = Hand()
    meter = MemoryMeter(House(), clock)
    meter.write(bad)
    collect(meter, clock)
    meter.write(CURRENTS_AND_POWERS)
    assert collect(meter, clock)[0] == ask_memory(CURRENTS_AND_POWERS)


@pytest.mark.parametrize("fault", ["silent", "exception", "garbage", "half", "wrong-slave"])
def test_each_fault_is_seen_and_passes(fault):
    house, clock = House(), Hand()
    meter = MemoryMeter(house, clock)
    meter.write(CURRENTS_AND_POWERS)
    good, _ = collect(meter, clock)
    house.meter_fault = fault
    meter.write(CURRENTS_AND_POWERS)
    bad, _ = collect(meter, clock)
    assert bad != good
    expected = {
        "silent": b"",
        "exception": b"\x01\x84\x04" + crc(b"\x01\x84\x04"),
        "half": good[:14],
        "wrong-slave": b"\x02" + good[1:-2] + crc(b"\x02" + good[1:-2]),
    }
    if fault == "garbage":
        assert len(bad) == 29
        assert bad[-2:] != crc(bad[:-2])
    else:
        assert bad == expected[fault]
    house.meter_fault = None
    meter.write(CURRENTS_AND_POWERS)
    assert collect(meter, clock)[0] == good


def test_garbage_is_the_same_for_the_same_seed_and_time():
    house = House()
    house.meter_fault = "garbage"
    first, again, other = (ask_memory(CURRENTS_AND_POWERS, house, seed=s) for s in (1, 1, 2))
    assert first == again != other
    clock = Hand()
    meter = MemoryMeter(house, clock, seed=1)
    meter.write(CURRENTS_AND_POWERS)
    collect(meter, clock)
    meter.write(CURRENTS_AND_POWERS)
    later, _ = collect(meter, clock)
    assert len(later) == 29
    assert later != ask_memory(CURRENTS_AND_POWERS, house, Wire(), seed=1)


@pytest.mark.parametrize(
    ("key", "value", "text"),
    [("baud", 50, "300...1000000"), ("parity", "X", "N, E, O"), ("stop", 3, "1 or 2")],
)
def test_a_wrong_line_setting_is_named(key, value, text):
    with pytest.raises(ValueError, match=f"{key}: .*{text}"):
        Wire(**{key: value})


def test_an_unknown_fault_is_named():
    with pytest.raises(ValueError, match="meter_fault: 'tired' is not one of"):
        spoil(b"\x01", 1, "tired", 0, 0)


def test_a_transaction_in_memory_costs_at_most_300_us():
    clock = Hand()
    meter, buf = MemoryMeter(House(), clock), bytearray(64)
    costs = []
    for _ in range(200):
        begin = time.process_time()
        meter.write(CURRENTS_AND_POWERS)
        for _ in range(24):
            clock.now += 5
            meter.readinto(buf)
        costs.append(time.process_time() - begin)
    assert statistics.median(costs) < 300e-6
