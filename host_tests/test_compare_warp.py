"""The re-created rules of the WARP charge manager: the figures that its source has."""

import pytest
from compare_helpers import Bench, boxes

from pilotlight_host.compare.warp import Warp, correction_ma, filtered_ma, target_ma


@pytest.mark.parametrize(
    ("fuse_ma", "target"), [(25_000, 19_000), (32_000, 28_800), (63_000, 63_000)]
)
def test_target_leaves_room_for_the_largest_consumer(fuse_ma, target):
    assert target_ma(fuse_ma) == target


def test_filter_goes_from_the_mean_towards_the_maximum():
    low, middle, high = [10.0, 12.0, 10.9], [10.0, 20.0, 11.5], [10.0, 20.0, 12.0]
    assert filtered_ma(low, 10) == pytest.approx(sum(low) / 3)
    assert filtered_ma(high, 10) == pytest.approx((20 + 14) / 2)
    mean = sum(middle) / 3
    assert filtered_ma(middle, 10) == pytest.approx(mean + 0.5 * ((20 + mean) / 2 - mean))


def test_correction_is_15_16_down_and_a_half_up():
    assert correction_ma(-1600, 10_000, 30_000) == -1500
    assert correction_ma(4000, 10_000, 30_000) == 2000
    assert correction_ma(40_000, 10_000, 30_000) == 15_000
    assert correction_ma(4000, 0, 30_000) == 4000


def run(bench, seconds):
    for _ in range(2 * seconds):
        offers = bench.cycle(500)
    return offers


def test_just_plugged_is_on_before_limits_are_looked_at():
    bench = Bench(Warp(), 32_000, (1000,) * 3, boxes(1))
    assert run(bench, 10)[0] >= 6000


def test_half_of_what_is_free_every_ten_seconds():
    bench = Bench(Warp(), 63_000, (23_000,) * 3, boxes(1, max_ma=63_000))
    bench.policy._allocated_ms = 0
    bench.boxes[0].charges(20_000, since_ms=0)
    assert run(bench, 10)[0] == 30_000


def test_minima_that_do_not_fit_shed_the_longest_on_without_hysteresis():
    bench = Bench(Warp(), 32_000, (2000,) * 3, boxes(2))
    run(bench, 400)
    assert all(box.offer_ma >= 6000 for box in bench.boxes)
    bench.house_ma = (20_000,) * 3
    offers = run(bench, 30)
    assert sorted(ma > 0 for ma in offers) == [False, True]


def test_a_second_car_needs_its_room_for_an_hour_where_the_first_can_use_it():
    bench = Bench(Warp(), 32_000, (20_000,) * 3, boxes(2))
    assert sum(ma > 0 for ma in run(bench, 600)) == 1  # 8.8 A
    bench.house_ma = (5000,) * 3  # 23.8 A: one and a half times two minima are 18 A
    assert sum(ma > 0 for ma in run(bench, 3000)) == 1
    assert sum(ma > 0 for ma in run(bench, 900)) == 2


def test_a_content_first_car_leaves_room_after_four_minutes():
    bench = Bench(Warp(), 40_000, (30_000,) * 3, boxes(2))
    assert sum(ma > 0 for ma in run(bench, 600)) == 1
    bench.house_ma = (5000,) * 3
    for box in bench.boxes:
        box.max_ma = 8000
    assert sum(ma > 0 for ma in run(bench, 200)) == 1
    assert sum(ma > 0 for ma in run(bench, 100)) == 2


def test_every_quarter_of_an_hour_a_waiting_car_has_its_turn():
    bench = Bench(Warp(), 32_000, (14_000,) * 3, boxes(2))
    had = set()
    for _ in range(8):
        had |= {n for n, ma in enumerate(run(bench, 450)) if ma}
    assert had == {0, 1}
