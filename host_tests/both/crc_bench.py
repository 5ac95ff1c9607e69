"""The textbook CRC-16/MODBUS, bit by bit: a second opinion on the table of wire.modbus."""


def crc_bitwise(data):
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ 0xA001 if crc & 1 else crc >> 1
    return crc


def sealed(data):
    """A frame: these bytes and their CRC, low byte first."""
    crc = crc_bitwise(data)
    return bytes(data) + bytes([crc & 255, crc >> 8])
