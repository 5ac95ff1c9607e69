"""What is frozen into the image, beside MicroPython's modules in C.

No `opt` is given: at level 3 every traceback would say line 1, and umqtt checks the protocol with
asserts, which are gone from level 1 on.
"""

from pathlib import Path

options.defaults(board=".", network=False)

NETWORK = {  # under firmware/pilotlight: only a board with a network imports these
    "drivers/rp2/modem.py",
    "drivers/tcp.py",
    "drivers/udp.py",
    "services/commands.py",
    "services/discovery.py",
    "services/link.py",
    "services/mqtt.py",
    "services/mqttport.py",
    "services/outbox.py",
    "services/resolver.py",
    "services/timekeeper.py",
    "wire/command.py",
    "wire/discovery.py",
    "wire/dns.py",
    "wire/mqttframe.py",
    "wire/sntp.py",
    "wire/payload.py",
}
TELEGRAMS = {  # only a board with a port that listens to them (capability "telegrams") does
    "drivers/readout.py",
    "drivers/telegram.py",
    "services/telegrams.py",
    "wire/iec62056.py",
    "wire/obistext.py",
    "wire/parity.py",
    "wire/p1.py",
    "wire/p1line.py",
    "wire/p1values.py",
    "wire/phase.py",
    "wire/sml.py",
    "wire/smlbytes.py",
    "wire/smllist.py",
}
SWITCHING = {  # only a board with an output for a second contactor does
    "core/phases.py",
    "core/sunphases.py",
    "drivers/second.py",
    "services/switching.py",
}
FIRMWARE = "../../firmware"
package_folder = Path(FIRMWARE, "pilotlight")
files = {str(file.relative_to(package_folder)) for file in package_folder.rglob("*.py")}
files -= TELEGRAMS | SWITCHING

module("_boot.py", base_path=".")
module("rp2.py", base_path=".")
include("$(MPY_DIR)/extmod/asyncio")
module("boot.py", base_path=FIRMWARE)
module("main.py", base_path=FIRMWARE)
module("board.py", base_path=options.board)
module("pico_pins.py", base_path=".")
package(
    "pilotlight",
    sorted(files if options.network else files - NETWORK),
    base_path=FIRMWARE,
)
