"""docs/safety.md lists every fault as core/faults.py has it."""

from pilotlight.core import faults
from pilotlight_host.paths import ROOT


def test_every_fault_stands_in_the_table_of_the_safety_page():
    page = (ROOT / "docs" / "safety.md").read_text()
    section = page.split("## Faults")[1].split("\n## ")[0]
    found = [line for line in section.splitlines() if line.startswith("| ")][1:]
    assert found == [f"| {name} | {cause} | {ends} |" for name, cause, ends in faults.TABLE[1:]]
