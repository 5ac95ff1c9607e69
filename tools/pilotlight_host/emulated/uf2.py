"""UF2 images: what lies where in the flash."""

from pathlib import Path
from struct import unpack_from

FLASH_START = 0x10000000
FLASH_SIZE = 2 * 1024 * 1024
_BLOCK = 512
_MAGIC = (0x0A324655, 0x9E5D5157)
_DATA_AT = 32


def flash_of(path: Path) -> bytearray:
    """The whole flash, 2 MiB, with the image of a .uf2 file in it; the rest is erased.

    ValueError if the file is no UF2, or has a block that does not fit.
    """
    try:
        flash, _ = _filled(path.read_bytes())
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
    return flash


def content_of(image: bytes) -> bytes:
    """What a UF2 image puts into the flash from its start on. ValueError as above."""
    flash, end = _filled(image)
    return bytes(flash[:end])


def _filled(data: bytes) -> tuple[bytearray, int]:
    if len(data) == 0 or len(data) % _BLOCK:
        raise ValueError(f"no UF2 image: {len(data)} bytes, expected blocks of {_BLOCK}")
    flash, end = bytearray(b"\xff" * FLASH_SIZE), 0
    for start in range(0, len(data), _BLOCK):
        magic = unpack_from("<II", data, start)
        address, size = unpack_from("<II", data, start + 12)
        if magic != _MAGIC:
            raise ValueError(f"no UF2 image: block {start // _BLOCK} has a wrong start")
        at = address - FLASH_START
        if not 0 <= at <= FLASH_SIZE - size:
            raise ValueError(f"{address:#x} is outside of the flash")
        flash[at : at + size] = data[start + _DATA_AT : start + _DATA_AT + size]
        end = max(end, at + size)
    return flash, end
