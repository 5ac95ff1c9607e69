"""The emulated converter: switches, pilots and clamps at the instant of each conversion, E11."""

import math
import statistics

import pytest
from emulator_helpers import (
    RING_SAMPLES,
    START_SLICES,
    booted,
    dc,
    ring,
    ring_position,
    start_ring,
)

PER_SLOT = 8  # samples of one input in 125 us
SLOTS = 64  # of 125 us: until all select lines are at their beginning again
CODE_MV = 3300 / 4096


def mv_of(name: str) -> float:
    """A level of its own for each of the 16 slow signals."""
    kinds = ("proximity", "mirror contact", "residual current", "plug temperature")
    kind, _, number = name.rpartition(" ")
    return 2000 + 70 * (4 * kinds.index(kind) + int(number) - 1)


def code(mv: float) -> float:
    return mv / CODE_MV


@pytest.fixture(scope="module")
def slots() -> tuple[list[str], list[list[int]], list[list[int]]]:
    """(signal expected in each of 64 slots, samples of each input, the same 8 ms later)."""
    order = []
    with booted(noise_lsb=0.3) as (pico, repl):
        for clamp in (1, 2, 3):
            pico.analog.clamp_wave(clamp, **dc(300 * clamp))
        slow = [f"{kind} {n}" for kind in ("proximity", "mirror contact") for n in (1, 2, 3, 4)]
        slow += [
            f"{kind} {n}"
            for kind in ("residual current", "plug temperature")
            for n in (1, 2, 3, 4)
        ]
        for name in slow:
            pico.analog.level(name, mv_of(name))
        for number in range(16):  # S2 is the lowest bit of what counts the slow signals
            order += ["clamp 1", "clamp 2", "clamp 3", slow[number]]
        pico.analog.pilot(1, 9000, -12000)
        pico.analog.pilot(2, 6000, -11000)
        pico.analog.pilot(3, 3000, -10000)
        pico.analog.pilot(4, 1000, -9000)
        address = start_ring(pico, repl)
        first = ring(pico, address)
        pico.run(pico.now_us + 8000)
        return order, first, ring(pico, address)


def settled(samples: list[int]) -> list[int]:
    """One code per slot: the middle of each stretch of equal ones, if slots can be told apart."""
    edges = [i for i in range(1, len(samples)) if abs(samples[i] - samples[i - 1]) > 40]
    start = edges[0]
    return [
        round(statistics.median(samples[at + 2 : at + PER_SLOT - 1]))
        for at in range(start, len(samples) - PER_SLOT, PER_SLOT)
    ]


def test_every_slot_shows_its_signal(slots: tuple) -> None:
    """GP28 through all 64 settings of the select lines, in their order."""
    order, (_, _, shared, _), _ = slots
    expected = [300 * int(name[-1]) if name.startswith("clamp") else mv_of(name) for name in order]
    seen = settled(shared)
    found = [
        shift
        for shift in range(SLOTS)
        if all(
            abs(value - code(expected[(shift + i) % SLOTS])) < 6 for i, value in enumerate(seen)
        )
    ]
    assert len(seen) >= 2 * SLOTS and len(found) == 1


def test_pilots_are_sampled_in_phase(slots: tuple) -> None:
    """GP26 sees pilot 1 for 1 ms (high for its 10 %), then pilot 2 (50 %); GP27 3 (x1) and 4 (F)."""
    _, (first, second, _, _), _ = slots
    high, low = code(9000 / 8 + 1650), code(-12000 / 8 + 1650)
    near = lambda values, wanted: sum(abs(v - wanted) < 8 for v in values)  # noqa: E731
    periods = len(first) / 128  # of 2 ms
    assert near(first, high) / periods == pytest.approx(6.4, abs=0.7)
    assert near(first, low) / periods == pytest.approx(57.6, abs=1.5)
    assert near(first, code(6000 / 8 + 1650)) / periods == pytest.approx(32, abs=1.5)
    assert near(first, code(-11000 / 8 + 1650)) / periods == pytest.approx(32, abs=1.5)
    assert near(second, code(3000 / 8 + 1650)) / periods == pytest.approx(64, abs=1.5)
    assert near(second, code(-9000 / 8 + 1650)) / periods == pytest.approx(64, abs=1.5)


def test_the_ring_repeats_every_8_ms(slots: tuple) -> None:
    """Slots and samples keep their places: 8 ms are exactly 512 samples of each input."""
    _, before, after = slots
    for old, new in zip(before, after):
        assert [abs(a - b) < 40 for a, b in zip(old, new)].count(False) <= len(old) // 60


CHAIN = """
from array import array
first, second = array("H", [9999] * 40), array("H", [9999] * 60)
a, b = rp2.DMA(), rp2.DMA()
common = dict(size=1, inc_read=False, inc_write=True, treq_sel=36, irq_quiet=True)
b.config(read=0x4004c00c, write=second, count=60, trigger=False, ctrl=b.pack_ctrl(**common))
a.config(read=0x4004c00c, write=first, count=40, trigger=True,
    ctrl=a.pack_ctrl(chain_to=b.channel, **common))
mem32[0x4004c008] = 1 << 24 | 1 << 11 | 1 << 10 | 8 | 1
mem32[0x4004c010] = 186 << 8 | 128
mem32[0x4004c000] = 2 << 12 | 8 | 1
time.sleep_us(500)
print(*first, *second)
print(a.active(), b.active(), mem32[0x4004c008] >> 11 & 1)
"""


