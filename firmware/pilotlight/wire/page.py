"""A record in one page of a flash that is programmed a page at a time: bits go from 1 to 0 only.

    byte 0      mark of a page that holds one
    1           length of the text, 1...245
    2-5         number of the record, big-endian, below 2^30
    6-          text: JSON
    then        CRC-32 of all before, big-endian; what is left is FF
    255         FF; 00 once the record has been delivered

The last byte can be programmed later without an erase.
"""

import binascii
import json

from micropython import const

PAGE_BYTES = const(256)
DELIVERED_AT = const(255)
MOST_TEXT = const(245)

_MARK = const(0x5C)
_HEAD = const(6)
ERASED = b"\xff" * 256


def pack(page, number, value):
    """Fill `page` (bytearray of 256) with record `number`. ValueError if its text is too long."""
    text = json.dumps(value).encode()
    if len(text) > MOST_TEXT:
        raise ValueError("record of %d bytes, %d at most" % (len(text), MOST_TEXT))
    end = _HEAD + len(text)
    page[:] = ERASED
    page[0], page[1] = _MARK, len(text)
    page[2:_HEAD] = number.to_bytes(4, "big")
    page[_HEAD:end] = text
    page[end : end + 4] = _crc(page, end)


def number_of(page):
    """The number of the record in `page`, or None: there is none that is whole."""
    end = _HEAD + page[1]
    if page[0] != _MARK or end > DELIVERED_AT - 4 or page[end : end + 4] != _crc(page, end):
        return None
    return int.from_bytes(page[2:_HEAD], "big")


def text_of(page):
    """The JSON (bytes) of a page that is whole."""
    return bytes(page[_HEAD : _HEAD + page[1]])


def value_of(page):
    """The record itself."""
    return json.loads(text_of(page))


def is_delivered(page):
    """The record has been delivered."""
    return page[DELIVERED_AT] != 0xFF


def is_erased(page):
    """Nothing has been programmed into it."""
    return page == ERASED


def _crc(page, end):
    return (binascii.crc32(memoryview(page)[:end]) & 0xFFFFFFFF).to_bytes(4, "big")
