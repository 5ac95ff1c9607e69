"""services.limits in the simulator: cable, temperature, too much current, restart. A, ms, ohm."""

import pytest
from pilotlight_host.sim.scenario import ScenarioError
from pilotlight_host.sim.simulate import EVENT, EXACT, simulate
from sim_helpers import journal, small

X1 = 10000
STEPS = ("65 C: half current", "68 C: 6 A", "71 C: off")


def socket(raw):
    """The outlet is a socket of 32 A."""
    raw["site"]["outlets"][0].update(socket=True, max_a=32)


def car(**changes):
    """One car that wants much."""
    base = {"outlet": 1, "arrive": "5s", "energy_kwh": 90, "phases": 3, "max_a": 32}
    return [base | changes]


def offers(outcome, outlet=0):
    """(t_ms, duty, coil, why) of every change."""
    return [c[:1] + c[2:] for c in outcome.monitor.changes if c[1] == outlet]


def on_both_clocks(scenario, on_start=None):
    """The exact run; the event-driven one has decided the same at the same instants."""
    exact, event = [
        simulate(scenario, clock_kind=kind, on_start=on_start) for kind in (EXACT, EVENT)
    ]
    assert event.monitor.found.decisions == exact.monitor.found.decisions
    return exact


def snapshot(outcome):
    return outcome.app.control.units[0].snapshot(outcome.plant.t_ms)


def first(outcome, after_ms, is_it):
    """Time of the first change after `after_ms` that `is_it` says."""
    return next(row[0] for row in offers(outcome) if row[0] >= after_ms and is_it(*row[1:]))


def is_x1(duty, coil, why):
    return duty == X1


# ------------------------------------------------------------------ cable

CABLES = [(1500, 13), (1000, 13), (680, 20), (350, 20), (220, 32), (150, 32), (100, 32)]


@pytest.mark.parametrize(("ohm", "amps"), CABLES)
def test_a_cable_caps_what_is_offered(ohm, amps):
    """Vectors 63 and 64; the outlet's own 32 A cap the thickest. 35 A of supply leave 27."""

    def change(raw):
        socket(raw)
        raw["site"]["feeders"][0]["rating_a"] = 63

    outcome = simulate(small(change=change, car=car(cable_ohm=ohm), duration="70s"))
    assert outcome.is_good
    assert max(row[1] for row in offers(outcome) if row[1] != X1) == amps * 1000 // 6
    shown = snapshot(outcome)
    assert shown["cable_a"] == {100: 63}.get(ohm, amps) and shown["offered_a"] == amps


@pytest.mark.parametrize("ohm", [5000, 50, None])
def test_without_a_good_cable_nothing_is_offered(ohm):
    """Vector 66, and a car without any."""
    outcome = simulate(small(change=socket, car=car(cable_ohm=ohm), duration="30s"))
    assert all(row[1] == X1 and not row[2] for row in offers(outcome))
    shown = snapshot(outcome)
    assert shown["source"] == "cable" and shown["cable_a"] is None
    assert shown["why"] == (
        "proximity shorted to earth" if ohm == 50 else "no cable in the socket"
    )


def test_a_tethered_cable_is_not_read():
    outcome = simulate(small(car=car(cable_ohm=50), duration="30s"))
    assert outcome.is_good and outcome.report["contactor_cycles"] == {"1": 1}
    assert snapshot(outcome)["cable_a"] is None


def test_proximity_that_breaks_stops_until_the_car_is_gone():
    """Vector 65: x1 within 1 s, open when the car has left C; a reading that returns is not enough,
    plugging in anew is.
    """
    events = [
        {"at": "40s", "kind": "cable-break", "outlet": 1, "for": "10s"},
        {"at": "70s", "kind": "unplug", "outlet": 1, "for": "5s"},
    ]
    outcome = on_both_clocks(
        small(change=socket, car=car(cable_ohm=220), event=events, duration="110s")
    )
    assert outcome.is_good
    stopped_ms = first(outcome, 40_000, is_x1)
    assert 40_000 < stopped_ms <= 41_000
    between = [row for row in offers(outcome) if stopped_ms <= row[0] < 75_000]
    assert all(row[1] == X1 for row in between) and not between[-1][2]
    assert first(outcome, 75_000, lambda duty, coil, why: coil) < 85_000
    assert any("proximity broke while plugged in" in text for text in journal(outcome))


