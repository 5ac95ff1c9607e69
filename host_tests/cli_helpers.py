"""Runs the command `pilotlight` as its users do, as a process; small scenarios to run it on."""

import os
import subprocess
import sys
from pathlib import Path

from pilotlight_host.paths import BOARDS, ROOT

SHIPPED = BOARDS / "sim" / "scenarios"
SITE = """
[site.site]
id = "test"
[[site.feeders]]
id = "main"
rating_a = 32
breaker = "B"
meter = "grid"
clamps = [{channel = 1, gain = 4834}, {channel = 2, gain = 4834}, {channel = 3, gain = 4834}]
[[site.outlets]]
feeder = "main"
max_a = 32
phases = ["L1", "L2", "L3"]
[[site.meters]]
id = "grid"
port = "meter"
model = "sdm630"
[site.mqtt]
host = "192.0.2.1"
[[load]]
kind = "constant"
amps = 3
[[car]]
outlet = 1
arrive = "1s"
energy_kwh = 10
"""


def command(*words: object) -> list[str]:
    """The command line."""
    return [sys.executable, "-m", "pilotlight_host.cli", *map(str, words)]


def environment() -> dict[str, str]:
    """This environment, with the host package of this checkout, wide enough for tables."""
    return os.environ | {"PYTHONPATH": str(ROOT / "tools"), "COLUMNS": "120"}


def pilotlight(
    *words: object, cwd: Path | None = None, within_s: float = 120
) -> subprocess.CompletedProcess[str]:
    """Run it to its end."""
    return subprocess.run(
        command(*words),
        capture_output=True,
        text=True,
        timeout=within_s,
        cwd=cwd,
        env=environment(),
        check=False,
    )


def scenario(folder: Path, duration: str, more: str = "", site: str = SITE) -> Path:
    """A scenario file: one outlet, one car, 3 A of house; `more` is appended."""
    file = folder / "small.toml"
    file.write_text(f'duration = "{duration}"\n{site}{more}')
    return file
