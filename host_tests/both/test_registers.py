"""wire.registers: every kind of number against exact arithmetic, and what is no number."""

import random
import struct
import unittest

from pilotlight.wire import registers

MAX = (1 << 30) - 1
# kind, struct's format, bits, signed
INTEGERS = (
    ("u16", ">H", 16, False),
    ("i16", ">h", 16, True),
    ("u32", ">I", 32, False),
    ("i32", ">i", 32, True),
    ("u64", ">Q", 64, False),
)
SCALES = (1, 10, 100, 1000, 100000, -2, -10, -100, -1000)


def nearest(value, scale):
    """`value` times or through `scale`, halves away from zero; None beyond a small int."""
    if scale < 0:
        size = (2 * abs(value) - scale) // (-2 * scale)
    else:
        size = abs(value) * scale
    if size > MAX:
        return None
    return size if value >= 0 else -size


def swapped(data):
    """The low word first."""
    return b"".join([data[i : i + 2] for i in range(len(data) - 2, -2, -2)])


def samples(bits, is_signed):
    """The ends, what lies beside them and beside the ends of a small int, and random numbers."""
    low = -(1 << (bits - 1)) if is_signed else 0
    high = low + (1 << bits) - 1
    for edge in (low, high, 0, MAX, -MAX, MAX * 100, -MAX * 100, 0x7FFF, 0x8000, 0xFFFF, 0x10000):
        for value in range(edge - 2, edge + 3):
            if low <= value <= high:
                yield value
    for _ in range(300):
        size = random.getrandbits(16) << 48 | random.getrandbits(16) << 32
        size |= random.getrandbits(16) << 16 | random.getrandbits(16)
        value = size >> random.randint(64 - bits + is_signed, 63)
        yield -value if is_signed and random.getrandbits(1) else value


class TestIntegers(unittest.TestCase):
    def test_every_kind_is_exact(self):
        random.seed(23)
        for kind, layout, bits, is_signed in INTEGERS:
            decode = registers.KINDS[kind]
            missing = (
                [(1 << (bits - 1)) - 1, -(1 << (bits - 1))] if is_signed else [(1 << bits) - 1]
            )
            for value in samples(bits, is_signed):
                data = struct.pack(layout, value)
                for scale in SCALES:
                    wanted = None if value in missing else nearest(value, scale)
                    found = decode(b"\xff" + data + b"\xff", 1, scale)
                    self.assertEqual(found, wanted, (kind, value, scale))
                    if bits == 32:
                        found = registers.KINDS[kind + "l"](swapped(data), 0, scale)
                        self.assertEqual(found, wanted, (kind, "low word first", value, scale))

    def test_known_words(self):
        """A captured ET112: 0x091B 0x0000 is 233.1 V only with the low word first."""
        data = b"\x09\x1b\x00\x00"
        self.assertEqual(registers.i32l(data, 0, 100), 233100)
        self.assertNotEqual(registers.i32(data, 0, 1), 2331)

    def test_not_available_is_none(self):
        for kind, data in (
            ("u16", b"\xff\xff"),
            ("i16", b"\x7f\xff"),
            ("i16", b"\x80\x00"),
            ("u32", b"\xff" * 4),
            ("i32", b"\x7f\xff\xff\xff"),
            ("i32", b"\x80\x00\x00\x00"),
            ("u32l", b"\xff" * 4),
            ("i32l", b"\xff\xff\x7f\xff"),
            ("i32l", b"\x00\x00\x80\x00"),
            ("u64", b"\xff" * 8),
        ):
            for scale in SCALES:
                self.assertIsNone(registers.KINDS[kind](data, 0, scale), (kind, scale))

    def test_words(self):
        self.assertEqual([registers.words(k) for k in ("u16", "i32l", "f32", "f64")], [1, 2, 2, 4])


def decoded(bits, scale):
    return registers.f32(struct.pack(">I", bits), 0, scale)


def exact(bits, scale):
    """The same with big integers: float32 by IEEE 754, nearest, halves away from zero."""
    exponent = (bits >> 23) & 255
    if exponent == 255:
        return None
    mantissa = bits & 0x7FFFFF
    mantissa, exponent = (mantissa | 0x800000, exponent) if exponent else (mantissa, 1)
    doubled = mantissa * scale << 1
    shift = 150 - exponent
    doubled = doubled >> shift if shift >= 0 else doubled << -shift
    value = (doubled + 1) >> 1
    if value > (1 << 30) - 1:
        return None
    return -value if bits >> 31 else value


