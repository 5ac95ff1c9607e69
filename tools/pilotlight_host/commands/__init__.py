"""The commands of `pilotlight`, one file each. Every one has `add_to(subparsers)`.

Heavy imports stand inside the functions that need them, so `--help` is quick.
"""

from pilotlight_host.commands import (
    backup,
    bench,
    calibrate,
    clamps,
    commission,
    compare,
    config,
    console,
    diagnose,
    firmware,
    flash,
    meter,
    replay,
    run,
    serve,
    sim,
    size,
    storm,
)

COMMANDS = (
    run,
    serve,
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
    commission,
    console,
    diagnose,
    size,
    bench,
    clamps,
)
