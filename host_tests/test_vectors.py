"""The 78 test vectors of the control pilot and the outlet, one test each (host_tests/vectors).

`make vectors` prints what they require and what was measured.
"""

import pytest
from pilotlight_host.paths import ROOT
from vectors.runner import NOT_MET, ROWS, play

IDS = [str(number) for number in range(1, 77)]
IDS.insert(IDS.index("7") + 1, "7a")
IDS.insert(IDS.index("67") + 1, "67a")


def test_the_table_is_complete() -> None:
    """All 78 by their ids, each with its words; none that has no script is left out in silence."""
    assert list(ROWS) == IDS
    for row in ROWS.values():
        assert all((row.given, row.stimulus, row.reaction, row.deadline, row.basis)), row.id
    assert [name for name in ROWS if not ROWS[name].scripts] == list(NOT_MET)
    told = (ROOT / "docs/safety.md").read_text()
    assert [name for name in NOT_MET if f"\n| {name} | " not in told] == []


@pytest.mark.parametrize("name", [name for name in ROWS if name not in NOT_MET])
def test_vector(name: str) -> None:
    result = play(ROWS[name])
    print(f"vector {name}: {result.plays} plays, {result.measured}")
    assert result.missed is None, result.missed
