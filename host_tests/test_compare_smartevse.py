"""The re-created rules of SmartEVSE: the figures that its source has."""

from compare_helpers import Bench, Box, boxes

from pilotlight_host.compare.smartevse import SmartEvse, share


def test_admission_gives_what_the_supply_has_left():
    bench = Bench(SmartEvse(), 25_000, (5000, 3000, 1000), boxes(1))
    assert bench.cycle(2000) == [20_000]


def test_up_by_a_quarter_down_by_all_of_the_difference():
    bench = Bench(SmartEvse(), 25_000, (5000, 5000, 5000), boxes(1, max_ma=32_000))
    assert bench.cycle(2000) == [20_000]
    bench.view.chargers[0].charges(16_000, offer_ma=20_000)
    bench.policy.set_ma = 16_000
    bench.house_ma = (5000, 5000, 5000)
    assert bench.cycle(2000) == [17_000]  # 4 A free: 1 A more
    bench.house_ma = (12_000, 5000, 5000)
    assert bench.cycle(2000) == [13_000]  # 4 A too much: 4 A less


def test_the_base_load_is_what_was_set_not_what_is_drawn():
    """A car that takes less makes the house look smaller, so the others are given its part."""
    first, second = boxes(2)
    first.charges(4000, offer_ma=10_000)
    second.asks = False
    bench = Bench(SmartEvse(), 25_000, (10_000,) * 3, [first, second])
    bench.policy.set_ma = 10_000
    assert bench.cycle(2000, follow=False)[0] == 12_750  # 14 A measured: 11 A free, a quarter


def test_a_measurement_counts_once():
    bench = Bench(SmartEvse(), 25_000, (5000,) * 3, boxes(1))
    bench.cycle(2000)
    bench.view.chargers[0].offer_ma = 7000
    bench.policy.decide(bench.view)
    assert bench.view.chargers[0].offer_ma == 7000


def test_shortage_raises_to_the_minimum_and_stops_all_in_the_third_cycle():
    bench = Bench(SmartEvse(), 25_000, (5000,) * 3, boxes(2))
    for _ in range(3):
        bench.cycle(2000)
    bench.house_ma = (16_000,) * 3
    assert bench.cycle(2000) == [6000, 6000]
    assert bench.cycle(2000) == [6000, 6000]
    assert bench.cycle(2000) == [0, 0]


def test_a_minute_from_the_clearing_of_the_error_to_the_next_start():
    bench = Bench(SmartEvse(), 25_000, (5000,) * 3, boxes(1))
    bench.cycle(2000)
    bench.house_ma = (22_000,) * 3
    while bench.cycle(2000) != [0]:
        pass
    bench.cycle(60_000)
    bench.house_ma = (15_000,) * 3
    bench.cycle(2000)
    assert bench.cycle(56_000) == [0]
    assert bench.cycle(4000) == [10_000]


def test_more_than_twice_the_mains_stops_at_once():
    bench = Bench(SmartEvse(), 25_000, (5000,) * 3, boxes(1))
    bench.cycle(2000)
    bench.house_ma = (31_000, 0, 0)
    assert bench.cycle(2000) == [0]


def test_one_at_a_time():
    bench = Bench(SmartEvse(), 40_000, (2000,) * 3, boxes(3))
    assert [sum(ma > 0 for ma in bench.cycle(2000)) for _ in range(3)] == [1, 2, 3]


def test_small_units_get_their_maximum_the_rest_is_split():
    assert share(30_000, [Box(max_ma=8000), Box(max_ma=32_000), Box(max_ma=32_000)]) == [
        8000,
        11_000,
        11_000,
    ]
