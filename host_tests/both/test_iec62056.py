"""wire.iec62056: readouts of real meters, every way one can be wrong, decimals without floats."""

import random
import unittest

from p1_bench import as_7e1
from pilotlight.wire import iec62056, obistext

NONE = [None, None, None]

# Iskra AM150, with its own BCC (a test of a reader of that meter)
IDENTIFICATION = b"/ISk5AM150-T000\r\n"
AM150 = (
    b"\x020.0.0(73066029)\r\n1.8.0(0008989.442*kWh)\r\n0.2.0(1)\r\nC.1.6(A8D9)\r\n"
    b"F.F.0(0000000)\r\n!\r\n\x034"
)
# EasyMeter Q3D, mode D, 9600 baud 7E1 (from the source of three readers)
Q3D = (
    b"/ESY5Q3DA1004 V3.02\r\n\r\n1-0:0.0.0*255(0273011003684)\r\n"
    b"1-0:1.8.0*255(00026107.7034231*kWh)\r\n1-0:21.7.255*255(000200.13*W)\r\n"
    b"1-0:41.7.255*255(000122.31*W)\r\n1-0:61.7.255*255(000014.01*W)\r\n"
    b"1-0:1.7.255*255(000336.45*W)\r\n1-0:96.5.5*255(82)\r\n0-0:96.1.255*255(1ESY1011003684)\r\n!\r\n"
)
# Landis+Gyr, the lines of a ZMD310 and an E230 (documents of two readers)
ZMD310 = (
    b"1-1:F.F(00000000)\r\n1-1:0.0.0(50871031)\r\n1-1:1.6.1(27.19*kW)(1702090945)\r\n"
    b"1-1:1.6.1*18(28.74)(1701121445)\r\n1-1:1.8.0(00051206*kWh)\r\n1-1:1.8.0*18(00049555)\r\n!\r\n"
)
E230 = (
    b"F.F(00)\r\nC.1.1(        )\r\n1.8.1(001234.120*kWh)\r\n1.8.0(001234.120*kWh)\r\n"
    b"2.8.0(000000.000*kWh)\r\n15.8.0(001234.120*kWh)\r\n32.7(229*V)\r\n31.7(000.03*A)\r\n"
    b"16.7(000.00*kW)\r\n!\r\n"
)
# Hager eHZ: energy without a unit
HAGER = b"1-0:1.8.1*255(000016.9862)\r\n1-0:2.8.1*255(000001.5740)\r\n1-0:21.7.0*255(+00029*W)\r\n!\r\n"


def block(text):
    """A data block: these lines between STX and ETX, with BCC."""
    bcc = 0
    for byte in text + b"\x03":
        bcc ^= byte
    return b"\x02" + text + b"\x03" + bytes([bcc])


def lines(*given):
    return b"".join([line + b"\r\n" for line in given]) + b"!\r\n"


def feed(readout, data):
    return readout.feed(data, len(data))


def fed(*data):
    readout = iec62056.Readout(True)
    for part in data:
        feed(readout, part)
    return readout


def heard(*telegrams):
    readout = iec62056.Readout(False)
    for telegram in telegrams:
        feed(readout, telegram)
    return readout


def values(readout):
    return readout.energy_wh, readout.export_wh, readout.total_w, readout.power_w


