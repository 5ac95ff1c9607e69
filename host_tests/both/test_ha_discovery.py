"""wire.discovery: JSON in pieces, none of them long, and all of it short enough to be sent."""

import json
import unittest

from pilotlight.wire import discovery

LONG = "x" * 24
TABLE = {"name": LONG, "max_a": 80, "meter": LONG, "id": LONG, "clamps": ()}


class TestPieces(unittest.TestCase):
    def check(self, pieces, parts):
        made = list(pieces)
        text = b"".join(made)
        self.assertTrue(max([len(piece) for piece in made]) < 450)
        self.assertTrue(len(text) < 3900, len(text))  # 4096 with topic and head
        found = json.loads(text.decode())
        self.assertEqual(len(found["cmps"]), parts)
        return found

    def test_the_longest_outlet(self):
        found = self.check(discovery.of_outlet(LONG, "10.10.10", 8, TABLE), 15)
        self.assertEqual(found["dev"]["via_device"], "pilotlight-" + LONG)

    def test_the_longest_feeder(self):
        self.check(discovery.of_feeder(LONG, "10.10.10", 8, TABLE), 6)

    def test_the_longest_site(self):
        found = self.check(discovery.of_site(LONG, "10.10.10"), 4)
        self.assertTrue("via_device" not in found["dev"])

    def test_an_outlet_without_a_meter_and_a_name(self):
        table = {"name": "", "max_a": 16, "meter": None}
        found = self.check(discovery.of_outlet("home", "1", 2, table), 13)
        self.assertEqual(found["dev"]["name"], "outlet 2")
        self.assertEqual(found["cmps"]["limit"]["max"], 16)

    def test_topics(self):
        self.assertEqual(
            discovery.config_topic("home", "f1"), b"homeassistant/device/pilotlight-home-f1/config"
        )
        self.assertEqual(
            discovery.config_topic("home", ""), b"homeassistant/device/pilotlight-home/config"
        )


if __name__ == "__main__":
    unittest.main()
