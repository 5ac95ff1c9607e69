"""The board `linux_sbc`: a Linux computer whose outlets are on a Pico with the image `pico_io`.

For CPython. Where things are stands in the environment (README.md): PILOTLIGHT_IO,
PILOTLIGHT_STORAGE, PILOTLIGHT_UART_<NAME>, PILOTLIGHT_CONSOLE.
"""

import os

from remote_board import RemoteBoard
from remote_pages import FilePages
from sbc_console import Console
from sbc_link import SerialLink
from sbc_notify import Service
from sbc_resets import Resets
from sbc_serial import SerialStream

_BAUD = 115200  # of no meaning on USB; 1200 would start the Pico's boot loader
_STORAGE = "/var/lib/pilotlight"


class Board(RemoteBoard):
    """OSError with one line of text if the Pico cannot be reached."""

    def __init__(self):
        path = os.getenv("PILOTLIGHT_IO")
        if not path:
            raise OSError("PILOTLIGHT_IO is not set, expected the Pico's serial port")
        begin = lambda: SerialStream(path, _BAUD, "N", 1)  # noqa: E731
        super().__init__("linux_sbc", path, lambda takers: SerialLink(begin, takers))
        self.storage = os.getenv("PILOTLIGHT_STORAGE") or _STORAGE
        self.pages = FilePages(self.storage + "/ledger.bin")
        self.spool = None
        self.resets = Resets(self.storage + "/resets.json", len(self.outlets))
        self._service = Service()
        console = os.getenv("PILOTLIGHT_CONSOLE")
        self.console = Console(console) if console else None

    def feed(self):
        """Feed the Pico's watchdog, and systemd's."""
        super().feed()
        self._service.alive(self._now_ms)

    def ended(self, code):
        """What is kept is written, then as `remote`."""
        self.resets.close()
        super().ended(code)

    def uart(self, name, baud, parity, stop):
        """The serial port `name`. OSError if it is not there."""
        key = "PILOTLIGHT_UART_" + name.upper().replace("-", "_")
        path = os.getenv(key)
        if not path:
            raise OSError("serial port " + name + ": " + key + " is not set")
        try:
            return SerialStream(path, baud, parity, stop)
        except OSError as error:
            raise OSError("serial port " + name + ": " + path + ": " + str(error)) from None
