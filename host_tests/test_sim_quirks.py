"""The shipped scenario of difficult cars through the whole firmware: who is charged, who is not."""

import pytest
from pilotlight_host.sim.simulate import EVENT, simulate
from sim_helpers import journal, shipped


@pytest.fixture(scope="module")
def outcome():
    """Both clocks decide alike (test_sim_scenarios.py), so the quick one is enough."""
    return simulate(shipped("quirks"), clock_kind=EVENT)


def test_it_ends_good(outcome):
    assert outcome.is_good, outcome.report["violations"]
    assert outcome.report["open_ms_max"] <= 100


@pytest.mark.parametrize(
    ("outlet", "model", "closings"),
    [
        (1, "zoe", 4),  # three pauses, closed again after each
        (2, "tesla", 1),  # not once while it toggled
        (3, "leaf", 1),  # no break of 20 ms has opened it
        (4, "bmw-phev", 1),  # nor a glitch after a new duty
        (5, "sleeper", 1),  # woken by F
        (6, "chatter", 1),  # not once while S2 chattered
        (7, "e-up", 1),  # -10.4 V is enough
        (8, "diode-shorted", 0),
    ],
)
def test_each_is_charged_or_refused(outcome, outlet, model, closings):
    assert outcome.report["contactor_cycles"][str(outlet)] == closings
    assert (outcome.report["energy_wh"][str(outlet)] > 100) == (closings > 0)


def test_one_was_woken_and_one_has_a_fault(outcome):
    texts = [text for _, text in outcome.trace.events]
    assert "outlet 5: F" in texts
    assert [text for text in texts if "outlet 8" in text and "diode" in text]
    assert not [text for text in journal(outcome) if "under load" in text]
