"""Questions to a name server and its answers (RFC 1035): the IPv4 addresses of a name.

No I/O, no clock.
"""

from micropython import const

_HEAD = const(12)
_FLAGS = b"\x01\x00"  # one question, recursion desired
_ONE_QUESTION = b"\x00\x01\x00\x00\x00\x00\x00\x00"
_A_IN = b"\x00\x01\x00\x01"
_MOST_RECORDS = const(32)
_ERRORS = {2: "the name server fails", 3: "there is no such name", 5: "the name server refuses"}


class DnsError(ValueError):
    """An answer, but no address: the text says why."""


def question(name, number) -> bytes:
    """Ask for the IPv4 addresses of `name` (address.is_name), as question `number` (0...65535)."""
    asked = b"".join([bytes([len(label)]) + label.encode() for label in name.split(".")])
    return number.to_bytes(2, "big") + _FLAGS + _ONE_QUESTION + asked + b"\x00" + _A_IN


def answer(packet, asked):
    """(Addresses as text, for how many s they hold) of an answer to the question `asked`; None if
    it is none to that. Raises DnsError if it says that there is none.
    """
    start = len(asked)
    if len(packet) < start or packet[:2] != asked[:2] or not packet[2] & 0x80:
        return None
    if packet[4:6] != asked[4:6] or _folded(packet[_HEAD:start]) != _folded(asked[_HEAD:]):
        return None
    code = packet[3] & 15
    if code:
        raise DnsError(_ERRORS.get(code, "the name server tells error " + str(code)))
    addresses = []
    ttl_s = None
    for kind, record_s, data in _records(packet, start):
        if kind == _A_IN and len(data) == 4 and 0 < data[0] < 224:
            addresses.append(".".join([str(byte) for byte in data]))
            ttl_s = record_s if ttl_s is None else min(ttl_s, record_s)
    if ttl_s is None:
        raise DnsError("there is no IPv4 address")
    return addresses, ttl_s


def _folded(text):
    """Names are the same in capitals."""
    return bytes(text).lower()


def _records(packet, at):
    """(Type and class, time to live in s, data) of each whole record of the answer."""
    for _ in range(min(int.from_bytes(packet[6:8], "big"), _MOST_RECORDS)):
        at = _after_name(packet, at)
        if at + 10 > len(packet):
            return
        # of a time to live what fits a small integer is enough
        ttl_s = int.from_bytes(packet[at + 5 : at + 8], "big") if packet[at + 4] == 0 else 0xFFFFFF
        size = int.from_bytes(packet[at + 8 : at + 10], "big")
        end = at + 10 + size
        if end > len(packet):
            return
        yield packet[at : at + 4], ttl_s, packet[at + 10 : end]
        at = end


def _after_name(packet, at):
    """Where a name ends that begins at `at`; beyond the packet if it does not."""
    while at < len(packet):
        size = packet[at]
        if size >= 0xC0:
            return at + 2  # the rest stands elsewhere
        at += 1 + size
        if size == 0:
            return at
    return at
