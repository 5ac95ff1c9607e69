"""A model of the boot loader in an RP2040's ROM, as its data sheet and its source tell (chapter 2.8).

Blocks of a UF2 file are written as they come; a sector of 4 KB is erased before the first block
whose number falls into it. After a reset the chip starts a program only if the checksum of the first
page is right, else it is in the boot loader again.
"""

from pathlib import Path
from struct import unpack_from

START = 0x10000000
SECTOR, PAGE, BLOCK = 4096, 256, 512
DATA_AT = 32


class BootLoader:
    """`flash`: the whole of it. `drive`: the folder where a computer sees it."""

    def __init__(self, flash: bytes, drive: Path) -> None:
        self.flash = bytearray(flash)
        self._erased: set[int] = set()
        self._written: set[int] = set()
        self._count = 0
        self._file = drive / "pilotlight.uf2"
        self._at = 0
        (drive / "INFO_UF2.TXT").write_text("UF2 Bootloader v3.0\nModel: Raspberry Pi RP2\n")

    def look(self) -> None:
        """Take what has been copied since."""
        if self._file.exists():
            with self._file.open("rb") as file:
                file.seek(self._at)
                self.take(file.read())

    def take(self, data: bytes) -> None:
        """Whole blocks."""
        for at in range(0, len(data) // BLOCK * BLOCK, BLOCK):
            self._at += BLOCK
            self._write(data[at : at + BLOCK])

    def _write(self, block: bytes) -> None:
        address, size, number, self._count = unpack_from("<IIII", block, 12)
        if number in self._written:
            return
        assert size == PAGE
        at = address - START
        if number * PAGE // SECTOR not in self._erased:
            self._erased.add(number * PAGE // SECTOR)
            begin = at - at % SECTOR
            self.flash[begin : begin + SECTOR] = b"\xff" * SECTOR
        page = zip(self.flash[at : at + PAGE], block[DATA_AT : DATA_AT + PAGE], strict=True)
        self.flash[at : at + PAGE] = bytes(old & new for old, new in page)  # bits only fall
        self._written.add(number)

    @property
    def is_whole(self) -> bool:
        """Every block has come: the chip starts anew."""
        return 0 < self._count == len(self._written)

    @property
    def would_start(self) -> bool:
        """There is a first page whose checksum is right."""
        return checksum(self.flash[:252]) == unpack_from("<I", self.flash, 252)[0]


def checksum(data: bytes) -> int:
    """CRC-32 as the data sheet has it (2.8.1.3.1): 0x04c11db7, begun with all ones, not reflected."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte << 24
        for _ in range(8):
            crc = (crc << 1) ^ (0x04C11DB7 if crc & 0x80000000 else 0)
        crc &= 0xFFFFFFFF
    return crc
