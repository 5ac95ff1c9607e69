"""Numbers from and to lines of text, in machine code: nothing here allocates.

A position is an index into the buffer; who writes gets the next one back.
"""

import micropython

NONE = -(1 << 29)  # a field that is `-`


@micropython.viper
def numbers(line: ptr8, at: int, stop: int, into: ptr32, most: int) -> int:
    """Take decimal numbers, one space before each, from `at` to `stop` into `into`; a lone `-` is
    `NONE`. How many, or -1 if that is not what stands there, or more than `most`.
    """
    count = 0
    while at < stop:
        if line[at] != 32 or count == most:
            return -1
        at += 1
        is_negative = 0
        if at < stop and line[at] == 45:
            is_negative = 1
            at += 1
        first = at
        value = 0
        while at < stop and 48 <= line[at] and line[at] <= 57 and at - first < 9:
            value = value * 10 + line[at] - 48
            at += 1
        if at == first:
            if is_negative == 0:
                return -1
            value = -536870912
        elif is_negative:
            value = 0 - value
        into[count] = value
        count += 1
    return count


@micropython.viper
def put_word(line: ptr8, at: int, word: ptr8, size: int) -> int:
    """The `size` bytes of `word`."""
    i = 0
    while i < size:
        line[at] = word[i]
        at += 1
        i += 1
    return at


@micropython.viper
def put(line: ptr8, at: int, value: int) -> int:
    """A space and the number; `NONE` as `-`."""
    line[at] = 32
    at += 1
    if value < 0:
        line[at] = 45
        at += 1
        value = 0 - value
        if value == 536870912:
            return at
    size = 1
    rest = value // 10
    while rest:
        size += 1
        rest = rest // 10
    i = at + size
    while i > at:
        i -= 1
        line[i] = 48 + value % 10
        value = value // 10
    return at + size


@micropython.viper
def put_hex(line: ptr8, at: int, counts: ptr16, samples: int) -> int:
    """A space and three hexadecimal digits for each count."""
    line[at] = 32
    at += 1
    i = 0
    while i < samples:
        count = counts[i]
        shift = 8
        while shift >= 0:
            digit = (count >> shift) & 15
            if digit > 9:
                digit += 7
            line[at] = 48 + digit
            at += 1
            shift -= 4
        i += 1
    return at