class TestModeC(unittest.TestCase):
    def test_a_whole_dialogue(self):
        readout = iec62056.Readout(True)
        self.assertEqual(iec62056.REQUEST, b"/?!\r\n")
        self.assertEqual(feed(readout, iec62056.REQUEST), iec62056.WAITING)  # heard back
        self.assertEqual(feed(readout, IDENTIFICATION), iec62056.IDENTIFIED)
        self.assertEqual(readout.baud, 9600)
        self.assertEqual(iec62056.acknowledge(readout.baud), b"\x06050\r\n")
        self.assertEqual(feed(readout, AM150[:-1]), iec62056.WAITING)
        self.assertEqual(feed(readout, AM150[-1:]), iec62056.DONE)
        self.assertEqual(values(readout), (8989442, None, None, NONE))
        self.assertEqual(readout.text(), "ok")

    def test_what_is_offered(self):
        for character, baud in zip(b"0123456", iec62056.BAUDS):
            readout = fed(b"/LGZ" + bytes([character]) + b"\\2ZMF100AC.M23\r\n")
            self.assertEqual(readout.baud, baud)
            self.assertEqual(iec62056.acknowledge(baud), b"\x060" + bytes([character]) + b"0\r\n")
        for character in b"789AI ":
            readout = fed(b"/LGZ" + bytes([character]) + b"ZMF\r\n")
            self.assertEqual(readout.text(), "mode C not offered")
            self.assertIsNone(readout.baud)

    def test_no_other_baud_rate(self):
        with self.assertRaises(ValueError):
            iec62056.acknowledge(115200)

    def test_what_is_no_identification(self):
        for data in (b"/\r\n", b"/?!\r\n", b"/12345\r\n", b"/LGZ\r\n", b"/LGZ5x\n", b"LGZ5x\r\n"):
            self.assertIsNone(fed(data).baud)

    def test_values(self):
        rows = (
            (ZMD310, (51206000, None, None, NONE)),
            (E230, (1234120, 0, 0, NONE)),
            (HAGER, (None, None, None, [29, None, None])),
            (lines(b"1.8.1(1.5*kWh)", b"1.8.2(2.25*kWh)"), (3750, None, None, NONE)),
            (lines(b"1.8.1(1.5*kWh)"), (None, None, None, NONE)),
            (lines(b"1.8.2(1.5*kWh)"), (None, None, None, NONE)),
            (lines(b"2.8.1(1*Wh)", b"2.8.2(2*MWh)"), (None, 2000001, None, NONE)),
            (lines(b"1.8.0(5*Wh)", b"1.8.1(1*Wh)", b"1.8.2(2*Wh)"), (5, None, None, NONE)),
            (lines(b"1.8.0(1073741.823*kWh)"), (0x3FFFFFFF, None, None, NONE)),
            (lines(b"1.8.0(1073741.824*kWh)"), (None, None, None, NONE)),
            (lines(b"1.8.1(1073741*kWh)", b"1.8.2(1*kWh)"), (None, None, None, NONE)),
            (lines(b"1.8.0*00(000783.16)(000783.16)"), (None, None, None, NONE)),
            (lines(b"1.8.0*01(000783.16*kWh)"), (None, None, None, NONE)),
            (lines(b"1.7.0(1.2345*kW)"), (None, None, 1235, NONE)),
            (lines(b"1.7.0(0*kW)", b"2.7.0(1.5*kW)"), (None, None, -1500, NONE)),
            (lines(b"2.7.0(1.5*kW)"), (None, None, None, NONE)),
            (lines(b"16.7.0(-3*W)", b"1.7.0(9*W)"), (None, None, -3, NONE)),
            (lines(b"21.7.0(0*W)", b"22.7.0(7*W)", b"41.7.0(5*W)"), (None, None, None, [-7, 5, None])),
            (lines(b"1.7.0(1000000000*W)", b"2.7.0(1000000000*W)"), (None, None, None, NONE)),
            (lines(b"0.9.2(24/03/13)", b"1.8.0(5*Wh)"), (5, None, None, NONE)),
            (lines(b"x" * 200, b"1.8.0(5*Wh)"), (5, None, None, NONE)),
            (lines(), (None, None, None, NONE)),
        )  # fmt: skip
        for text, expected in rows:
            readout = fed(block(text))
            self.assertEqual(readout.text(), "ok", text)
            self.assertEqual(values(readout), expected, text)

    def test_faults(self):
        good = block(lines(b"1.8.0(5*Wh)"))
        rows = (
            (good[:-1] + b"\x00", "bad bcc"),
            (good.replace(b"5", b"4"), "bad bcc"),
            (good.replace(b"5", b"\xb5"), "bad character"),
            (good.replace(b"5", b"\x00"), "bad character"),
            (block(lines(b"1.8.0(5*Wh)")[:-3]), "bad character"),  # ETX before the end
            (block(lines(b"1.8.0(5*Wh)") + b"x\r\n"), "bad line"),
            (block(lines(b"1.8.0(5*Wh)", b"1.8.0(6*Wh)")), "one code with two values"),
            (b"\x02" + b"x" * 17000, "overflow"),
        )
        for data, text in rows:
            self.assertEqual(fed(data).text(), text)
            self.assertIsNone(fed(data).energy_wh)

    def test_lines_that_are_not_well_formed(self):
        rows = (
            b"1.8.0(", b"1.8.0()x", b"1.8.0(5*Wh", b"1.8.0(5*Wh))", b"1.8.0(5*Wh)(5*Wh)",
            b"1.8.0(*Wh)", b"1.8.0(5*W)", b"1.8.0(5*kvarh)", b"1.8.0(5*wh)", b"1.8.0(5*Wh*Wh)",
            b"1.8.0(5.*Wh)", b"1.8.0(.5*Wh)", b"1.8.0(5.5.5*Wh)", b"1.8.0(5,5*Wh)", b"1.8.0( 5*Wh)",
            b"1.8.0(--5*Wh)", b"1.8.0(5-*Wh)", b"1.8.0(+*Wh)", b"1.8.0(0x5*Wh)", b"1.8.0(1e3*Wh)",
            b"1.7.0(5*Wh)", b"1.8.0(" + b"0" * 80 + b"5*Wh)",
        )  # fmt: skip
        for line in rows:
            self.assertEqual(fed(block(lines(line))).text(), "bad line", line)

    def test_a_used_line_without_carriage_return(self):
        self.assertEqual(fed(block(b"1.8.0(5*Wh)\n!\r\n")).text(), "bad line")
        self.assertEqual(fed(block(b"0.0.0(5)\n!\r\n")).text(), "ok")

    def test_every_single_bit_error_is_refused(self):
        readout = iec62056.Readout(True)
        for bit in range(8 * len(AM150)):
            data = bytearray(AM150)
            data[bit >> 3] ^= 1 << (bit & 7)
            self.assertNotEqual(feed(readout, data), iec62056.DONE, bit)
            readout.give_up()
        self.assertIsNone(readout.energy_wh)

    def test_chunks_of_any_size(self):
        data = IDENTIFICATION + AM150
        for size in range(1, len(data)):
            readout = iec62056.Readout(True)
            states = [feed(readout, data[at : at + size]) for at in range(0, len(data), size)]
            self.assertEqual(states.count(iec62056.DONE), 1, size)
            self.assertEqual(readout.energy_wh, 8989442)

    def test_giving_up(self):
        readout = iec62056.Readout(True)
        for data, text in (
            (b"", "no reply"),
            (b"\x00noise", "no reply"),
            (AM150[:30], "cut short"),
        ):
            feed(readout, data)
            readout.give_up()
            self.assertEqual(readout.state, iec62056.FAILED)
            self.assertEqual(readout.text(), text)
        self.assertEqual(feed(readout, AM150), iec62056.DONE)

    def test_names_for_every_error(self):
        self.assertEqual(len(iec62056.NAMES), iec62056.NOT_OFFERED + 1)
        self.assertEqual(iec62056.NAMES[iec62056.CONFLICT], "one code with two values")


