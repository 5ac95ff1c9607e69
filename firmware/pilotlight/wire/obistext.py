"""Values in text, as IEC 62056-21 has them: a line such as 1-0:1.8.0*255(001234.56*kWh).

Pure. Integers out: energies in Wh, powers in W.
"""

from micropython import const

_MAX = const(0x3FFFFFFF)  # largest small int of a 32-bit MicroPython

# What is read: OBIS code without medium, channel and *255, and its place in a table of values
ENERGY = const(0)  # Wh: 1.8.0 and both tariffs; then export, 2.8.x
TOTAL = const(6)  # W: 16.7.0, else import 1.7.0 and export 2.7.0
POWER = const(9)  # W: import of L1, L2, L3, then export
PLACES = const(15)
_PLACES = {
    b"1.8.0": 0, b"1.8.1": 1, b"1.8.2": 2, b"2.8.0": 3, b"2.8.1": 4, b"2.8.2": 5,
    b"16.7.0": 6, b"16.7": 6, b"1.7.0": 7, b"1.7": 7, b"1.7.255": 7, b"2.7.0": 8, b"2.7": 8,
    b"21.7.0": 9, b"21.7.255": 9, b"41.7.0": 10, b"41.7.255": 10, b"61.7.0": 11, b"61.7.255": 11,
    b"22.7.0": 12, b"42.7.0": 13, b"62.7.0": 14,
}  # fmt: skip
_DECIMALS = {b"Wh": 0, b"kWh": 3, b"MWh": 6, b"W": 0, b"kW": 3}


def decimal(text: bytes, decimals: int):
    """Return the number in `text` times 10^decimals, rounded to nearest, halves away from zero.

    `text` is sign, digits, point, digits, the sign and what follows the digits being optional;
    `decimals` 0...6. ValueError for any other text; None beyond +-(2^30-1).
    """
    whole, point, part = (text[1:] if text[:1] in (b"-", b"+") else text).partition(b".")
    if not whole.isdigit() or (point and not part.isdigit()):
        raise ValueError("obis: no number")
    value = 0
    for character in whole + (part + b"000000")[:decimals]:
        digit = character - 48
        if value > (_MAX - digit) // 10:
            return None
        value = value * 10 + digit
    if part[decimals : decimals + 1] >= b"5":
        value += 1
    if value > _MAX:
        return None
    return -value if text[:1] == b"-" else value


def place(code):
    """Return where the value of an OBIS code belongs, None for all that is not read."""
    if code[:4] in (b"1-0:", b"1-1:"):
        code = code[4:]
    return _PLACES.get(code[:-4] if code[-4:] == b"*255" else code)


def value(place: int, text: bytes):
    """Return what a line has behind its opening bracket: "digits*unit)" and its end.

    None without a unit, or if it does not fit +-(2^30-1). ValueError if it is anything else.
    """
    if text[-3:] != b")\r\n":
        raise ValueError("obis: no end")
    number, star, unit = text[:-3].partition(b"*")
    if not star:
        return None
    decimals = _DECIMALS.get(unit)
    if decimals is None or (unit[-1:] == b"h") != (place < TOTAL):
        raise ValueError("obis: no unit")
    return decimal(number, decimals)


def structure(before: int, byte: int, is_inside: bool) -> int:
    """Go on with a sum, 0...2^22-1, that is the same for texts which differ in digits only.

    Inside brackets any hex digit counts as 0 and no sign counts.
    """
    if is_inside and (byte == 0x2B or byte == 0x2D):
        return before
    if is_inside and (0x30 <= byte <= 0x39 or 0x41 <= byte <= 0x46):
        byte = 0x30
    return (before * 31 + byte) & 0x3FFFFF


def net(values, bought: int, step: int):
    """Return import less the export `step` places behind, which few send; None if unknown."""
    plus = values[bought]
    minus = values[bought + step]
    if plus is None or minus is None:
        return plus
    return plus - minus if abs(plus) <= _MAX >> 1 and abs(minus) <= _MAX >> 1 else None


def total(values):
    """Return the sum of power of all phases, None if unknown."""
    return net(values, TOTAL + 1, 1) if values[TOTAL] is None else values[TOTAL]


def energy(values, at: int):
    """Return the total at that place, else the sum of both tariffs behind it, else None."""
    first = values[at + 1]
    second = values[at + 2]
    if values[at] is not None or first is None or second is None:
        return values[at]
    return first + second if first <= _MAX - second else None
