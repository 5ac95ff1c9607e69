"""wire.dns and wire.address: names, questions, and answers of every kind.

The answers of example.com are as RFC 1035, 4.1 lays them out, by hand.
"""

import unittest

from pilotlight.wire import address, dns

ASKED = dns.question("a.example", 0x1234)
NAME = b"\x01a\x07example\x00"
A_IN = b"\x00\x01\x00\x01"
POINTER = b"\xc0\x0c"  # to the name in the question


def record(data, kind=1, ttl=b"\x00\x00\x01\x2c", name=POINTER):
    return name + bytes((0, kind, 0, 1)) + ttl + len(data).to_bytes(2, "big") + data


def packet(*records, flags=b"\x81\x80", number=b"\x12\x34", question=NAME + A_IN, count=None):
    count = len(records) if count is None else count
    head = number + flags + b"\x00\x01" + count.to_bytes(2, "big") + b"\x00\x00\x00\x00"
    return head + question + b"".join(records)


GOOD = record(b"\xc0\xa8\x01\x0a")


class TestNames(unittest.TestCase):
    def test_names(self):
        for text in ("broker", "a.example", "x" * 63, "a-b_c.9.org", "1.2.3.x"):
            self.assertTrue(address.is_name(text), text)
        for text in ("", ".", "a.", ".a", "a..b", "-a", "a-", "a b", "x" * 64, "a." * 127 + "a"):
            self.assertFalse(address.is_name(text), text)

    def test_numbers(self):
        for text in ("1.2.3.4", "255.255.255.255", "0.0.0.0", "010.2.3.4"):
            self.assertTrue(address.is_numeric(text), text)
        for text in ("1.2.3", "1.2.3.4.5", "1.2.3.256", "1.2.3.", "1.2.3.x", "1.2.3.0004", ""):
            self.assertFalse(address.is_numeric(text), text)


class TestQuestions(unittest.TestCase):
    def test_a_question(self):
        head = b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00"
        self.assertEqual(ASKED, head + NAME + A_IN)


class TestAnswers(unittest.TestCase):
    def test_addresses(self):
        self.assertEqual(dns.answer(packet(GOOD), ASKED), (["192.168.1.10"], 300))
        two = packet(GOOD, record(b"\x0a\x00\x00\x01", ttl=b"\x00\x00\x00\x3c"))
        self.assertEqual(dns.answer(two, ASKED), (["192.168.1.10", "10.0.0.1"], 60))

    def test_behind_another_name(self):
        alias = record(b"\x01b" + POINTER, kind=5)
        long = record(b"\x0a\x00\x00\x01", name=b"\x01b" + POINTER)
        self.assertEqual(dns.answer(packet(alias, long), ASKED)[0], ["10.0.0.1"])

    def test_capitals(self):
        found = dns.answer(packet(GOOD, question=b"\x01A\x07EXAMPLE\x00" + A_IN), ASKED)
        self.assertEqual(found[0], ["192.168.1.10"])

    def test_a_long_time(self):
        self.assertEqual(
            dns.answer(packet(record(b"\x01\x02\x03\x04", ttl=b"\xff" * 4)), ASKED)[1], 0xFFFFFF
        )

    def test_answers_to_somebody_else(self):
        for other in (
            packet(GOOD, number=b"\x12\x35"),
            packet(GOOD, flags=b"\x01\x80"),
            packet(GOOD, question=b"\x01b\x07example\x00" + A_IN),
            packet(GOOD, question=NAME + b"\x00\x1c\x00\x01"),
            packet(GOOD)[:20],
            b"",
        ):
            self.assertIsNone(dns.answer(other, ASKED))

    def refused(self, said):
        with self.assertRaises(dns.DnsError) as caught:
            dns.answer(said, ASKED)
        return str(caught.exception)

    def test_no_address(self):
        self.assertEqual(self.refused(packet(flags=b"\x81\x83")), "there is no such name")
        self.assertEqual(self.refused(packet(flags=b"\x81\x82")), "the name server fails")
        self.assertEqual(self.refused(packet(flags=b"\x81\x85")), "the name server refuses")
        self.assertEqual(self.refused(packet(flags=b"\x81\x89")), "the name server tells error 9")
        for none in (
            packet(),
            packet(record(b"\x20\x01" + bytes(14), kind=28)),
            packet(record(b"\x00\x00\x00\x00")),
            packet(record(b"\xe0\x00\x00\x01")),
            packet(record(b"\x01\x02\x03")),
        ):
            self.assertEqual(self.refused(none), "there is no IPv4 address")

    def test_what_breaks_off(self):
        whole = packet(GOOD, GOOD)
        for size in range(len(ASKED), len(whole)):
            try:
                found = dns.answer(whole[:size], ASKED)
            except dns.DnsError:
                self.assertTrue(size < len(ASKED) + len(GOOD))
                continue
            self.assertEqual(found[0], ["192.168.1.10"])

    def test_lies_about_sizes(self):
        self.assertEqual(dns.answer(packet(GOOD, count=65535), ASKED)[0], ["192.168.1.10"])
        self.refused(packet(POINTER + A_IN + b"\x00\x00\x00\x01\xff\xff"))
        self.refused(packet(b"\x3f" + bytes(20)))


if __name__ == "__main__":
    unittest.main()
