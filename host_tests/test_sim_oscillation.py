"""No oscillation: meters that renew their values every 1...10 s, beside cars that take half a minute
to follow, in every combination. On the event clock.

Meters that are late: SmartEVSE-2#35, serkri/SmartEVSE-3#105. Cars that ramp: dingo35/SmartEVSE-3.5#306.
"""

import pytest
from pilotlight_host.sim.simulate import EVENT, simulate
from sim_helpers import small

REFRESH_MS = (1000, 3000, 5000, 10_000)
# A per s, s until it begins: follows at once; from 6 A to 21 in half a minute
CARS = {"quick": {}, "slow": {"ramp_a_per_s": 0.5, "react": 3}}
QUIET_S = 900  # the oven has gone, for good; the rest of the 25 minutes is calm


def changes_after(outcome, at_s):
    """Of each outlet's duty."""
    found = {0: 0, 1: 0}
    last = {}
    for t_ms, outlet, duty, *_ in outcome.monitor.changes:
        if t_ms > 1000 * at_s and duty != last.get(outlet, duty):
            found[outlet] += 1
        last[outlet] = duty
    return found


@pytest.mark.parametrize("refresh_ms", REFRESH_MS)
@pytest.mark.parametrize("follows", CARS)
def test_it_settles(refresh_ms, follows):
    def change(raw):
        del raw["site"]["feeders"][0]["clamps"]
        raw["site"]["outlets"] = [dict(raw["site"]["outlets"][0], max_a=32)] * 2
        raw["plant"] = {"meter_refresh_ms": refresh_ms}

    more = CARS[follows]
    cars = [
        {"outlet": n, "arrive": f"{60 * n}s", "energy_kwh": 60, "phases": 3, "max_a": 32} | more
        for n in (1, 2)
    ]
    oven = [
        {"at": f"{at}s", "kind": "step", "amps": 12, "phases": ["L1"], "for": "150s"}
        for at in (300, QUIET_S - 150)
    ]
    scenario = small(change=change, car=cars, event=oven, duration="25m")
    outcome = simulate(scenario, clock_kind=EVENT)
    assert outcome.is_good, outcome.report["violations"]
    assert outcome.report["contactor_cycles"] == {"1": 1, "2": 1}
    assert outcome.report["breaker_heat_peak_pct"] < 90
    late = changes_after(outcome, QUIET_S + 240)
    print(refresh_ms, follows, changes_after(outcome, 0), late)
    assert max(late.values()) <= 2  # a last step up
    share_a = [unit.outlet.signalled_ma() / 1000 for unit in outcome.app.control.units]
    assert min(share_a) >= 13, share_a
