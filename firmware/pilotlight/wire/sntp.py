"""Questions to a time server and its answers (RFC 5905, packet of 48 bytes; RFC 4330).

No I/O, no clock. Times in ms, but for seconds since 1970.
"""

from micropython import const

SIZE = const(48)
_CLIENT = b"\x23"  # version 4, mode 3
_SERVER = const(4)  # mode
_ALARM = const(3)  # the server's clock is not synchronised
_FROM_1900_S = 2208988800  # 1970
_ERA_S = 1 << 32  # the second one begins in 2036


class SntpError(ValueError):
    """An answer from which no time follows: the text says why."""


def question(token) -> bytes:
    """Ask for the time; `token`, 8 bytes that nobody can guess, comes back."""
    return _CLIENT + bytes(39) + token


def answer(packet, token):
    """(Seconds since 1970, ms beyond them, within how many ms the server knows them) when it was
    sent; None if it answers something else. Raises SntpError if the server knows no time.
    """
    if len(packet) < SIZE or packet[0] & 7 != _SERVER or packet[24:32] != token:
        return None
    stratum = packet[1]
    if stratum == 0:
        code = "".join([chr(byte) if 65 <= byte <= 90 else "?" for byte in packet[12:16]])
        raise SntpError("the time server refuses: " + code)
    if packet[0] >> 6 == _ALARM or stratum > 15:
        raise SntpError("the time server does not know the time")
    sent = int.from_bytes(packet[40:44], "big")
    if sent == 0:
        raise SntpError("the time server tells no time")
    if not sent & 0x80000000:
        sent += _ERA_S
    # of fractions the upper 16 bits; delay and dispersion are in 1/65536 s
    sent_ms = int.from_bytes(packet[44:46], "big") * 1000 >> 16
    within_ms = _short_ms(packet[4:8]) // 2 + _short_ms(packet[8:12])
    return sent - _FROM_1900_S, sent_ms, within_ms


def _short_ms(data):
    """A short NTP number as ms; a negative delay is taken for large."""
    whole = int.from_bytes(data[:2], "big")
    return whole * 1000 + (int.from_bytes(data[2:4], "big") * 1000 >> 16)
