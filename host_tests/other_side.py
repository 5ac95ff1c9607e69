"""For the tests of the other side of the wires: a clock, MQTT packets and Modbus frames by hand.

Nothing here uses a codec under test.
"""

import struct

CURRENTS_AND_POWERS = bytes.fromhex("010400 06000C 100E")  # SDM630: 0x0006, 12
CONNACK = bytes.fromhex("20020000")


class Hand:
    """A clock that is set by hand, ms."""

    now = 1000

    def __call__(self):
        return self.now


def connect_packet(client=b"c", keepalive_s=60, flags=2, tail=b"", level=4):
    body = b"\x00\x04MQTT" + bytes((level, flags)) + keepalive_s.to_bytes(2, "big")
    body += len(client).to_bytes(2, "big") + client + tail
    return bytes((0x10, len(body))) + body


def will_packet(client=b"c", keepalive_s=60, retain=True):
    tail = b"\x00\x06status\x00\x04gone"
    return connect_packet(client, keepalive_s, 2 | 4 | (32 if retain else 0), tail)


def read(stream):
    buf = bytearray(4096)
    count = stream.readinto(buf)
    return None if count is None else bytes(buf[:count])


def join(broker, packet=None):
    stream = broker.connect()
    stream.write(packet or connect_packet())
    assert read(stream) == CONNACK
    return stream


def crc(data):
    """CRC-16/MODBUS bit by bit, from its definition: poly 0xA001 reflected, init 0xFFFF."""
    value = 0xFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0xA001 if value & 1 else 0)
    return struct.pack("<H", value)


def request(address, function, start, count):
    body = struct.pack(">BBHH", address, function, start, count)
    return body + crc(body)


def floats(reply):
    assert reply[-2:] == crc(reply[:-2])
    assert reply[2] == len(reply) - 5
    return list(struct.unpack(f">{reply[2] // 4}f", reply[3:-2]))
