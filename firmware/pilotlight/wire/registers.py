"""Modbus registers to integers: the kinds of numbers that meters keep in them.

A decoder takes (buf, at, scale): bytes, where the number begins, and what it is to be multiplied
by (1...100000) or, if negative, divided by (-2...-1000). It returns an integer within +-(2^30-1),
rounded to nearest with halves away from zero, or None: not a number, not available, or too large.
Small ints all the way: boards have floats of 24 bits, on the heap.

"Not available" is all ones in an unsigned number, the largest or the smallest value in a signed
one (ABB; Carlo Gavazzi shows the largest above its range).
"""

from micropython import const

_MAX = const(0x3FFFFFFF)  # largest small int of a 32-bit MicroPython


def _multiplied(value, scale):
    if scale < 0:
        return value
    return value * scale if value <= _MAX // scale else None


def _divided(value, divisor):
    """Rounded; halves away from zero."""
    half = divisor // 2
    return (value + half) // divisor if value >= 0 else -((half - value) // divisor)


def _folded(buf, at, step, words, scale, flip):
    """Number of 16-bit words, the most significant at buf[at], the next one `step` bytes on.

    `flip` 0xFFFF: of its complement, plus one: the magnitude of a negative number.
    """
    divisor = -scale if scale < 0 else 1
    value = rest = 0
    for _ in range(words):
        part = rest << 16 | (buf[at] << 8 | buf[at + 1]) ^ flip
        rest = part % divisor
        if value > _MAX >> 16:
            return None
        value = (value << 16) + part // divisor
        at += step
    if 2 * (rest + (flip & 1)) >= divisor:
        value += 1
    return None if value > _MAX else _multiplied(value, scale)


def _all_are(buf, at, count, byte):
    for i in range(at, at + count):
        if buf[i] != byte:
            return False
    return True


def _unsigned(buf, at, step, words, scale):
    if _all_are(buf, at if step > 0 else at + 2 - 2 * words, 2 * words, 0xFF):
        return None
    return _folded(buf, at, step, words, scale, 0)


def _signed(buf, at, step, words, scale):
    high = buf[at] << 8 | buf[at + 1]
    if high == 0x7FFF or high == 0x8000:
        others = at + 2 if step > 0 else at + 2 - 2 * words
        if _all_are(buf, others, 2 * words - 2, 0xFF if high == 0x7FFF else 0):
            return None
    if high < 0x8000:
        return _folded(buf, at, step, words, scale, 0)
    value = _folded(buf, at, step, words, scale, 0xFFFF)
    return None if value is None else -value


def u16(buf, at, scale):
    """Unsigned, one register."""
    return _unsigned(buf, at, 2, 1, scale)


def i16(buf, at, scale):
    """Signed, one register."""
    return _signed(buf, at, 2, 1, scale)


def u32(buf, at, scale):
    """Unsigned, two registers, high word first."""
    return _unsigned(buf, at, 2, 2, scale)


def i32(buf, at, scale):
    """Signed, two registers, high word first."""
    return _signed(buf, at, 2, 2, scale)


def u32l(buf, at, scale):
    """Unsigned, two registers, low word first."""
    return _unsigned(buf, at + 2, -2, 2, scale)


def i32l(buf, at, scale):
    """Signed, two registers, low word first."""
    return _signed(buf, at + 2, -2, 2, scale)


def u64(buf, at, scale):
    """Unsigned, four registers, high word first."""
    return _unsigned(buf, at, 2, 4, scale)


def f32(buf, at, scale):
    """IEEE 754 single precision, two registers, high word first."""
    if scale < 0:
        value = f32(buf, at, 1)
        return None if value is None else _divided(value, -scale)
    exponent = ((buf[at] & 0x7F) << 1) | (buf[at + 1] >> 7)
    if exponent == 255:
        return None
    mantissa = ((buf[at + 1] & 0x7F) << 16) | (buf[at + 2] << 8) | buf[at + 3]
    if exponent:
        mantissa |= 0x800000
    # mantissa * scale = high * 2^12 + low: below 2^41, held in two small ints
    low = (mantissa & 0xFFF) * scale
    high = (mantissa >> 12) * scale + (low >> 12)
    value = _shift_right(high, low & 0xFFF, 150 - exponent)
    return -value if value is not None and buf[at] & 0x80 else value


def _shift_right(high, low, bits):
    """Return (high * 2^12 + low) / 2^bits rounded, `bits` may be negative; None above 2^30-1."""
    if bits > 12:
        bits -= 12
        # the 12 low bits never reach the rounding digit: floor of floor
        return (high + (1 << (bits - 1))) >> bits if bits < 30 else 0
    up = 12 - bits
    if up > 29 or high >> (30 - up):
        return None
    value = (high << up) + (((low + (1 << bits >> 1)) >> bits) if bits >= 0 else low << -bits)
    return value if value <= _MAX else None


def f64(buf, at, scale):
    """IEEE 754 double precision, four registers, high word first. `scale` acts on the whole
    number that it is rounded to.
    """
    exponent = (buf[at] & 0x7F) << 4 | buf[at + 1] >> 4
    mantissa = 1 << 29 | (buf[at + 1] & 15) << 25 | buf[at + 2] << 17
    mantissa |= buf[at + 3] << 9 | buf[at + 4] << 1 | buf[at + 5] >> 7
    down = 1052 - exponent  # 1023 + 29
    if down < 0:  # 2^30 and more, infinite, or not a number
        return None
    if down > 30:
        return 0
    half = mantissa >> (down - 1) & 1 if down else buf[at + 5] >> 6 & 1
    value = (mantissa >> down) + half
    if value > _MAX:
        return None
    value = _divided(value, -scale) if scale < 0 else _multiplied(value, scale)
    return -value if value is not None and buf[at] & 0x80 else value


KINDS = {
    "u16": u16,
    "i16": i16,
    "u32": u32,
    "i32": i32,
    "u32l": u32l,
    "i32l": i32l,
    "u64": u64,
    "f32": f32,
    "f64": f64,
}
_WORDS = {"16": 1, "32": 2, "64": 4}


def words(kind):
    """How many registers a number of this kind takes."""
    return _WORDS[kind[1:3]]
