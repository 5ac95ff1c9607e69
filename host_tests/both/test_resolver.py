"""services.resolver against name servers that answer, lie, are silent, or are not there. ms."""

import unittest
from time import ticks_add

from pilotlight.services.resolver import Resolver

START = (1 << 30) - 3000
GOOD = b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x78\x00\x04\x0a\x00\x00\x07"  # for 120 s


class Server:
    """A name server: `manner` says what it does with a question."""

    def __init__(self, manner):
        self.manner = manner
        self.asked = []
        self.open = 0

    def answers(self, question):
        """The datagrams that come back."""
        good = question[:2] + b"\x81\x80\x00\x01\x00\x01" + question[8:] + GOOD
        if self.manner == "answers":
            return [good]
        if self.manner == "denies":
            return [question[:2] + b"\x81\x83" + question[4:]]
        if self.manner == "lies":  # somebody who does not know the number of the question
            return [bytes((question[0] ^ 1, question[1])) + good[2:]] * 3
        if self.manner == "raced":
            return [bytes((question[0] ^ 1,)) + good[1:-1] + b"\x09", good]
        if self.manner == "garbage":
            return [b"", b"\xff" * 512, question[:2], question]
        return []


class Port:
    def __init__(self, server):
        self.server = server
        self.coming = []
        server.open += 1

    def send(self, data):
        if self.server.manner == "gone":
            raise OSError(111)
        self.server.asked.append(data)
        self.coming += self.server.answers(data)

    def receive(self, most):
        return self.coming.pop(0)[:most] if self.coming else None

    def close(self):
        self.server.open -= 1


class Network:
    def __init__(self, *manners):
        self.servers = [Server(manner) for manner in manners]
        self.name_servers = ["10.0.0.%d" % n for n in range(len(manners))]

    def datagrams(self, address, port):
        if port != 53:
            raise ValueError(port)
        return Port(self.servers[int(address[-1])])


class Bench(unittest.TestCase):
    def begin(self, *manners):
        self.network = Network(*manners)
        self.resolver = Resolver(self.network, "broker.example")
        self.now_ms = START

    def step(self, ms=50):
        self.now_ms = ticks_add(self.now_ms, ms)
        return self.resolver.address(self.now_ms)

    def found(self, within_ms=6000):
        """(address, after how many ms), or (what is wrong, after how many)."""
        for n in range(within_ms // 50):
            try:
                address = self.step()
            except OSError as error:
                return str(error), n * 50
            if address is not None:
                return address, n * 50
        return None, within_ms


class TestResolver(Bench):
    def test_an_answer_holds_for_its_time(self):
        self.begin("answers")
        self.assertEqual(self.found(), ("10.0.0.7", 0))
        self.assertEqual(self.step(119000), "10.0.0.7")
        self.assertEqual(len(self.network.servers[0].asked), 1)
        self.step(2000)
        self.assertEqual(len(self.network.servers[0].asked), 2)
        self.assertEqual(self.network.servers[0].open, 0)

    def test_silence(self):
        for manner in ("silent", "lies", "gone", "garbage"):
            self.begin(manner)
            text, after_ms = self.found()
            self.assertEqual(text, "broker.example: no name server answers")
            self.assertTrue(4000 <= after_ms <= 4600, (manner, after_ms))
            self.assertEqual(self.network.servers[0].open, 0)

    def test_nobody_to_ask(self):
        self.begin()
        self.assertEqual(self.found()[0], "broker.example: no name server is known")

    def test_no_such_name(self):
        self.begin("denies")
        self.assertEqual(self.found(), ("broker.example: there is no such name", 0))

    def test_a_forged_answer_that_comes_first(self):
        self.begin("raced")
        self.assertEqual(self.found(), ("10.0.0.7", 0))

    def test_the_second_server(self):
        self.begin("silent", "answers")
        address, after_ms = self.found()
        self.assertEqual(address, "10.0.0.7")
        self.assertTrue(1400 <= after_ms <= 1600)

    def test_each_question_has_another_number(self):
        self.begin("silent")
        self.found()
        self.found()
        numbers = [bytes(asked[:2]) for asked in self.network.servers[0].asked]
        self.assertEqual(len(numbers), 6)
        self.assertTrue(len(set(numbers)) > 3)

    def test_a_good_address_outlives_its_name_server(self):
        self.begin("answers")
        self.found()
        self.resolver.is_right()
        self.network.servers[0].manner = "silent"
        self.assertIsNone(self.step(121000))
        address, after_ms = self.found()
        self.assertEqual(address, "10.0.0.7")
        self.assertTrue(after_ms >= 4000)
        self.assertEqual(self.step(59000), "10.0.0.7")

    def test_one_that_led_nowhere_is_asked_for_anew(self):
        self.begin("answers")
        self.found()
        self.resolver.is_wrong()
        self.network.servers[0].manner = "silent"
        self.assertEqual(self.found()[0], "broker.example: no name server answers")


if __name__ == "__main__":
    unittest.main()
