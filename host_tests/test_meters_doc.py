"""docs/meters.md: every meter that can be named, with its phases, and no other."""

import re

from pilotlight.wire import meters
from pilotlight_host.paths import ROOT


def test_the_table_is_that_of_the_firmware():
    text = (ROOT / "docs" / "meters.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| [^|]+ \| ([13]) \|", text, re.MULTILINE)
    assert [(name, int(phases)) for name, phases in rows] == [
        (name, meters.phases_of(name)) for name in meters.names()
    ]
