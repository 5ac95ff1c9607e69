"""wire.payload: topics and JSON."""

import json
import unittest

from pilotlight.wire import payload


class TestTopics(unittest.TestCase):
    def test_topics(self):
        self.assertEqual(payload.topic("home", "status"), b"pilotlight/home/status")
        self.assertEqual(payload.topic("home", "outlet", 2), b"pilotlight/home/outlet/2")

    def test_filters(self):
        self.assertEqual(
            payload.command_filters("home"),
            (b"pilotlight/home/outlet/+/set/+", b"pilotlight/home/site/set/+"),
        )

    def test_snapshot_survives(self):
        snapshot = {"outlet": 1, "state": "C2", "limit_a": 10.5, "fault": None, "contactor": True}
        data = payload.encode(snapshot)
        self.assertTrue(isinstance(data, bytes))
        self.assertEqual(json.loads(data.decode()), snapshot)


if __name__ == "__main__":
    unittest.main()
