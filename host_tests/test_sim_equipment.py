"""Lock, ventilation and residual-current monitors around the whole firmware. Times in ms."""

import pytest
from pilotlight.services.control import STEP_MS
from pilotlight_host.sim.simulate import EVENT, EXACT, _Run, simulate
from sim_helpers import SMALL, journal, small

# A step attends to the equipment of one outlet before it decides on the coils: what a decision
# means for a fan is done when its outlet has its next turn, as many steps later as there are outlets.
OUTLETS = len(SMALL["site"]["outlets"])
SOCKET = {"socket": True, "lock": True}
TESTED = {"residual_test": True}
LOOSE = [dict(SMALL["car"][0], cable_ohm=220)]


def outlet(**keys):
    """A change of the small site: keys of its outlet; those of its monitors are the site's."""

    def change(raw):
        for key, value in keys.items():
            where = raw["site"]["site"] if "residual" in key else raw["site"]["outlets"][0]
            where[key] = value

    return change


class Watcher:
    """Looks at the plant after every step: (t, coil, locked, ventilated, tested) on change."""

    def __init__(self):
        self.seen = []

    def start(self, run: _Run):
        self._plant = run.plant

    def look(self, t_ms):
        plant = self._plant
        row = (plant.coil(0), plant.bolt(0).is_locked, plant.ventilation(0))
        row += (plant._outlets[0].monitor._is_tested,)
        if not self.seen or self.seen[-1][1:] != row:
            self.seen.append((t_ms, *row))

    def times(self, what):
        """When the output `what` went on, and when off."""
        at = ("coil", "locked", "fan", "test").index(what) + 1
        on, off, last = [], [], False
        for row in self.seen:
            if row[at] != last:
                (on if row[at] else off).append(row[0])
                last = row[at]
        return on, off

    def together(self, one, other):
        """Both were on at the same time."""
        names = ("coil", "locked", "fan", "test")
        at, and_at = names.index(one) + 1, names.index(other) + 1
        return any(row[at] and row[and_at] for row in self.seen)


def watched(clock=EXACT, **parts):
    """(outcome, watcher) of the small site."""
    watcher = Watcher()
    looks = {"progress": watcher.look, "on_start": watcher.start}
    return simulate(small(**parts), clock_kind=clock, **looks), watcher


def test_the_plug_is_held_before_the_contactor_closes_and_set_free_after():
    events = [{"at": "60s", "kind": "unplug", "outlet": 1}]
    outcome, watcher = watched(car=LOOSE, change=outlet(**SOCKET), event=events)
    (locked,), (free,) = watcher.times("locked")
    (closed,), (opened,) = watcher.times("coil")
    assert 5_000 < locked < 6_000 < closed and 60_000 < opened < free < 65_000
    assert outcome.is_good and outcome.report["energy_wh"]["1"] > 100


def test_nothing_is_offered_while_the_lock_still_tries():
    events = [{"at": "35s", "kind": "lock-jam", "outlet": 1, "for": "9s"}]
    cars = [dict(LOOSE[0], arrive="40s")]
    outcome, watcher = watched(car=cars, change=outlet(**SOCKET), event=events)
    (locked,), _ = watcher.times("locked")
    changes = outcome.monitor.changes
    offered = next(t_ms for t_ms, _, duty, _, _ in changes if duty < 10000)
    assert 44_000 < locked <= offered < 46_000
    assert any(why == "the plug is not held yet" for *_, why in changes)
    assert len(watcher.times("coil")[0]) == 1 and outcome.is_good


def test_vector_71_a_plug_that_is_not_held_gets_no_power():
    events = [{"at": "1s", "kind": "lock-jam", "outlet": 1}]
    outcome, watcher = watched(car=LOOSE, change=outlet(**SOCKET), event=events)
    assert watcher.times("coil") == ([], [])
    assert any("connector does not lock" in text for text in journal(outcome))
    assert outcome.app.control.units[0].outlet.fault != 0


def test_the_next_car_is_tried_anew():
    events = [{"at": "1s", "kind": "lock-jam", "outlet": 1, "for": "20s"}]
    cars = [dict(LOOSE[0], leave="30s"), dict(LOOSE[0], arrive="50s")]
    outcome, watcher = watched(car=cars, change=outlet(**SOCKET), event=events)
    on, _ = watcher.times("coil")
    assert len(on) == 1 and on[0] > 50_000 and outcome.is_good


def test_one_that_does_not_come_free_is_told():
    events = [
        {"at": "40s", "kind": "lock-jam", "outlet": 1},
        {"at": "50s", "kind": "unplug", "outlet": 1},
    ]
    outcome, _ = watched(car=LOOSE, change=outlet(**SOCKET), event=events)
    assert "outlet 1: the plug does not come free" in outcome.app.more_status()


@pytest.mark.parametrize("has_fan", [True, False])
def test_a_car_that_asks_for_air_charges_only_where_there_is_some(has_fan):
    car = [dict(SMALL["car"][0], r3_ohm=270)]
    outcome, watcher = watched(car=car, change=outlet(ventilation=has_fan))
    coil, fan = watcher.times("coil")[0], watcher.times("fan")[0]
    assert len(coil) == len(fan) == has_fan
    for closed_ms, aired_ms in zip(coil, fan, strict=True):
        assert 0 < aired_ms - closed_ms <= OUTLETS * STEP_MS
    assert (outcome.report["energy_wh"]["1"] > 100) == has_fan


def test_monitors_are_tested_at_boot_and_after_a_charge_and_never_while_closed():
    events = [{"at": "60s", "kind": "unplug", "outlet": 1}]
    outcome, watcher = watched(event=events, change=outlet(**TESTED))
    on, off = watcher.times("test")
    assert on[0] < 200 and 61_000 <= on[1] < 61_500 and len(on) == 2
    assert all(end - start <= 100 for start, end in zip(on, off, strict=True))
    assert not watcher.together("coil", "test") and outcome.is_good
    assert not any("residual" in text for text in journal(outcome))


def test_after_a_power_cut_a_car_in_c_waits_for_the_test_only():
    car = [dict(SMALL["car"][0], arrive=0, ready=0)]
    outcome, watcher = watched(car=car, change=outlet(**TESTED))
    assert watcher.times("test")[0][0] < 200 and len(watcher.times("coil")[0]) == 1
    assert outcome.is_good


def test_a_monitor_that_does_not_answer_gets_no_power():
    events = [{"at": 0, "kind": "residual-dead", "outlet": 1}]
    outcome, watcher = watched(event=events, change=outlet(**TESTED))
    assert watcher.times("coil") == ([], []) and len(watcher.times("test")[0]) == 1
    assert any("failed its test" in text for text in journal(outcome))


@pytest.mark.parametrize(("retries", "closings"), [(0, 1), (1, 2)])
def test_vector_59_a_trip_that_clears(retries, closings):
    events = [{"at": "40s", "kind": "residual-trip", "outlet": 1, "for": "10s"}]
    parts = {
        "event": events,
        "duration": "17m",
        "change": outlet(residual_retry=retries, **TESTED),
    }
    outcome, watcher = watched(EVENT, **parts)
    on, off = watcher.times("coil")
    assert len(on) == closings and 0 <= off[0] - 40_000 <= STEP_MS
    if retries:
        assert 940_000 <= on[1] <= 945_000
    assert outcome.is_good