class TestSingle(unittest.TestCase):
    def test_known_values(self):
        rows = (
            (16.2, 16200),
            (230.0, 230000),
            (0.0, 0),
            (-0.0, 0),
            (0.0005, 1),
            (0.00049, 0),
            (-63.125, -63125),
            (12345.678, 12345678),
            (1e-40, 0),
        )
        for value, milli in rows:
            self.assertEqual(registers.f32(struct.pack(">f", value), 0, 1000), milli, value)

    def test_words_of_a_real_sdm630(self):
        """Recorded while it fed back (Tasmota issue 17671): its currents have no sign."""
        rows = ((0x43666999, 230412), (0x3F5EE588, 871), (0x3D6F5485, 58), (0x3E96D658, 295))
        for bits, milli in rows:
            self.assertEqual(decoded(bits, 1000), milli)
        self.assertEqual(decoded(0xC32C9822, 1), -173)

    def test_kwh_to_wh_keeps_what_the_float_holds(self):
        """float32 steps are 0.98 Wh at 10 000 kWh, 7.8 Wh above 65 536 kWh."""
        self.assertEqual(decoded(0x461C4000, 1000), 10000000)  # 10 000 kWh
        self.assertEqual(decoded(0x461C4001, 1000), 10000001)  # one step more
        self.assertEqual(decoded(0x47800001, 1000), 65536008)

    def test_not_a_number_is_none(self):
        for bits in (0x7FC00000, 0xFFC00000, 0x7F800001, 0x7F800000, 0xFF800000, 0xFFFFFFFF):
            self.assertIsNone(decoded(bits, 1000), bits)

    def test_range_ends_at_the_largest_small_int(self):
        self.assertEqual(decoded(0x4E7FFFFF, 1), 0x3FFFFFC0)  # largest float32 below 2^30
        self.assertIsNone(decoded(0x4E800000, 1))
        self.assertIsNone(decoded(0xCE800000, 1))
        self.assertIsNone(decoded(0x7F7FFFFF, 1))
        self.assertIsNone(decoded(0x4A7F00FF, 257))  # rounds up to 2^30

    def test_230_v_as_golden_bits(self):
        self.assertEqual(decoded(0x43660000, 1000), 230000)

    def test_offset_into_the_buffer(self):
        self.assertEqual(registers.f32(b"\xff\xff\xff\x43\x66\x00\x00\xff", 3, 1000), 230000)

    def test_random_bits_are_rounded_exactly(self):
        random.seed(21)
        for scale in (1, 10, 100, 1000, 100000):
            for _ in range(1500):
                bits = random.getrandbits(16) << 16 | random.getrandbits(16)
                self.assertEqual(decoded(bits, scale), exact(bits, scale), (bits, scale))

    def test_every_exponent_with_both_ends_of_the_mantissa(self):
        for exponent in range(256):
            for mantissa in (0, 1, 0x000800, 0x400000, 0x7FFFFF):
                bits = exponent << 23 | mantissa
                for scale in (1, 1000, 100000):
                    self.assertEqual(decoded(bits, scale), exact(bits, scale), (bits, scale))

    def test_agrees_with_struct(self):
        random.seed(22)
        for _ in range(2000):
            data = struct.pack(">f", (random.random() - 0.5) * 10 ** random.randint(-4, 6))
            value = struct.unpack(">f", data)[0] * 1000
            self.assertTrue(abs(registers.f32(data, 0, 1000) - value) <= 0.500001, value)

    def test_divided(self):
        for value, scale, wanted in ((2345.0, -10, 235), (-2345.0, -10, -235), (44.0, -10, 4)):
            self.assertEqual(registers.f32(struct.pack(">f", value), 0, scale), wanted)
        self.assertIsNone(registers.f32(b"\x7f\xc0\x00\x00", 0, -10))


class TestDouble(unittest.TestCase):
    def test_known_values(self):
        for bits, wanted in (
            (b"\x40\x93\x4a\x45\xa1\xca\xc0\x83", 1235),  # 1234.568
            (b"\x41\xcf\xff\xff\xff\x80\x00\x00", MAX),
            (b"\x41\xd0\x00\x00\x00\x00\x00\x00", None),  # 2^30
            (b"\x41\xcf\xff\xff\xff\xe0\x00\x00", None),  # rounds up to it
            (b"\x3f\xe0\x00\x00\x00\x00\x00\x00", 1),  # 0.5
            (b"\x3f\xdf\xff\xff\xff\xff\xff\xff", 0),
            (b"\xbf\xe0\x00\x00\x00\x00\x00\x00", -1),
            (bytes(8), 0),
            (b"\x80" + bytes(7), 0),
            (b"\x00\x00\x00\x00\x00\x00\x00\x01", 0),
            (b"\x7f\xf0\x00\x00\x00\x00\x00\x00", None),  # infinite
            (b"\x7f\xf8\x00\x00\x00\x00\x00\x00", None),  # not a number
            (b"\xff\xff\xff\xff\xff\xff\xff\xff", None),
        ):
            self.assertEqual(registers.f64(bits, 0, 1), wanted, bits)

    def test_scales(self):
        data = b"\x40\x93\x48\x00\x00\x00\x00\x00"  # 1234
        self.assertEqual(registers.f64(b"\xff" + data, 1, 1000), 1234000)
        self.assertEqual(registers.f64(data, 0, -10), 123)
        self.assertIsNone(registers.f64(data, 0, 1000000))

    def test_every_exponent_with_both_ends_of_the_mantissa(self):
        for exponent in range(1010, 1060):
            for mantissa in (0, 1, 1 << 22, 1 << 23, 1 << 51, (1 << 52) - 1):
                exact = (1 << 52 | mantissa) << 1
                shift = 1075 - exponent
                wanted = ((exact >> shift if shift >= 0 else exact << -shift) + 1) >> 1
                bits = exponent << 52 | mantissa
                data = b"".join([bytes([bits >> at & 255]) for at in range(56, -8, -8)])
                found = registers.f64(data, 0, 1)
                self.assertEqual(found, wanted if wanted <= MAX else None, (exponent, mantissa))


if __name__ == "__main__":
    unittest.main()
