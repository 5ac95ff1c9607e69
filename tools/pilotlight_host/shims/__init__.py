"""What CPython lacks to run the firmware: MicroPython's ticks, `sleep_ms` and module names.

Call `pilotlight_host.shims.install.install()` before the first import of firmware.
"""
