"""The ledger's pages: the first 256 KiB of the flash that MicroPython leaves for files. The file
system has the rest (boards/pico/_boot.py).
"""

import os

from micropython import const
from rp2 import Flash

LEDGER_BYTES = const(262144)
_SECTOR = const(4096)
_PAGE = const(256)
_PER_SECTOR = const(16)


def rest():
    """The flash of the file system."""
    return Flash(start=LEDGER_BYTES, len=_sectors(Flash()) * _SECTOR - LEDGER_BYTES)


def _sectors(flash):
    return flash.ioctl(4, 0) or 0


class Pages:
    """As in the board contract."""

    count = LEDGER_BYTES // _PAGE

    def __init__(self):
        self._flash = Flash(start=0, len=LEDGER_BYTES)

    def read(self, page, buf):
        """Into `buf`, 256 bytes."""
        self._flash.readblocks(page // _PER_SECTOR, buf, page % _PER_SECTOR * _PAGE)

    def write(self, page, buf):
        """Program a page: only bits that are 1 become 0. Code stands still for 0.4...3 ms."""
        self._flash.writeblocks(page // _PER_SECTOR, buf, page % _PER_SECTOR * _PAGE)

    def erase(self, page):
        """The 16 pages from `page` on become FF. Code stands still for 45...400 ms."""
        self._flash.ioctl(6, page // _PER_SECTOR)


def pages():
    """They, or None: a file system from before there was a ledger has them."""
    return None if os.statvfs("/")[2] > _sectors(rest()) else Pages()
