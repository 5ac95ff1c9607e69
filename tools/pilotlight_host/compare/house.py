"""What the building takes in a scenario, without its cars. Times in ms, mA per phase."""

import heapq
from itertools import pairwise

from pilotlight_host.sim.loads import Three, appliance, standing
from pilotlight_host.sim.specs import APPLIANCES, Scenario

Trace = list[tuple[int, Three]]


def trace(scenario: Scenario, seed: int | None = None) -> Trace:
    """(from t_ms on, mA per phase) of the first feeder, as the plant makes it of the same seed."""
    seed = scenario.seed if seed is None else seed
    volts = scenario.knobs.voltage_v
    streams = [
        standing(spec, f"{seed}/load/{n}", scenario.start, scenario.duration_ms, volts)
        for n, spec in enumerate(scenario.loads)
    ]
    streams += [appliance(event, volts) for event in scenario.events if event.kind in APPLIANCES]
    steps = heapq.merge(
        *([(t_ms, n, amps) for t_ms, amps in stream] for n, stream in enumerate(streams))
    )
    now: list[Three] = [(0, 0, 0)] * len(streams)
    found: Trace = [(0, (0, 0, 0))]
    for t_ms, n, amps in steps:
        if t_ms >= scenario.duration_ms:
            break
        now[n] = amps
        total = (sum(a[0] for a in now), sum(a[1] for a in now), sum(a[2] for a in now))
        if found[-1][0] == t_ms:
            found[-1] = (t_ms, total)
        else:
            found.append((t_ms, total))
    return found


def peak_ma(found: Trace, lasting_ms: int = 1000) -> Three:
    """Per phase the largest load that lasts for so long."""
    most = [0, 0, 0]
    for (t_ms, amps), (until_ms, _) in pairwise(found):
        if until_ms - t_ms >= lasting_ms:
            most = [max(a, b) for a, b in zip(most, amps, strict=True)]
    most = [max(a, b) for a, b in zip(most, found[-1][1], strict=True)]
    return most[0], most[1], most[2]
