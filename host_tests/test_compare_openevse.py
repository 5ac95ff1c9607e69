"""The re-created current shaper of OpenEVSE: the figures that its source has."""

from compare_helpers import Bench, boxes

from pilotlight_host.compare.openevse import OpenEvse


def test_all_of_what_is_free_in_whole_amperes():
    bench = Bench(OpenEvse(), 25_000, (3000, 4000, 5500), boxes(1))
    assert bench.cycle(2000) == [20_000]  # 25 - 12.5 / 3 = 20.8


def test_phases_are_taken_as_balanced():
    bench = Bench(OpenEvse(), 25_000, (24_000, 0, 0), boxes(1))
    assert bench.cycle(2000) == [17_000]


def test_disabled_below_6_a_for_5_minutes():
    bench = Bench(OpenEvse(), 25_000, (5000,) * 3, boxes(1))
    bench.cycle(2000)
    bench.house_ma = (19_500,) * 3
    assert bench.cycle(2000) == [0]
    bench.house_ma = (5000,) * 3
    offers = [bench.cycle(2000)[0] for _ in range(160)]
    assert next(n for n, ma in enumerate(offers) if ma) == 149  # 300 s after the pause began


def test_live_power_falls_with_60_s_while_paused():
    bench = Bench(OpenEvse(ends_early=True), 25_000, (5000,) * 3, boxes(1))
    bench.cycle(2000)
    bench.house_ma = (30_000,) * 3
    assert bench.cycle(2000) == [0]
    bench.house_ma = (5000,) * 3
    offers = [bench.cycle(2000)[0] for _ in range(60)]
    first = next(n for n, ma in enumerate(offers) if ma)
    # it starts from 50 A (house and car) and has to fall to 19 A: 60 s * ln(45 / 14)
    assert 66 <= 2 * (first + 1) <= 74


def test_stations_do_not_know_of_each_other():
    bench = Bench(OpenEvse(), 25_000, (5000,) * 3, boxes(2))
    bench.cycle(2000)
    bench.view.taken_ms += 1
    bench.view.now_ms += 500
    bench.policy.decide(bench.view)
    assert sum(box.offer_ma for box in bench.boxes) == 40_000
