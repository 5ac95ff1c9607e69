"""The re-created market of EVerest's EnergyManager: the figures that its source has."""

from compare_helpers import Bench, boxes

from pilotlight_host.compare.everest import Everest, market


def test_minimum_or_nothing_in_fixed_order():
    assert market(20_000, [32_000] * 4) == [7000, 6500, 6500, 0]
    assert market(5900, [32_000]) == [0]


def test_slices_of_half_an_ampere_go_round():
    assert market(13_000, [16_000, 16_000]) == [6500, 6500]
    assert market(13_500, [16_000, 16_000]) == [7000, 6500]
    assert market(40_000, [16_000, 32_000]) == [16_000, 24_000]


def test_a_hundred_rounds():
    assert market(90_000, [80_000]) == [56_000]


def test_empty_outlets_hold_their_budget_by_default():
    bench = Bench(Everest(), 32_000, (8000, 2000, 0), boxes(2))
    bench.boxes[1].asks = False
    assert bench.cycle(1000) == [12_000, 0]
    bench.policy = Everest(idle_is_zero=True)
    assert bench.cycle(1000) == [24_000, 0]


def test_measured_load_is_not_used():
    bench = Bench(Everest(), 32_000, (8000,) * 3, boxes(1))
    bench.view.house_peak_ma = (8000,) * 3
    assert bench.cycle(1000) == [24_000]
    bench.house_ma = (30_000,) * 3
    assert bench.cycle(1000) == [24_000]
