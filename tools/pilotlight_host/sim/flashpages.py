"""The ledger's pages on the simulated board: a flash in memory, and in a file beside the site.

Programming makes bits 0, only erasing makes them 1. Power may go in the middle of either.
"""

from pathlib import Path

PAGE = 256
BLOCK = 16
COUNT = 1024


class PowerCutError(Exception):
    """The power went while this was under way."""


class FlashPages:
    """As in the board contract. `cut_after`: so many bytes are still programmed (an erase counts
    as one for each of its bytes), then the power goes; None: it does not.
    """

    def __init__(self, file: Path | None = None, count: int = COUNT) -> None:
        self.count = count
        self.cut_after: int | None = None
        self.programmed = 0  # bytes, and of erases, too
        self.erases = 0
        self._file = file
        self.data = bytearray(b"\xff" * count * PAGE)
        if file is not None and file.exists():
            self.data[:] = file.read_bytes()

    def read(self, page: int, buf: bytearray) -> None:
        """Into `buf`, 256 bytes."""
        buf[:] = self.data[page * PAGE : (page + 1) * PAGE]

    def write(self, page: int, buf: bytes | bytearray) -> None:
        """Program a page."""
        for i, byte in enumerate(buf):
            self._spend(1)
            self.data[page * PAGE + i] &= byte
        self._save()

    def erase(self, page: int) -> None:
        """The 16 pages from `page` on become FF."""
        self.erases += 1
        for i in range(page * PAGE, (page + BLOCK) * PAGE):
            self._spend(1)
            self.data[i] = 0xFF
        self._save()

    def _spend(self, count: int) -> None:
        self.programmed += count
        if self.cut_after is not None:
            if self.cut_after == 0:
                self._save()
                raise PowerCutError
            self.cut_after -= count

    def _save(self) -> None:
        if self._file is not None:
            self._file.write_bytes(self.data)