def test_one_dma_channel_takes_over_from_another() -> None:
    """No sample is lost between them; when both are full, the FIFO overflows and says so."""
    with booted(noise_lsb=0) as (pico, repl):
        # 250 mV/ms up and down are 1.2 codes from sample to sample, with a turn every 3.2 ms, between
        # the converter's wide codes 1535 and 2559; where it begins is as the boot had it
        ramp = [1250 + n for n in range(800)]
        pico.analog.clamp_wave(1, ramp + ramp[::-1], hz=156.25, mv_per_a=1000, bias_mv=0)
        # the select lines would stop at whatever they were just at: S0 and S1 low show clamp 1
        stop = "mem32[PWM + 0xa0] = 0\nfor s in (6, 8): Pin(s, Pin.OUT, value=0)\n"
        samples, ends = repl.exec(START_SLICES + stop + CHAIN).splitlines()
        values = [int(word) for word in samples.split()]
        steps = [abs(later - earlier) for earlier, later in zip(values, values[1:])]
        assert ends == "False False 1"
        assert sum(step not in (1, 2) for step in steps) <= 1


def test_256_samples_in_every_ms() -> None:
    """The DMA's address moves on with the time, neither faster nor slower, and wraps in its ring."""
    with booted() as (pico, repl):
        address = start_ring(pico, repl)
        total = 0
        before = ring_position(pico)
        for _ in range(20):
            pico.run(pico.now_us + 7000)
            now = ring_position(pico)
            total += (now - before) // 2 % RING_SAMPLES
            assert address <= now < address + 2 * RING_SAMPLES
            before = now
        assert total == pytest.approx(20 * 7 * 256, abs=1)


def test_rms_of_a_clamp() -> None:
    """House and car current with their harmonics: 15 A rms as the site counts them."""
    with booted(noise_lsb=1) as (pico, repl):
        for clamp in (1, 2, 3):
            # 62.5 Hz, so that the ring's 32 ms are two whole periods
            pico.analog.clamp(clamp, 5000 * clamp, 10_000, hz=62.5)
        address = start_ring(pico, repl, fill_ms=90)
        shared = ring(pico, address)[2]
        slots = [
            statistics.fmean(shared[at + 3 : at + PER_SLOT - 1])
            for at in range(_first_slot(shared), len(shared) - PER_SLOT, PER_SLOT)
        ]
        spreads = [_rms(slots[n::4]) for n in range(4)]
        slow = spreads.index(max(spreads))  # all slow signals after one another
        expected = [16.5 * amperes / CODE_MV for amperes in (15, 20, 25)]
        for number, wanted in enumerate(expected, 1):
            assert spreads[(slow + number) % 4] == pytest.approx(wanted, rel=0.015)


def _first_slot(samples: list[int]) -> int:
    jumps = [abs(b - a) for a, b in zip(samples, samples[1:])]
    by_place = [sum(jumps[place::PER_SLOT]) for place in range(PER_SLOT)]
    return by_place.index(max(by_place)) + 1


def _rms(values: list[float]) -> float:
    mean = statistics.fmean(values)
    return math.sqrt(statistics.fmean((value - mean) ** 2 for value in values))


READ = """
from machine import ADC
import machine
source = ADC(28)
machine.mem32[0x4004c000] = 2 << 12 | 1
def read():
    machine.mem32[0x4004c000] = 2 << 12 | 5
    while not machine.mem32[0x4004c000] & 256: pass
    return machine.mem32[0x4004c004]
"""


def test_erratum_e11_widens_a_code() -> None:
    """Around 512 one code is 9 LSB wide; none is missing; the ideal converter knows no such step."""
    with booted(noise_lsb=0) as (pico, repl):
        repl.exec(READ)

        def reading(position: float) -> int:
            pico.analog.clamp_wave(1, **dc(position * CODE_MV))
            return int(repl.exec("print(read())"))

        steps = [505 + 0.5 * n for n in range(40)]
        seen = [reading(step) for step in steps]
        assert seen == sorted(seen) and set(seen) == set(range(seen[0], seen[-1] + 1))
        assert seen.count(511) in (17, 18, 19)
        pico.analog.ideal_converter()
        assert [reading(step) for step in (505.5, 511.5, 520.5)] == [505, 511, 520]
        assert [reading(step) for step in (-50, 5000)] == [0, 4095]


def test_noise_is_that_which_was_asked_for() -> None:
    with booted(noise_lsb=2) as (pico, repl):
        pico.analog.clamp_wave(1, **dc(1000))
        repl.exec(READ)
        values = [int(v) for v in repl.exec("for _ in range(800): print(read())").split()]
        assert statistics.stdev(values) == pytest.approx(2.0, rel=0.15)
        assert statistics.fmean(values) == pytest.approx(code(1000), abs=5)


def test_the_chip_temperature() -> None:
    with booted(noise_lsb=0) as (pico, repl):
        pico.analog.chip_temperature(40)
        read = "from machine import ADC\nprint(ADC(ADC.CORE_TEMP).read_u16() >> 4)"
        raw = int(repl.exec(read))
        assert 27 - (raw * 3.3 / 4096 - 0.706) / 0.001721 == pytest.approx(40, abs=3)


def test_edges_of_the_pilot_take_their_time() -> None:
    """A sample soon after an edge is on its way: few are, and they lie between the two levels."""
    with booted(noise_lsb=0) as (pico, repl):
        pico.analog.pilot(1, 9000, -12000, edges_us=(10, 13))
        pico.analog.pilot(2, 9000, -12000, edges_us=(0.01, 0.01))
        address = start_ring(pico, repl)
        samples = ring(pico, address)[0]
        top, bottom = max(samples), min(samples)
        between = [s for s in samples if bottom + 8 < s < top - 8]
        periods = len(samples) / 128
        assert 0.5 < len(between) / periods < 8
