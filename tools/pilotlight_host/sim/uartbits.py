"""What a UART makes of characters that were sent with another parity or number of stop bits."""

from __future__ import annotations

from .lineshim import Wire


def bits_of(data: bytes, wire: Wire) -> list[int]:
    """Levels of the line, one a bit time: start, 8 data bits from the lowest, parity, stop."""
    bits = []
    for byte in data:
        data_bits = [byte >> n & 1 for n in range(8)]
        parity = {"N": [], "E": [sum(data_bits) & 1], "O": [~sum(data_bits) & 1]}[wire.parity]
        bits += [0, *data_bits, *parity, *[1] * wire.stop]
    return bits


def heard_as(data: bytes, sent: Wire, heard: Wire) -> list[tuple[int, int]]:
    """(us from the start to its end, byte) of each character heard; both have one baud rate.

    A byte with wrong parity or without its stop bit is told all the same, as the ports of a Pico
    and of a PC do. The next one begins with the next edge to 0.
    """
    bits = bits_of(data, sent) + [1] * heard.bits
    found, at = [], 0
    level = 1
    while at < len(bits) - heard.bits + 1:
        if level == 1 and bits[at] == 0:
            byte = sum(bits[at + 1 + n] << n for n in range(8))
            at += heard.bits - heard.stop  # the first stop bit is looked at
            level = bits[at]
            found.append(((at + 1) * 1_000_000 // heard.baud, byte))
            at += 1
        else:
            level = bits[at]
            at += 1
    return found
