"""One line of a P1 telegram: its OBIS code and its number, as integers.

    1-0:31.7.0(001.06*A)    1-0:1.8.0*255(00052185.7825309*kWh)

Pure functions over the bytes of a line; they allocate nothing. Widths and decimals differ from
meter to meter and from version to version, so any are taken; units, signs and points are not.
"""

from micropython import const

# Places of values; CODES leads there. x, x + 1, x + 2 are L1, L2, L3.
CURRENT = const(0)  # mA
VOLTAGE = const(3)  # mV
IMPORT = const(6)  # W
EXPORT = const(9)  # W
TOTAL = const(12)  # W: import, export
ENERGY = const(14)  # Wh: total, then tariffs 1-4
OUT_ENERGY = const(19)  # Wh
VERSION = const(24)  # 0.2.8, or 96.1.4 in Belgium
PLACES = const(26)
CLOCK = const(26)

# OBIS code A-B:C.D.E as the number AB_CCC_DD_EE. Averages (x.4.0, x.6.0) are not among them.
CODES = {
    10_031_07_00: 0, 10_051_07_00: 1, 10_071_07_00: 2,
    10_032_07_00: 3, 10_052_07_00: 4, 10_072_07_00: 5,
    10_021_07_00: 6, 10_041_07_00: 7, 10_061_07_00: 8,
    10_022_07_00: 9, 10_042_07_00: 10, 10_062_07_00: 11,
    10_001_07_00: 12, 10_002_07_00: 13,
    10_001_08_00: 14, 10_001_08_01: 15, 10_001_08_02: 16, 10_001_08_03: 17, 10_001_08_04: 18,
    10_002_08_00: 19, 10_002_08_01: 20, 10_002_08_02: 21, 10_002_08_03: 22, 10_002_08_04: 23,
    13_000_02_08: 24, 96_01_04: 25,
    1_00_00: 26,
}  # fmt: skip

_MOST_CHARS = const(16)  # 00052185.7825309
_MOST_MA = const(1000000)
_MOST_MV = const(500000)
_MOST_W = const(1000000)
_MOST_WH = const(999999999)
_BEFORE_LAST = const(99999999)  # with one digit more it is a small int still
_STAR = const(42)
_POINT = const(46)
_OPEN = const(40)


def code_of(line, length: int) -> int:
    """Return the number AB_CCC_DD_EE of the code a line begins with, -1 if it is none.

    The value group F may follow as "*255", the present value; any other is an older one: -1.
    """
    if length < 10 or line[1] != 45 or line[3] != 58 or not (_digit(line[0]) and _digit(line[2])):
        return -1
    code = (line[0] - 48) * 10 + line[2] - 48
    part, parts = -1, 0
    for at in range(4, length):
        byte = line[at]
        if 48 <= byte <= 57:
            if part == 0 or part > 25:
                break
            part = byte - 48 if part < 0 else part * 10 + byte - 48
        elif part < 0 or (part > 99 and 0 < parts < 3):
            break
        elif byte == _OPEN:
            if parts == 2:
                return code * 100 + part
            return code if parts == 3 and part == 255 else -1
        elif parts == 3 or byte != b"..*"[parts]:
            break
        else:
            code = code * (100 if parts else 1000) + part
            part, parts = -1, parts + 1
    return -1


def code_text(code: int) -> str:
    """Return a code as it stands in telegrams, "1-0:31.7.0"."""
    a_b, c, d_e = code // 10000000, code // 10000 % 1000, code % 10000
    return "%d-%d:%d.%d.%d" % (a_b // 10, a_b % 10, c, d_e // 100, d_e % 100)


def is_name(line) -> bool:
    """True if a line begins as the name of a meter does: "/" and three letters."""
    for at in range(1, 4):
        if not 97 <= line[at] | 32 <= 122:
            return False
    return True


def _digit(byte):
    return 48 <= byte <= 57


def find(line, byte: int, start: int, end: int) -> int:
    """Return where `byte` is first found in line[start:end], or `end`."""
    for at in range(start, end):
        if line[at] == byte:
            return at
    return end


def number_of(line, start: int, end: int, place: int) -> int:
    """Return the number in line[start:end], "00.244*kW", in the unit of `place`, rounded.

    -1 if it is not digits with at most one point within, a "*" and a fitting unit, or is too
    large: 1000 A, 500 V, 1 MW, 999 999 999 Wh.
    """
    star = find(line, _STAR, start, end)
    decimals = _decimals(line, star + 1, end, place)
    point = find(line, _POINT, start, star)
    if decimals < 0 or star - start > _MOST_CHARS or point == start or point == star - 1:
        return -1
    value = up = 0
    for at in range(start, star):
        byte = line[at]
        if at == point:
            continue
        if not 48 <= byte <= 57:
            return -1
        if at > point + decimals:
            up |= at == point + decimals + 1 and byte >= 53
        elif value > _BEFORE_LAST:
            return -1
        else:
            value = value * 10 + byte - 48
    return _scaled(value + up, decimals - max(0, star - point - 1), _most(place))


def digits_of(line, start: int, end: int, base: int) -> int:
    """Return the number in line[start:end], 1...6 digits to base 10 or 1...4 to 16; -1 if none."""
    if not start < end <= start + (6 if base == 10 else 4):
        return -1
    value = 0
    for at in range(start, end):
        digit = line[at] - 48
        if base == 16 and 17 <= digit <= 22:  # A...F
            digit -= 7
        elif not 0 <= digit <= 9:
            return -1
        value = value * base + digit
    return value


def _scaled(value, zeros, most):
    """Return value with so many zeros behind it, -1 above `most`."""
    for _ in range(zeros):
        if value > _BEFORE_LAST:
            return -1
        value *= 10
    return value if value <= most else -1


def _decimals(line, at, end, place):
    """Return how many decimals of a number with the unit line[at:end] to keep, -1 if wrong."""
    decimals = 3 if place < IMPORT else 0
    if at < end and line[at] == 107:  # k; Lithuanian meters tell kA and kV, too
        decimals += 3
        at += 1
    if at >= end or line[at] != (65 if place < VOLTAGE else 86 if place < IMPORT else 87):
        return -1
    if place >= ENERGY:
        at += 1
        if at >= end or line[at] != 104:  # h
            return -1
    return decimals if at == end - 1 else -1


def _most(place):
    if place < VOLTAGE:
        return _MOST_MA
    if place < IMPORT:
        return _MOST_MV
    return _MOST_W if place < ENERGY else _MOST_WH
