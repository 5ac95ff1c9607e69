"""Scenarios for tests: the shipped ones by name, and a small site to vary."""

import copy

from pilotlight_host.paths import BOARDS
from pilotlight_host.sim import scenario

SCENARIOS = BOARDS / "sim/scenarios"
SHIPPED = sorted(path.stem for path in SCENARIOS.glob("*.toml"))

CLAMPS = [{"channel": n, "gain": 4834} for n in (1, 2, 3)]
SMALL = {
    "name": "small",
    "duration": "90s",
    "seed": 1,
    "site": {
        "site": {"id": "home"},
        "feeders": [
            {"id": "main", "rating_a": 32, "breaker": "C", "clamps": CLAMPS, "meter": "grid"}
        ],
        "outlets": [{"feeder": "main", "phases": ["L1", "L2", "L3"], "max_a": 16}],
        "meters": [{"id": "grid", "port": "meter", "model": "sdm630"}],
        "mqtt": {"host": "127.0.0.1"},
    },
    "load": [{"kind": "constant", "amps": [3.0, 2.0, 1.0]}],
    "car": [{"outlet": 1, "arrive": "5s", "energy_kwh": 20, "phases": 3, "max_a": 16}],
    "event": [],
}


def shipped(name):
    """A shipped scenario."""
    return scenario.load(SCENARIOS / f"{name}.toml")


def small(**changes):
    """The small site; `changes` replace its top keys, a callable one changes it in place."""
    raw = copy.deepcopy(SMALL)
    for key, value in changes.items():
        if callable(value):
            value(raw)
        else:
            raw[key] = value
    return scenario.parse(raw, "small.toml")


def journal(outcome):
    """All texts the journal still holds."""
    journal = outcome.app.journal
    return [journal.text(n) for n in range(journal.oldest(), journal.count)]


def confirms_nothing(run):
    """To be called before the first step: for a minute the broker answers pings, and confirms
    nothing that is published.
    """
    take = run.broker._take_message

    def mute(client, flags, body):
        before = len(client.to_client)
        take(client, flags, body)
        if run.plant.t_ms < 60_000:
            del client.to_client[before:]

    run.broker._take_message = mute
