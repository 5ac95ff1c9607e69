"""The re-created passes of openWB: the figures that its source has."""

from compare_helpers import Bench, boxes

from pilotlight_host.compare.openwb import OpenWb, phases_of


def test_minima_first_then_equal_parts():
    bench = Bench(OpenWb(), 35_000, (5000,) * 3, boxes(2))
    assert bench.cycle(10_000) == [15_000, 15_000]


def test_minimum_in_the_order_of_plugging_in():
    bench = Bench(OpenWb(), 25_000, (10_000,) * 3, boxes(3))
    bench.boxes[0].plugged_ms = 9
    assert [ma > 0 for ma in bench.cycle(10_000)] == [False, True, True]


def test_the_house_is_the_meter_less_what_cars_draw():
    bench = Bench(OpenWb(), 35_000, (5000,) * 3, boxes(1))
    bench.boxes[0].charges(16_000)
    assert bench.cycle(10_000) == [30_000]


def test_only_the_phases_in_use_count():
    first, second = boxes(2)
    first.charges(16_000, phases=1)
    second.wires = (1, 2, 0)
    second.charges(16_000, phases=1)
    assert [phases_of(box) for box in (first, second)] == [(0,), (1,)]
    bench = Bench(OpenWb(), 25_000, (5000,) * 3, [first, second])
    assert bench.cycle(10_000, follow=False) == [20_000, 20_000]


def test_a_content_car_counts_with_what_it_draws():
    first, second = boxes(2)
    first.charges(7000, since_ms=0, offer_ma=15_000)
    second.charges(15_000, since_ms=0)
    bench = Bench(OpenWb(), 35_000, (5000,) * 3, [first, second], now_ms=55_000)
    assert bench.cycle(10_000, follow=False)[1] == 23_000
    bench.now_ms = 0
    assert bench.cycle(10_000, follow=False)[1] == 15_000  # not within the first minute
