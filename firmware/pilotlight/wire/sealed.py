"""Lines that show whether they are whole: JSON, a space, its CRC-32 in 8 hex digits."""

import binascii
import json


def seal(value):
    """Such a line (bytes, without an end) of a list or dict."""
    text = json.dumps(value).encode()
    return text + b" " + _crc(text)


def unseal(line):
    """The value of a line (bytes), or None if it is not whole."""
    text = line[:-9]
    return json.loads(text) if line[-9:] == b" " + _crc(text) else None


def _crc(text):
    return b"%08x" % (binascii.crc32(text) & 0xFFFFFFFF)
