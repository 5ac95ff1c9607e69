"""The re-created circuits of evcc: the figures that its source has."""

from compare_helpers import Bench, boxes

from pilotlight_host.compare.evcc import Evcc


def test_one_loadpoint_every_30_s():
    bench = Bench(Evcc(), 63_000, (1000,) * 3, boxes(3, max_ma=16_000))
    assert [sum(ma > 0 for ma in bench.cycle(30_000)) for _ in range(3)] == [1, 2, 3]


def test_gets_what_it_draws_and_the_potential_in_whole_amperes():
    bench = Bench(Evcc(), 25_000, (9300, 0, 0), boxes(1))
    assert bench.cycle(30_000) == [15_000]
    bench.house_ma = (13_300, 0, 0)
    assert bench.cycle(30_000) == [11_000]


def test_below_the_minimum_it_is_off_and_back_after_a_minute():
    bench = Bench(Evcc(), 25_000, (10_000,) * 3, boxes(1))
    bench.cycle(30_000)
    bench.house_ma = (19_500,) * 3
    assert bench.cycle(60_000) == [0]
    bench.house_ma = (10_000,) * 3
    assert bench.cycle(30_000) == [0]
    assert bench.cycle(30_000) == [15_000]


def test_first_come_first_served():
    bench = Bench(Evcc(), 25_000, (3000,) * 3, boxes(2))
    for _ in range(6):
        offers = bench.cycle(30_000)
    assert offers == [22_000, 0]


def test_the_highest_phase_counts_for_all():
    """One-phase cars on different phases are added up as one scalar."""
    first, second = boxes(2)
    second.wires = (1, 2, 0)
    first.charges(20_000, phases=1)
    bench = Bench(Evcc(), 25_000, (0, 0, 0), [first, second])
    bench.policy._turn = 1
    assert bench.cycle(30_000)[1] == 0
