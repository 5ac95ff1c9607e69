"""Makes this CPython process able to import and run the firmware. Idempotent."""

import asyncio
import sys
import time
from pathlib import Path

from pilotlight_host.paths import FIRMWARE
from pilotlight_host.shims import clock

_DEVICE_MODULES = Path(__file__).parent / "device"


def install() -> None:
    """Put firmware and device modules on `sys.path`, MicroPython's names into time and asyncio."""
    for folder in (str(_DEVICE_MODULES), str(FIRMWARE)):
        if folder not in sys.path:
            sys.path.insert(0, folder)
    for name in ("ticks_ms", "ticks_us", "ticks_add", "ticks_diff"):
        setattr(time, name, getattr(clock, name))
    time.sleep_ms = lambda ms: time.sleep(ms / 1000)
    asyncio.sleep_ms = clock.SleepMs
    asyncio.wait_for_ms = clock.wait_for_ms