class TestModeD(unittest.TestCase):
    def test_the_second_of_a_kind_counts(self):
        readout = heard(Q3D)
        self.assertEqual(readout.text(), "structure unlike the one before")
        self.assertIsNone(readout.energy_wh)
        self.assertEqual(feed(readout, Q3D), iec62056.DONE)
        self.assertEqual(values(readout), (26107703, None, 336, [200, 122, 14]))

    def test_other_digits_signs_and_status_have_the_same_structure(self):
        other = (
            Q3D.replace(b"26107.7", b"26108.1")
            .replace(b"(000200", b"(-000999")
            .replace(b"(82)", b"(C0)")
        )
        readout = heard(Q3D, other)
        self.assertEqual(values(readout), (26108103, None, 336, [-999, 122, 14]))

    def test_a_lost_or_additional_byte_is_refused(self):
        """But within the bytes before the slash and after the exclamation mark."""
        for at in range(len(Q3D) - 2):
            readout = heard(Q3D, Q3D[:at] + Q3D[at + 1 :])
            self.assertNotEqual(readout.state, iec62056.DONE, at)
            readout = heard(Q3D, Q3D[: at + 1] + b"0" + Q3D[at + 1 :])
            self.assertNotEqual(readout.state, iec62056.DONE, at)

    def test_a_cut_telegram_before_a_whole_one(self):
        for cut in range(len(Q3D)):
            readout = heard(Q3D, Q3D[:cut] + Q3D)
            self.assertEqual(readout.state, iec62056.DONE, cut)
            self.assertEqual(readout.energy_wh, 26107703)

    def test_a_cut_telegram_is_told(self):
        readout = heard(Q3D[:50] + b"/")
        self.assertEqual(readout.text(), "cut short")

    def test_every_changed_bit_but_of_a_digit_is_refused(self):
        for bit in range(8 * len(Q3D) - 16):
            data = bytearray(Q3D)
            data[bit >> 3] ^= 1 << (bit & 7)
            readout = heard(Q3D, data)
            if readout.state == iec62056.DONE:
                digits = b"0123456789ABCDEF+-"
                self.assertIn(data[bit >> 3], digits)
                self.assertIn(Q3D[bit >> 3], digits)

    def test_a_bad_line(self):
        readout = heard(Q3D, Q3D.replace(b"000122.31*W", b"000122.3A*W"))
        self.assertEqual(readout.text(), "bad line")
        self.assertEqual(feed(readout, Q3D), iec62056.DONE)

    def test_seven_bits_and_even_parity_read_as_eight(self):
        sent = as_7e1(Q3D)
        readout = iec62056.Readout(False, True)
        self.assertIs(readout.is_within(), False)
        for data in (sent, sent[:40]):
            feed(readout, data)
        self.assertIs(readout.is_within(), True)
        self.assertEqual(feed(readout, sent[40:]), iec62056.DONE)
        self.assertEqual(values(readout), (26107703, None, 336, [200, 122, 14]))
        self.assertIs(readout.is_within(), False)
        for bit in range(8 * 25, 8 * len(Q3D) - 16):  # any single one breaks the parity
            data = bytearray(sent)
            data[bit >> 3] ^= 1 << (bit & 7)
            self.assertEqual(feed(readout, data), iec62056.FAILED, bit)
            self.assertEqual(readout.text(), "bad character")
        self.assertEqual(feed(readout, Q3D), iec62056.WAITING)  # not even its slash has parity

    def test_no_block_with_stx(self):
        self.assertEqual(heard(AM150, AM150).state, iec62056.WAITING)


