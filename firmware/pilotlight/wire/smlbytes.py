"""What SML makes of bytes: two kinds of CRC-16, and integers of any width.

CRC: X.25, sent low byte first, or Kermit, which few meters have, high byte first. Both have the
polynomial 0x8408 (reflected); half bytes keep the table at 16 entries.
"""

from micropython import const

_MAX = const(0x3FFFFFFF)  # largest small int of a 32-bit MicroPython
_POWERS = (1, 10, 100, 1000, 10000, 100000, 1000000)

CRC_TABLE = (
    0x0000, 0x1081, 0x2102, 0x3183, 0x4204, 0x5285, 0x6306, 0x7387,
    0x8408, 0x9489, 0xA50A, 0xB58B, 0xC60C, 0xD68D, 0xE70E, 0xF78F,
)  # fmt: skip


def crc16(buf, start: int, end: int, crc: int) -> int:
    """Go on with the CRC register `crc` (0...0xFFFF) over buf[start:end]."""
    table = CRC_TABLE
    for at in range(start, end):
        crc ^= buf[at]
        crc = (crc >> 4) ^ table[crc & 15]
        crc = (crc >> 4) ^ table[crc & 15]
    return crc


def crc_begin(is_kermit: bool) -> int:
    """Return the CRC register before the first byte."""
    return 0 if is_kermit else 0xFFFF


def crc_as_sent(crc: int, is_kermit: bool) -> int:
    """Return the finished CRC as the number its two bytes make in the order they are sent."""
    if is_kermit:
        return crc
    return (~crc & 0xFF) << 8 | (~crc >> 8 & 0xFF)


def scaled(buf, at: int, size: int, is_signed: bool, exponent: int):
    """Return the integer of `size` bytes (1...8, high byte first) at buf[at] times 10^exponent.

    Rounded to nearest, halves away from zero, with small ints only. None if it does not fit
    +-(2^30-1) or the exponent is outside -6...6.
    """
    if not -6 <= exponent <= 6:
        return None
    flip = 0xFF if is_signed and buf[at] & 0x80 else 0
    divisor = _POWERS[-exponent] if exponent < 0 else 1
    value = 0
    rest = 0
    for i in range(at, at + size):
        if value > _MAX >> 8:
            return None
        rest = rest << 8 | (buf[i] ^ flip)
        value = (value << 8) + rest // divisor
        rest %= divisor
    if flip:  # the magnitude is one more than the inverted bits
        rest += 1
    if 2 * rest >= divisor:
        value += 1
    factor = _POWERS[exponent] if exponent > 0 else 1
    if value > _MAX // factor:
        return None
    return -value * factor if flip else value * factor
