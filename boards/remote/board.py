"""A board whose pins and converters live in another process: README.md has the line protocol.

For CPython and MicroPython's unix port. Where things are stands in the environment:
PILOTLIGHT_REMOTE, PILOTLIGHT_STORAGE, PILOTLIGHT_UART_<NAME>, PILOTLIGHT_CONSOLE.
"""

import os

from pilotlight.drivers.tcp import TcpStream
from pilotlight.wire.address import is_numeric
from remote_board import RemoteBoard
from remote_link import Link
from remote_pages import FilePages
from remote_streams import DeviceStream


class Board(RemoteBoard):
    """The board behind PILOTLIGHT_REMOTE.

    OSError with one line of text if it cannot be reached.
    """

    def __init__(self):
        address, port = _peer()
        peer = "PILOTLIGHT_REMOTE=" + address + ":" + str(port)
        begin = lambda: TcpStream(address, port)  # noqa: E731
        super().__init__("remote", peer, lambda takers: Link(begin, takers))
        self.storage = os.getenv("PILOTLIGHT_STORAGE") or "."
        self.pages = FilePages(self.storage + "/ledger.bin")
        self.spool = None
        console = os.getenv("PILOTLIGHT_CONSOLE")
        self.console = DeviceStream(console) if console else None

    def uart(self, name, baud, parity, stop):
        """The serial port `name`. OSError if it is not there."""
        key = "PILOTLIGHT_UART_" + name.upper().replace("-", "_")
        path = os.getenv(key)
        if not path:
            raise OSError("serial port " + name + ": " + key + " is not set")
        return DeviceStream(path)


def _peer():
    """Address and port of the other side, from the environment."""
    text = os.getenv("PILOTLIGHT_REMOTE")
    expected = ", expected the other side as a.b.c.d:port or localhost:port"
    if not text:
        raise OSError("PILOTLIGHT_REMOTE is not set" + expected)
    address, _, port = text.partition(":")
    if address == "localhost":
        address = "127.0.0.1"
    if not (is_numeric(address) and port.isdigit() and 1 <= int(port) <= 65535):
        raise OSError("PILOTLIGHT_REMOTE=" + text + " is wrong" + expected)
    return address, int(port)