def exact(text, decimals):
    """The same with big integers."""
    sign = -1 if text[0] == "-" else 1
    whole, _, part = text.lstrip("+-").partition(".")
    value = (2 * int(whole + part) * 10**decimals + 10 ** len(part)) // (2 * 10 ** len(part))
    return sign * value if value <= 0x3FFFFFFF else None


class TestDecimal(unittest.TestCase):
    def check(self, text, decimals):
        self.assertEqual(obistext.decimal(text.encode(), decimals), exact(text, decimals), text)

    def test_edges(self):
        for text in (
            "0", "-0", "+5", "0.5", "-0.5", "0.49999", "1073741823", "1073741824", "-1073741823.4",
            "1073741823.5", "1073741822.5", "1073741820", "1073741819", "1073.7418235", "1073.7418234",
            "9" * 30, "0" * 30 + "7", "0." + "0" * 30 + "7", "1073741.8234999", "1073741.8235",
        ):  # fmt: skip
            for decimals in (0, 3, 6):
                self.check(text, decimals)

    def test_random(self):
        random.seed(26)
        for _ in range(2000):
            digits = "".join([str(random.randint(0, 9)) for _ in range(random.randint(1, 16))])
            point = random.randint(1, len(digits))
            text = digits[:point] + ("." + digits[point:] if point < len(digits) else "")
            self.check(random.choice(("", "-", "+")) + text, random.choice((0, 3, 6)))


class TestRandomBytes(unittest.TestCase):
    def test_nothing_random_is_accepted_and_nothing_raises(self):
        random.seed(27)
        starts = (b"", b"\x02", b"/ISk5AM\r\n", b"1.8.0(", b"\x02!\r\n", b"\r\n", b"*kWh)\r\n")
        for has_bcc in (True, False):
            readout = iec62056.Readout(has_bcc)
            for _ in range(300):
                for _ in range(random.randint(1, 6)):
                    data = bytes([random.getrandbits(7) for _ in range(random.randint(0, 40))])
                    feed(readout, random.choice(starts) + data)
                    self.assertIsNone(readout.energy_wh)
                readout.give_up()
                self.assertTrue(readout.text())


if __name__ == "__main__":
    unittest.main()
