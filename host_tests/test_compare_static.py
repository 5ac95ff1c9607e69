"""The static split."""

from compare_helpers import Bench, boxes

from pilotlight_host.compare.static import Static


def test_equal_parts_of_what_the_house_never_takes():
    bench = Bench(Static(), 63_000, (10_000, 23_000, 5000), boxes(4))
    assert bench.cycle(1000) == [10_000] * 4


def test_only_as_many_as_fit():
    bench = Bench(Static(), 32_000, (15_000,) * 3, boxes(4))
    assert bench.cycle(1000) == [8500, 8500, 0, 0]


def test_nothing_where_no_minimum_fits():
    bench = Bench(Static(), 25_000, (20_000,) * 3, boxes(2))
    assert bench.cycle(1000) == [0, 0]
