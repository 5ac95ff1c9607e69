"""The commands of `pilotlight`, one file each. Every one has `add_to(subparsers)`.

Heavy imports stand inside the functions that need them, so `--help` is quick.
"""

from pilotlight_host.commands import (
    backup,
    bench,
    calibrate,
    clamps,
    compare,
    config,
    console,
    diagnose,
    firmware,
    flash,
    meter,
    replay,
    run,
    sim,
    size,
    storm,
)

COMMANDS = (
    run,
    sim,
    storm,
    compare,
    replay,
    meter,
    config,
    firmware,
    flash,
    backup,
    calibrate,
    console,
    diagnose,
    size,
    bench,
    clamps,
)