def test_a_car_that_ignores_the_break_is_disconnected_after_six_seconds():
    events = [{"at": "40s", "kind": "cable-break", "outlet": 1}]
    scenario = small(change=socket, car=car(cable_ohm=220, s2_stuck=True), event=events)
    outcome = simulate(scenario)
    assert outcome.is_good
    x1_ms = first(outcome, 40_000, is_x1)
    assert 6000 <= first(outcome, x1_ms, lambda duty, coil, why: not coil) - x1_ms < 7000


def test_a_shorter_break_is_a_disturbance():
    events = [{"at": "40s", "kind": "cable-break", "outlet": 1, "for": "150ms"}]
    outcome = simulate(small(change=socket, car=car(cable_ohm=220), event=events))
    assert outcome.is_good
    assert not any(is_x1(*row[1:]) for row in offers(outcome) if row[0] > 40_000)


# ------------------------------------------------------------------ temperature


def test_a_plug_that_warms_is_derated_stopped_and_restored():
    """Vector 62: 20 -> 75 C in 110 s (a degree each 2 s), then back."""
    events = [
        {"at": "20s", "kind": "heat", "outlet": 1, "degrees": 75, "for": "110s"},
        {"at": "140s", "kind": "heat", "outlet": 1, "degrees": 20, "for": "110s"},
    ]
    outcome = on_both_clocks(
        small(change=socket, car=car(cable_ohm=680), event=events, duration="300s")
    )
    assert outcome.is_good
    half = first(outcome, 20_000, lambda duty, coil, why: duty == 10_000 // 6)
    least = first(outcome, half, lambda duty, coil, why: duty == 1000)
    off = first(outcome, least, is_x1)
    back = first(outcome, off, lambda duty, coil, why: duty < X1)
    # 65, 68, 71 C are reached at 110, 116, 122 s, 62 C again at 166 s; PWM changes each 5 s
    assert 110_000 < half <= 115_500 and 116_000 < least <= 121_500
    assert 122_000 < off <= 123_000 and 166_000 < back <= 170_000
    said = [text for text in journal(outcome) if "plug" in text]
    assert [text.split(":")[1].split(" reached")[-1] for text in said] == [
        " 65 C",
        " 68 C",
        " 71 C",
    ]
    assert snapshot(outcome)["plug_c"] == 20


def test_a_lost_sensor_leaves_the_least_there_is_and_says_so():
    events = [{"at": "40s", "kind": "sensor-lost", "outlet": 1, "for": "20s"}]
    outcome = simulate(small(event=events))
    assert outcome.is_good and outcome.report["contactor_cycles"] == {"1": 1}
    assert 40_000 < first(outcome, 40_000, lambda duty, coil, why: duty == 1000) < 46_000
    why = next(row[3] for row in offers(outcome) if row[1] == 1000 and row[0] > 40_000)
    assert why == "the plug's temperature sensor is lost: 6 A"
    assert first(outcome, 60_000, lambda duty, coil, why: duty > 1000)


def test_a_warm_board_limits_every_outlet_and_says_so():
    """The ladder of vector 62 at the board's own sensor: 20 -> 75 C, and back, two cars."""

    def two(raw):
        raw["site"]["outlets"] *= 2
        raw["site"]["feeders"][0]["rating_a"] = 63

    events = [
        {"at": "20s", "kind": "board-heat", "degrees": 75, "for": "110s"},
        {"at": "140s", "kind": "board-heat", "degrees": 20, "for": "110s"},
    ]
    cars = car() + car(outlet=2)
    outcome = on_both_clocks(
        small(change=two, car=cars, event=events, duration="300s", plant={"board_c": 20})
    )
    assert outcome.is_good
    for outlet in (0, 1):
        rows = [row for row in offers(outcome, outlet) if row[0] > 20_000]
        why = {row[3].removeprefix("the board reached "): row[0] for row in reversed(rows)}
        half, least, off = [why[f"{step} until 62 C"] for step in STEPS]
        # as for a plug: 65, 68, 71 C at 110, 116, 122 s, 62 C again at 166 s
        assert 110_000 < half <= 115_500 and 116_000 < least <= 121_500
        assert 122_000 < off <= 123_000
        assert 166_000 < next(row[0] for row in rows if row[0] > off and row[1] < X1) <= 172_000
    assert outcome.app.snapshot()["board_c"] == 20
    assert "board: 20 C" in outcome.app.more_status()


# ------------------------------------------------------------------ too much current


def greedy(raw):
    """What the house takes at most is known: what it does take on L1."""
    raw["site"]["feeders"][0].update(rating_a=63, base_max_a=3)


def metered(raw):
    """A meter in the outlet's line."""
    raw["site"]["outlets"][0]["meter"] = "left"
    raw["site"]["meters"].append({"id": "left", "port": "second", "model": "sdm630"})


def limited(amps):
    """The outlet may offer so much."""

    def start(run):
        run.app.network_wishes.limit(1, amps * 1000)

    return start


def stopped_ms(outcome):
    """From the car drawing too much to x1, and the reason."""
    row = next(row for row in offers(outcome) if row[1] == X1 and "drew more" in row[3])
    return row[0], row[3]


@pytest.mark.parametrize(
    ("change", "word", "longest_ms"), [(greedy, "inferred", 7500), (metered, "measured", 8300)]
)
def test_a_car_that_ignores_its_limit_is_stopped(change, word, longest_ms):
    """Vector 49: it takes 16 A, told 6 A at first and 10 A then. A meter shows it up to 1 s late."""
    scenario = small(change=change, car=car(max_a=16, ignores_limit=True), duration="90s")
    seen = []

    def start(run):
        limited(10)(run)
        run.progress = lambda t_ms: seen.append(
            (t_ms, max(run.plant.outlet_ma(0)), run.plant.duty(0) * 6)
        )

    outcome = simulate(scenario, on_start=start)
    too_much_ms = next(t_ms for t_ms, ma, told_ma in seen if ma > (told_ma + 500) * 1.1)
    stop_ms, why = stopped_ms(outcome)
    assert 7000 <= stop_ms - too_much_ms <= longest_ms
    assert word in why and "5 minutes" in why
    assert (snapshot(outcome)["metered_a"] is None) == (word == "inferred")
    assert not outcome.report["invariant_violations"]
    assert snapshot(outcome)["source"] == "overcurrent"


def test_it_is_tried_again_three_times():
    scenario = small(change=greedy, car=car(max_a=16, ignores_limit=True), duration="25m")
    outcome = simulate(scenario, clock_kind=EVENT, on_start=limited(10))
    starts = [text for text in journal(outcome) if "drew more" in text]
    assert [("four times" in text) for text in starts] == [False, False, False, True]
    assert outcome.report["contactor_cycles"] == {"1": 4}
    shown = snapshot(outcome)
    assert shown["until_s"] is None and "until unplugged" in shown["why"]


def test_a_person_or_another_car_ends_it():
    events = [{"at": "60s", "kind": "unplug", "outlet": 1, "for": "5s"}]
    scenario = small(change=greedy, car=car(max_a=16, ignores_limit=True), event=events)
    outcome = simulate(scenario, on_start=limited(10))
    assert outcome.report["contactor_cycles"] == {"1": 2}

    def ask(run):
        limited(10)(run)
        run.plant._agenda.at(60_000, lambda: run.app.console.answer("resume(1)"))

    scenario = small(change=greedy, car=car(max_a=16, ignores_limit=True))
    assert simulate(scenario, on_start=ask).report["contactor_cycles"] == {"1": 2}


def flapping(then_s, then):
    """The network pauses and resumes every 20 s, for 35 minutes; `then(run)` is done at `then_s`."""

    def begin(run):
        wishes = run.app.network_wishes
        for at_ms in range(60_000, 2_100_000, 20_000):
            run.plant._agenda.at(at_ms, lambda: wishes.pause(1))
            run.plant._agenda.at(at_ms + 10_000, lambda: wishes.resume(1))
        run.plant._agenda.at(1000 * then_s, lambda: then(run))

    return begin


def test_a_network_that_flaps_does_not_wear_the_contactor():
    """Twelve closings within an hour; the next when the first is an hour ago. On both clocks."""
    told = []

    def ask(run):
        told.append(run.app.control.units[0].why(run.plant.t_ms))

    scenario = small(duration="65m", car=car(max_a=16, phases=1))
    outcome = on_both_clocks(scenario, flapping(3000, ask))
    assert outcome.report["contactor_cycles"] == {"1": 13}
    assert all("has closed 12 times within an hour" in text for text in told) and len(told) == 2
    assert all("change it: its rest ends, or resume()" in text for text in told)
    coils = [(t_ms, coil) for t_ms, _, coil, _ in offers(outcome)]
    closings = [t for (t, now), (_, was) in zip(coils[1:], coils, strict=False) if now and not was]
    assert len(closings) == 13 and 0 <= closings[12] - closings[0] - 3_600_000 < 5000


def test_a_person_ends_the_rest_of_a_contactor():
    def resume(run):
        run.app.console.answer("resume(1)")

    scenario = small(duration="38m", car=car(max_a=16, phases=1))
    outcome = simulate(scenario, clock_kind=EVENT, on_start=flapping(2200, resume))
    assert outcome.report["contactor_cycles"] == {"1": 13}
    assert snapshot(outcome)["offered_a"] == 16


def test_without_a_bound_of_the_house_nobody_is_suspected():
    """The clamps show 19 A, of which 10 A may be the car's: the rest counts as house."""
    scenario = small(car=car(max_a=16, ignores_limit=True), duration="120s")
    outcome = simulate(scenario, on_start=limited(10))
    assert not any("drew more" in text for text in journal(outcome))


def two(raw):
    """Another outlet on the same phases."""
    greedy(raw)
    raw["site"]["outlets"].append(raw["site"]["outlets"][0] | {})


def test_of_two_outlets_neither_is_suspected_but_a_meter_tells():
    cars = [*car(max_a=16, ignores_limit=True), *car(outlet=2, max_a=16)]
    limits = lambda run: [run.app.network_wishes.limit(n, 10_000) for n in (1, 2)]  # noqa: E731
    outcome = simulate(small(change=two, car=cars, duration="60s"), on_start=limits)
    assert outcome.report["contactor_cycles"] == {"1": 1, "2": 1}
    assert not any("drew more" in text for text in journal(outcome))

    def change(raw):
        two(raw)
        metered(raw)
        raw["site"]["outlets"][1].pop("meter", None)

    outcome = simulate(small(change=change, car=cars, duration="60s"), on_start=limits)
    texts = [text for text in journal(outcome) if "drew more" in text]
    assert texts == [
        "outlet 1: drew more than it was told (measured), tried again after 5 minutes"
    ]


# ------------------------------------------------------------------ restart


def waiting(raw):
    """Up to ten minutes after a power cut, four outlets."""
    raw["site"]["site"]["restart_delay_s"] = 60
    raw["site"]["feeders"][0]["rating_a"] = 63
    raw["site"]["outlets"] = [raw["site"]["outlets"][0] | {} for _ in range(4)]


def test_after_a_power_cut_each_outlet_waits_for_its_own_time():
    """Vectors 14 and 72."""
    cars = [car(outlet=n + 1, arrive=0, max_a=8)[0] for n in range(4)]
    scenario = small(change=waiting, car=cars, duration="120s")
    told = []

    def start(run):
        run.plant._agenda.at(3000, lambda: told.append(repr(run.app.console.answer("why(1)"))))

    outcome = on_both_clocks(scenario, start)
    assert outcome.is_good
    begins = [
        next(c[0] for c in outcome.monitor.changes if c[1] == n and c[2] < X1) for n in range(4)
    ]
    from pilotlight.core.restart import delays_ms

    for begin_ms, delay_ms in zip(begins, delays_ms(1, 4, 60), strict=True):
        assert delay_ms <= begin_ms <= delay_ms + 1500
    assert max(begins) - min(begins) > 5000
    assert "0.0 A, restart: waits for a random time after a power cut" in told[0]
    assert "s at most" in told[0]


def test_a_person_need_not_wait():
    def start(run):
        run.plant._agenda.at(2000, lambda: run.app.console.answer("resume(1)"))

    scenario = small(change=waiting, car=car(arrive=0), duration="20s", seed=3)
    outcome = simulate(scenario, on_start=start)
    assert outcome.report["contactor_cycles"]["1"] == 1


def test_a_lost_network_makes_nobody_wait():
    events = [{"at": "0s", "kind": "network-gone"}]
    outcome = simulate(small(event=events))
    assert outcome.report["contactor_cycles"] == {"1": 1}


# ------------------------------------------------------------------ the task itself


def test_if_it_dies_what_needs_it_stops():
    """Required claims last 2 s; the supervisor starts it again after 1 s, 2 s, 4 s..."""

    def start(run):
        def die():
            raise RuntimeError("cosmic ray")

        watched = run.app.limits.watched[0]
        run.plant._agenda.at(40_000, lambda: setattr(watched, "look", lambda now_ms: die()))

    outcome = simulate(small(change=socket, car=car(cable_ohm=220)), on_start=start)
    stop_ms = first(outcome, 40_000, is_x1)
    assert 41_800 <= stop_ms <= 42_100
    assert "no valid claim from" in offers(outcome)[-1][3]
    assert any("limits failed, RuntimeError: cosmic ray" in text for text in journal(outcome))


def test_a_socket_on_a_board_without_proximity_is_refused(monkeypatch):
    from pilotlight import fit
    from pilotlight.config import SiteError, check

    scenario = small(change=socket)
    facts = {"outlets": 4, "clamps": 12, "modem": False, "proximity": False}
    with pytest.raises(SiteError, match=r"outlets\[0\].socket: the board measures no proximity"):
        fit.check(check(scenario.site), facts)


def test_a_board_without_a_port_for_telegrams_refuses_p1():
    from pilotlight import fit
    from pilotlight.config import SiteError, check

    scenario = small()
    scenario.site["meters"][0]["model"] = "p1"
    facts = {"outlets": 4, "clamps": 12, "modem": False, "proximity": True}
    with pytest.raises(
        SiteError, match=r"meters\[0\].model: p1 needs a port that the board has not"
    ):
        fit.check(check(scenario.site), facts)


@pytest.mark.parametrize(
    "event",
    [
        {"at": 1, "kind": "heat", "outlet": 1},
        {"at": 1, "kind": "heat", "outlet": 1, "degrees": 500},
        {"at": 1, "kind": "heat", "outlet": 7, "degrees": 50},
        {"at": 1, "kind": "cable-break", "outlet": 1, "degrees": 50},
        {"at": 1, "kind": "board-heat"},
        {"at": 1, "kind": "board-heat", "degrees": 50, "outlet": 1},
    ],
)
def test_a_wrong_event_is_refused(event):
    with pytest.raises(ScenarioError):
        small(event=[event])
