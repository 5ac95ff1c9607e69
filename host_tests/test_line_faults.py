"""A Modbus line on which everything goes wrong: no value that the meter did not give to this very
request, and the good ones come. Every frame is judged by pymodbus as well. Virtual time.
"""

import pytest
from line_helpers import FAULTS, watched
from other_side import CURRENTS_AND_POWERS
from pilotlight_host.sim.badline import BadLine, Faults, byte_errors
from pilotlight_host.sim.badparties import Habits
from pilotlight_host.sim.lineshim import Wire
from pilotlight_host.sim.stepped import SteppedClock
from pilotlight_host.sim.uartbits import bits_of, heard_as
from pilotlight_host.storm.linewatch import WatchedMeter, most_per_s

POLLS = 2000


@pytest.mark.parametrize("name", FAULTS)
def test_no_wrong_value_is_taken(name):
    fault = FAULTS[name]
    outcome = watched(name, 1).run(POLLS, fault.pause_ms)
    assert not outcome.wrong, outcome.line() + "\n" + "\n".join(outcome.wrong)
    assert outcome.well >= fault.least * POLLS, outcome.line()
    for what in fault.seen:  # else the line has not done what this row says
        assert outcome.faults[what] + outcome.counts[what] > 0, outcome.line()


def test_a_seed_is_replayed_exactly():
    first, again, other = (watched("all at once", seed).run(400) for seed in (5, 5, 6))
    assert first == again != other


NONE, EVEN, ODD = Wire(), Wire(parity="E"), Wire(parity="O")


@pytest.mark.parametrize(
    ("masters", "meters", "ends"),
    [
        (NONE, EVEN, "no reply"),  # the meter hears other bytes than were sent
        (NONE, ODD, "no reply"),
        (EVEN, NONE, None),  # the meter hears us, we hear other bytes than it sent
        (ODD, NONE, None),
        (EVEN, ODD, "ok"),  # only the parity is wrong, which neither a Pico nor a PC refuses
        (NONE, Wire(stop=2), "ok"),
    ],
)
def test_another_parity_at_the_meter(masters, meters, ends):
    outcome = WatchedMeter(1, Faults(meter_wire=meters), wire=masters).run(200)
    assert not outcome.wrong, outcome.wrong[0]
    assert outcome.counts["ok"] == (200 if ends == "ok" else 0)
    assert ends is None or outcome.counts[ends] == 200


def test_what_an_even_port_hears_of_8n1():
    """Where a stop bit is taken for the parity, the next start bit is taken for the stop."""
    told = bytes(byte for _, byte in heard_as(CURRENTS_AND_POWERS, NONE, EVEN))
    assert told[0] == CURRENTS_AND_POWERS[0]
    assert told != CURRENTS_AND_POWERS
    assert bytes(b for _, b in heard_as(CURRENTS_AND_POWERS, EVEN, NONE)) == CURRENTS_AND_POWERS


@pytest.mark.parametrize("wire", [Wire(), Wire(parity="E"), Wire(parity="O"), Wire(stop=2)])
def test_with_the_same_setting_every_byte_is_heard_in_its_time(wire):
    data = bytes(range(256))
    assert len(bits_of(data, wire)) == 256 * wire.bits
    heard = heard_as(data, wire, wire)
    assert bytes(byte for _, byte in heard) == data
    for number, (us, _) in enumerate(heard):
        assert 0 <= wire.time_us(number + 1) - us <= wire.stop * 1_000_000 // wire.baud


def test_bytes_arrive_at_the_pace_of_the_wire_and_only_those():
    clock = SteppedClock()
    line = BadLine(clock.now_us, Wire(9600), Faults(), 1)
    line.say(None, clock.us + 1000, b"abcdef")
    begun_us, buf, times = clock.us, bytearray(8), []
    while len(times) < 6:
        clock.us += 100
        if (count := line.readinto(buf)) is not None:
            times += [clock.us - begun_us] * count
    for number, us in enumerate(times, 1):
        assert 1000 + number * 1e7 / 9600 <= us <= 1000 + number * 1e7 / 9600 + 101
    assert line.readinto(buf) is None


def test_who_talks_at_the_same_time_spoils_both():
    clock = SteppedClock()
    line = BadLine(clock.now_us, Wire(9600), Faults(), 1)
    line.say("one", clock.us, b"A" * 20)
    line.say("two", clock.us + 10_000, b"B" * 20)  # byte 10 of the first is on its way
    clock.us += 100_000
    buf = bytearray(64)
    heard = bytes(buf[: line.readinto(buf)])
    assert line.counts == {"collision": 1}
    assert heard[:9] == b"A" * 9
    assert heard[-9:] == b"B" * 9
    assert set(heard[10:19]) - set(b"AB")


def test_one_byte_in_a_hundred_is_hit():
    outcome = WatchedMeter(3, byte_errors(0.01)).run(POLLS)
    hit = sum(outcome.faults[what] for what in ("wrong", "lost", "added"))
    bytes_sent = 8 * POLLS + 29 * outcome.counts["ok"]  # most of those that failed were sent, too
    assert 0.009 * bytes_sent < hit < 0.0135 * bytes_sent


def test_at_one_percent_the_good_ones_come_as_often_as_the_line_allows():
    """Balancing reads back to back at 9600 baud, against the arithmetic of what the line costs."""
    faults, habits = byte_errors(0.01), Habits()
    watch = WatchedMeter(4, faults, habits)
    watch.run(20, optional=1.0)  # the meter has answered its other reads as well
    outcome = watch.run(3 * POLLS, optional=0.0)
    most, words = most_per_s(faults, Wire(), habits)
    frames_per_s, readings_per_s = (n / outcome.virtual_s for n in (outcome.well, outcome.good))
    print(
        f"{frames_per_s:.2f} good frames and {readings_per_s:.2f} readings of {most:.2f} a second: {words}"
    )
    assert 0.85 * most <= readings_per_s <= frames_per_s <= 1.05 * most
