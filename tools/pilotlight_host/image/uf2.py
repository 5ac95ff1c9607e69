"""UF2, the file a Pico takes when it shows itself as a USB drive: blocks of 512 bytes, each with
256 bytes of flash and their address. (https://github.com/microsoft/uf2)
"""

import struct

FLASH_START = 0x10000000
_FIRST_MAGIC, _SECOND_MAGIC, _LAST_MAGIC = 0x0A324655, 0x9E5D5157, 0x0AB16F30
_HAS_FAMILY = 0x2000
_RP2040 = 0xE48BFF56
_PAGE = 256
_DATA_ROOM = 476


def pack(content: bytes) -> bytes:
    """The UF2 file that puts `content` to the start of an RP2040's flash."""
    pages = [content[at : at + _PAGE] for at in range(0, len(content), _PAGE)]
    return b"".join(_block(number, page, len(pages)) for number, page in enumerate(pages))


def _block(number: int, page: bytes, count: int) -> bytes:
    address = FLASH_START + number * _PAGE
    head = (_FIRST_MAGIC, _SECOND_MAGIC, _HAS_FAMILY, address, _PAGE, number, count, _RP2040)
    return (
        struct.pack("<8I", *head) + page.ljust(_DATA_ROOM, b"\0") + struct.pack("<I", _LAST_MAGIC)
    )
