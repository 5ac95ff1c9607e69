"""The ledger's pages in a file. Like a flash: programming makes bits 0, only erasing makes them 1.

What lies behind the end of the file counts as erased.
"""

import os

from micropython import const

_PAGE = const(256)
_BLOCK = const(16)


class FilePages:
    """1024 of them in the file `path`. Raises OSError."""

    count = 1024

    def __init__(self, path):
        self._path = path

    def read(self, page, buf):
        """Into `buf`, 256 bytes."""
        buf[:] = b"\xff" * _PAGE
        try:
            with open(self._path, "rb") as file:
                file.seek(page * _PAGE)
                found = file.read(_PAGE)
        except OSError:
            return  # there is none yet
        buf[: len(found)] = found

    def write(self, page, buf):
        """Program a page."""
        before = bytearray(_PAGE)
        self.read(page, before)
        self._put(page, bytes([before[i] & buf[i] for i in range(_PAGE)]))

    def erase(self, page):
        """The 16 pages from `page` on become FF."""
        if self._size() > page * _PAGE:
            self._put(page, b"\xff" * _PAGE * _BLOCK)

    def _put(self, page, data):
        size = self._size()
        with open(self._path, "r+b" if size else "wb") as file:
            file.seek(0, 2)
            for at in range(size, page * _PAGE, _PAGE):  # not at once: memory is tight
                file.write(b"\xff" * min(_PAGE, page * _PAGE - at))
            file.seek(page * _PAGE)
            file.write(data)

    def _size(self):
        try:
            return os.stat(self._path)[6]
        except OSError:
            return 0
