"""Pages of the flash that MicroPython leaves for files: the first 256 KiB are the ledger's, in the
next recorded decisions wait. The file system has the rest (boards/pico/_boot.py).
"""

import os

from micropython import const
from rp2 import Flash

LEDGER_BYTES = const(262144)
SPOOL_BYTES = const(131072)
_SECTOR = const(4096)
_PAGE = const(256)
_PER_SECTOR = const(16)


def rest(first=LEDGER_BYTES + SPOOL_BYTES):
    """The flash from `first` on: of the file system."""
    return Flash(start=first, len=_sectors(Flash()) * _SECTOR - first)


def _sectors(flash):
    return flash.ioctl(4, 0) or 0


class Pages:
    """As in the board contract: of `size` bytes from `first` on."""

    def __init__(self, first, size):
        self.count = size // _PAGE
        self._flash = Flash(start=first, len=size)

    def read(self, page, buf):
        """Into `buf`, 256 bytes."""
        self._flash.readblocks(page // _PER_SECTOR, buf, page % _PER_SECTOR * _PAGE)

    def write(self, page, buf):
        """Program a page: only bits that are 1 become 0. Code stands still for 0.4...3 ms."""
        self._flash.writeblocks(page // _PER_SECTOR, buf, page % _PER_SECTOR * _PAGE)

    def erase(self, page):
        """The 16 pages from `page` on become FF. Code stands still for 45...400 ms."""
        self._flash.ioctl(6, page // _PER_SECTOR)


def _is_free(end):
    """The file system begins there, or behind: one that an older image has made may not."""
    return os.statvfs("/")[2] <= _sectors(rest(end))


def pages():
    """The ledger's, or None."""
    return Pages(0, LEDGER_BYTES) if _is_free(LEDGER_BYTES) else None


def spool():
    """Those in which records wait for a file, or None."""
    end = LEDGER_BYTES + SPOOL_BYTES
    return Pages(LEDGER_BYTES, SPOOL_BYTES) if _is_free(end) else None
