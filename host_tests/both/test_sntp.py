"""wire.sntp: the packet of RFC 5905, and answers from which nothing follows."""

import unittest

from pilotlight.wire import sntp

TOKEN = b"12345678"
NOON_S = 1_795_000_000


def packet(
    first=0x24,
    stratum=2,
    token=TOKEN,
    sent_s=NOON_S + 2208988800,
    fraction=0x80000000,
    ref=b"GPS\x00",
):
    delay, dispersion = b"\x00\x00\x10\x00", b"\x00\x00\x08\x00"  # 62.5 ms, 31.25 ms
    head = bytes((first, stratum, 6, 0xEC)) + delay + dispersion + ref
    times = bytes(8) + token + bytes(8) + (sent_s % (1 << 32)).to_bytes(4, "big")
    return head + times + fraction.to_bytes(4, "big")


class TestSntp(unittest.TestCase):
    def test_a_question(self):
        asked = sntp.question(TOKEN)
        self.assertEqual((len(asked), asked[0], asked[40:]), (48, 0x23, TOKEN))

    def test_an_answer(self):
        self.assertEqual(sntp.answer(packet(), TOKEN), (NOON_S, 500, 62 // 2 + 31))

    def test_after_2036(self):
        late_s = (1 << 32) - 2208988800 + 1000
        self.assertEqual(sntp.answer(packet(sent_s=(1 << 32) + 1000), TOKEN)[0], late_s)

    def test_answers_to_somebody_else(self):
        for other in (packet(token=b"12345679"), packet(first=0x23), packet()[:47], b""):
            self.assertIsNone(sntp.answer(other, TOKEN))

    def refused(self, said):
        with self.assertRaises(sntp.SntpError) as caught:
            sntp.answer(said, TOKEN)
        return str(caught.exception)

    def test_no_time(self):
        self.assertEqual(
            self.refused(packet(stratum=0, ref=b"RATE")), "the time server refuses: RATE"
        )
        self.assertEqual(self.refused(packet(stratum=0)), "the time server refuses: GPS?")
        self.assertEqual(
            self.refused(packet(first=0xE4)), "the time server does not know the time"
        )
        self.assertEqual(
            self.refused(packet(stratum=16)), "the time server does not know the time"
        )
        self.assertEqual(self.refused(packet(sent_s=0)), "the time server tells no time")


if __name__ == "__main__":
    unittest.main()
