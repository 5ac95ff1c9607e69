"""What is frozen into the image, beside MicroPython's modules in C: the carrier's drivers and the
server of the line protocol. Nothing that decides.
"""

options.defaults()

FIRMWARE = "../../firmware"
DRIVERS = (
    "__init__.py",
    "drivers/__init__.py",
    "drivers/pace.py",
    "drivers/rp2/__init__.py",
    "drivers/rp2/carrier.py",
    "drivers/rp2/clamps.py",
    "drivers/rp2/clockwork.py",
    "drivers/rp2/guard.py",
    "drivers/rp2/outlet.py",
    "drivers/rp2/pages.py",
    "drivers/rp2/resets.py",
    "drivers/rp2/rs485.py",
    "drivers/rp2/samples.py",
    "drivers/rp2/usb.py",
)

module("_boot.py", base_path="../pico")
module("rp2.py", base_path="../pico")
include("$(MPY_DIR)/extmod/asyncio")
module("boot.py", base_path=FIRMWARE)
module("main.py", base_path=".")
module("board.py", base_path=".")
module("io_guard.py", base_path=".")
module("io_lines.py", base_path=".")
module("io_server.py", base_path=".")
module("io_text.py", base_path=".")
module("pico_pins.py", base_path="../pico")
package("pilotlight", DRIVERS, base_path=FIRMWARE)
