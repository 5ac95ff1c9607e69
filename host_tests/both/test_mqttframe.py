"""wire.mqttframe: whole packets out of any pieces.

Packets written by hand after MQTT 3.1.1, 2.2.
"""

import unittest

from pilotlight.wire.mqttframe import FrameError, Frames

CONNACK = b"\x20\x02\x00\x00"
PINGRESP = b"\xd0\x00"
PUBLISH = b"\x30\x05\x00\x01ahi"
LONG = b"\x30\x80\x01" + b"\x00\x01a" + bytes(125)  # remaining length 128 takes two bytes


def feed(frames, data):
    frames.feed(data, len(data))


def drain(frames):
    found = []
    while True:
        packet = frames.next()
        if packet is None:
            return found
        found.append(packet)


class TestFrames(unittest.TestCase):
    def test_nothing_yet(self):
        frames = Frames()
        for data in (b"", b"\x30", b"\x05", b"\x00\x01ah"):
            feed(frames, data)
            self.assertIsNone(frames.next(), data)
        feed(frames, b"i")
        self.assertEqual(frames.next(), PUBLISH)
        self.assertIsNone(frames.next())

    def test_several_in_one_piece(self):
        frames = Frames()
        feed(frames, CONNACK + PINGRESP + PUBLISH + b"\x30")
        self.assertEqual(drain(frames), [CONNACK, PINGRESP, PUBLISH])

    def test_every_way_to_cut(self):
        stream = CONNACK + LONG + PINGRESP + PUBLISH
        for size in range(1, len(stream) + 1):
            frames = Frames()
            found = []
            for at in range(0, len(stream), size):
                feed(frames, stream[at : at + size])
                found += drain(frames)
            self.assertEqual(found, [CONNACK, LONG, PINGRESP, PUBLISH], size)

    def test_only_the_counted_bytes_are_taken(self):
        frames = Frames()
        frames.feed(bytearray(PINGRESP + b"\x55" * 62), 2)
        self.assertEqual(drain(frames), [PINGRESP])

    def test_longest_packet(self):
        """1024 bytes with header: 3 of header, remaining length 1021 = 0xFD 0x07."""
        packet = b"\x30\xfd\x07" + bytes(1021)
        frames = Frames()
        feed(frames, packet)
        self.assertEqual(drain(frames), [packet])

    def test_too_long_is_refused_before_it_has_come(self):
        rows = (b"\x30\xfe\x07", b"\x30\xff\xff\xff\x7f")  # 1022, and the most MQTT can say
        for header in rows:
            frames = Frames()
            feed(frames, header)
            with self.assertRaises(FrameError):
                frames.next()

    def test_length_of_five_bytes_is_no_mqtt(self):
        """2.2.3: at most four bytes."""
        frames = Frames()
        feed(frames, b"\x30\x80\x80\x80")
        self.assertIsNone(frames.next())
        feed(frames, b"\x80")
        with self.assertRaises(FrameError):
            frames.next()

    def test_length_with_needless_zeros_still_ends(self):
        frames = Frames()
        feed(frames, b"\xd0\x80\x80\x80\x00" + PINGRESP)
        self.assertEqual(drain(frames), [b"\xd0\x80\x80\x80\x00", PINGRESP])

    def test_clear_forgets_a_packet_begun(self):
        frames = Frames()
        feed(frames, PUBLISH[:4])
        frames.clear()
        feed(frames, PINGRESP)
        self.assertEqual(drain(frames), [PINGRESP])


if __name__ == "__main__":
    unittest.main()
