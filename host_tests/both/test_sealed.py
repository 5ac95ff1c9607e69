"""wire.sealed: lines that show whether they are whole."""

import unittest

from pilotlight.wire.sealed import seal, unseal


class TestSealed(unittest.TestCase):
    def test_what_goes_in_comes_out(self):
        for value in ([], {}, [1, None, "begin", -5, (1 << 30) - 1, 864000000000], {"a": [[1]]}):
            self.assertEqual(unseal(seal(value)), value)

    def test_the_line_of_another_implementation(self):
        # crc32 of zlib
        self.assertEqual(seal([1, "x"]), b'[1, "x"] 30644162')
        self.assertEqual(unseal(b'[1, "x"] 30644162'), [1, "x"])
        self.assertEqual(unseal(b'[1,"x"] 9518410a'), [1, "x"])

    def test_what_is_cut_or_changed_is_none(self):
        line = seal([7, "network", 4200])
        for length in range(len(line)):
            self.assertIsNone(unseal(line[:length]), length)
        for i in range(len(line)):
            for bit in range(8):
                changed = bytearray(line)
                changed[i] ^= 1 << bit
                self.assertIsNone(unseal(bytes(changed)), (i, bit))
        self.assertIsNone(unseal(line + b"0"))
        self.assertIsNone(unseal(b"\xff" * 40))


if __name__ == "__main__":
    unittest.main()
