"""How decisions are recorded: numbers in few bytes, and records that a torn file can be cut at.

A number begins with two bits of what it is, and five bits of its magnitude; a byte above 127 says
that seven more bits follow in the next one, the low ones first:

    0       None, False, True, something unknown: 0, 1, 2, 3; an arrangement follows: 4
    1, 2    so much more, or less, than before; 0 more is the number 0 after something else
    3       a reference, by its index

A record: a mark, its kind, its length (2 bytes), its bytes, and the CRC-32 of all but the mark,
little-endian. docs/replay.md has the rest.
"""

import binascii
import struct

from micropython import const

FORMAT = 3
HEADER, TEXT, SEGMENT, MORE = range(4)
SPECIAL, PLUS, MINUS, REFERENCE = range(4)
SPECIALS = (None, False, True)
UNKNOWN = const(3)
ARRANGED = const(4)
LONGEST = const(6)  # bytes of one number
NEARLY_MS = const(5)  # samples come as regularly as that
MOST_TEXTS = const(128)  # references from there on are to something else
TEXTS_OF_ORDER = ("reason", "no_room", "rests")  # of a pool, referred to beside itself

MARK = b"\xa5"
HEAD = "<BH"


def put(page, at, tag, magnitude):
    """Write a number into `page`; returns where the next one goes."""
    byte = tag | (magnitude & 31) << 2
    magnitude >>= 5
    while magnitude:
        page[at] = byte | 128
        at += 1
        byte = magnitude & 127
        magnitude >>= 7
    page[at] = byte
    return at + 1


def put_value(page, at, old, value):
    """Write what has become of `old`: None, a bool, or an int, as by how much it differs."""
    if value is None:
        return put(page, at, SPECIAL, 0)
    if type(value) is bool:
        return put(page, at, SPECIAL, 2 if value else 1)
    more = value - old if type(old) is int else value
    return put(page, at, PLUS, more) if more >= 0 else put(page, at, MINUS, -more)


def pieces(kind, *parts):
    """The bytes of one record, piece by piece."""
    length = 0
    for part in parts:
        length += len(part)
    head = struct.pack(HEAD, kind, length)
    crc = binascii.crc32(head)
    yield MARK
    yield head
    for part in parts:
        crc = binascii.crc32(part, crc)
        yield part
    yield struct.pack("<I", crc & 0xFFFFFFFF)


def write_record(file, kind, *parts):
    """Write one record to a file; returns its length."""
    length = 0
    for piece in pieces(kind, *parts):
        file.write(piece)
        length += len(piece)
    return length
