"""P1 and SML over a bad line: what is taken is what the meter has just told, and what an
independent decoder takes as well; and every telegram that comes whole is taken.
"""

import pytest
from line_telegrams import KINDS, WatchedTelegrams
from pilotlight_host.sim.badline import Faults, byte_errors

LINES = {
    "nothing": (Faults(), 0.0),
    "1 % of bytes": (byte_errors(0.01), 0.0),
    "1 of 1000 bytes": (byte_errors(0.001), 0.0),
    "wrong bytes": (Faults(wrong=0.001), 0.0),
    "lost bytes": (Faults(lost=0.001), 0.0),
    "added bytes": (Faults(added=0.001), 0.0),
    "noise": (Faults(noise_per_s=2), 0.0),
    "doubled": (Faults(), 0.3),
    "cable pulled": (Faults(cuts_per_s=0.2), 0.0),
    "all at once": (Faults(0.0005, 0.0001, 0.0001, noise_per_s=0.5, cuts_per_s=0.05), 0.05),
}
TELEGRAMS = 150


def check(kind, name, seed, telegrams):
    """Run it; returns what was heard."""
    faults, doubled = LINES[name]
    heard = WatchedTelegrams(kind, seed, faults, doubled).run(telegrams)
    assert not heard.wrong, heard.line() + "\n" + "\n".join(heard.wrong)
    assert heard.taken >= 0.97 * heard.whole, heard.line()
    return heard


@pytest.mark.parametrize("name", LINES)
@pytest.mark.parametrize("kind", KINDS)
def test_only_what_was_told_is_taken(kind, name):
    heard = check(kind, name, 1, TELEGRAMS)
    assert heard.told == TELEGRAMS
    if name == "nothing":
        assert heard.taken == TELEGRAMS
    elif name != "doubled":
        assert heard.whole < TELEGRAMS, "nothing has happened on this line"
    if name not in ("nothing", "1 % of bytes"):
        assert heard.whole > TELEGRAMS // 4, "next to nothing has come through"


@pytest.mark.storm
@pytest.mark.parametrize("kind", KINDS)
def test_a_storm_of_telegrams(kind):
    for number, name in enumerate(LINES):
        heard = check(kind, name, 100 + number, 2000)
        print(f"{kind}, seed {100 + number}, {name}: {heard.line()}")
