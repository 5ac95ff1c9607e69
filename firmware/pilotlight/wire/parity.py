"""Lines of 7 bits and even parity that are read as 8N1, because every UART can do that."""


def seven_bits(byte: int) -> int:
    """Return the 7 bits of a byte with even parity, 255 if it has odd parity."""
    return 255 if 0x6996 >> ((byte ^ (byte >> 4)) & 15) & 1 else byte & 0x7F


def with_parity(text: bytes) -> bytes:
    """Return characters of 7 bits with bit 7 as their even parity."""
    return bytes([byte | 0x80 if seven_bits(byte) == 255 else byte for byte in text])
