"""wire.command: every command, and every kind of nonsense a broker can hand over."""

import random
import unittest

from pilotlight.wire import command

HEAD = b"pilotlight/home/"


def parse(topic, data=b"", retained=False, outlets=4):
    return command.Command().read(HEAD + topic, data, retained, outlets)


class TestCommands(unittest.TestCase):
    def check(self, topic, data, expected):
        found = parse(topic, data)
        self.assertEqual((found.outlet, found.what, found.limit_ma, found.for_s), expected)

    def test_limits(self):
        rows = (
            (b"10", 10000, None),
            (b"0", 0, None),
            (b" 6 ", 6000, None),
            (b"80", 80000, None),
            (b"10.5", 10500, None),
            (b"10.0009", 10000, None),
            (b'{"limit_a": 10}', 10000, None),
            (b'{"limit_a": 16.2, "for_s": 3600}', 16200, 3600),
            (b'{"limit_a": 0, "for_s": null}', 0, None),
            (b'{"limit_a": 6, "for_s": 432000}', 6000, 432000),
            (b'{"limit_a": 6, "for_s": 1}', 6000, 1),
        )
        for data, limit_ma, for_s in rows:
            self.check(b"outlet/1/set/limit", data, (1, "limit", limit_ma, for_s))

    def test_pause(self):
        self.check(b"outlet/4/set/pause", b"", (4, "pause", None, None))
        self.check(b"outlet/2/set/pause", b"{}", (2, "pause", None, None))
        self.check(b"outlet/2/set/pause", b'{"for_s": 60}', (2, "pause", None, 60))

    def test_resume(self):
        self.check(b"outlet/3/set/resume", b"", (3, "resume", None, None))

    def check_value(self, topic, data, expected):
        found = parse(topic, data)
        self.assertEqual((found.outlet, found.what, found.value, found.for_s), expected)

    def test_dim(self):
        self.check_value(b"site/set/dim", b"4200", (None, "dim", 4200, None))
        self.check_value(b"site/set/dim", b"0", (None, "dim", 0, None))
        self.check_value(b"site/set/dim", b"off", (None, "dim", None, None))
        data = b'{"limit_w": 4200, "for_s": 900}'
        self.check_value(b"site/set/dim", data, (None, "dim", 4200, 900))

    def test_need_and_mode(self):
        data = b'{"need_wh": 20000, "for_s": 27000}'
        self.check_value(b"outlet/2/set/need", data, (2, "need", 20000, 27000))
        self.check_value(b"outlet/2/set/need", b'{"need_wh": 0}', (2, "need", 0, None))
        self.check_value(b"outlet/2/set/mode", b"min+solar", (2, "mode", "min+solar", None))

    def test_phases(self):
        for data, count in ((b"1", 1), (b" 3 ", 3), (b"null", None)):
            self.check_value(b"outlet/2/set/phases", data, (2, "phases", count, None))

    def test_phases_mode_and_priority_in_json(self):
        self.check_value(b"outlet/2/set/phases", b'{"phases": 1}', (2, "phases", 1, None))
        self.check_value(b"outlet/2/set/phases", b'{"phases": null}', (2, "phases", None, None))
        self.check_value(b"outlet/2/set/mode", b'{"mode": "solar"}', (2, "mode", "solar", None))
        self.check_value(b"outlet/2/set/priority", b"9", (2, "priority", 9, None))
        self.check_value(b"outlet/2/set/priority", b'{"priority": 0}', (2, "priority", 0, None))
        self.check_value(b"site/set/dim", b'{"limit_w": "off"}', (None, "dim", None, None))

    def test_enable(self):
        for data, is_on in ((b"on", True), (b"off", False), (b'{"enable": "off"}', False)):
            self.check_value(b"outlet/2/set/enable", data, (2, "enable", is_on, None))

    def test_boost(self):
        self.check_value(b"outlet/2/set/boost", b"", (2, "boost", None, None))
        self.check_value(b"outlet/2/set/boost", b'{"for_s": 7200}', (2, "boost", None, 7200))

    def test_each_may_have_an_id(self):
        for topic, data in (
            (b"outlet/1/set/limit", b'{"limit_a": 10, "id": "a"}'),
            (b"outlet/1/set/pause", b'{"id": "a"}'),
            (b"outlet/1/set/resume", b'{"id": "a"}'),
            (b"outlet/1/set/mode", b'{"mode": "fast", "id": "a"}'),
            (b"outlet/1/set/boost", b'{"id": "a", "for_s": 60}'),
            (b"outlet/1/set/phases", b'{"phases": 3, "id": "a"}'),
            (b"outlet/1/set/need", b'{"need_wh": 5, "id": "a"}'),
            (b"outlet/1/set/priority", b'{"priority": 5, "id": "a"}'),
            (b"site/set/dim", b'{"limit_w": 5, "id": "a"}'),
        ):
            found = parse(topic, data)
            self.assertEqual((found.id, found.name), ("a", topic.decode()))
        self.assertIsNone(parse(b"outlet/1/set/limit", b"10").id)

    def test_each_may_say_when_it_was_sent(self):
        for topic, data in (
            (b"outlet/1/set/limit", b'{"limit_a": 10, "utc_s": 1795000000}'),
            (b"outlet/1/set/resume", b'{"utc_s": 1795000000}'),
            (b"site/set/dim", b'{"utc_s": 1795000000, "limit_w": 5, "id": "a"}'),
        ):
            self.assertEqual(parse(topic, data).utc_s, 1795000000)
        self.assertIsNone(parse(b"outlet/1/set/limit", b"10").utc_s)

    def test_what_is_wrong_can_still_be_answered(self):
        asked = command.Command()
        with self.assertRaises(command.CommandError):
            asked.read(HEAD + b"outlet/2/set/limit", b'{"limit_a": 99, "id": "a"}', False, 4)
        self.assertEqual((asked.name, asked.outlet, asked.id), ("outlet/2/set/limit", 2, "a"))

    def test_other_kinds_of_bytes(self):
        topic = bytearray(HEAD + b"outlet/1/set/limit")
        found = command.Command().read(topic, memoryview(b"10"), False, 4)
        self.assertEqual(found.limit_ma, 10000)


class TestNonsense(unittest.TestCase):
    def refused(self, topic, data=b"", retained=False):
        with self.assertRaises(command.CommandError) as caught:
            parse(topic, data, retained)
        return str(caught.exception)

    def check_limit(self, data, text):
        self.assertEqual(self.refused(b"outlet/1/set/limit", data), "outlet/1/set/limit: " + text)

    def test_no_number_of_phases(self):
        for data in (b"", b"2", b"1.0", b"true", b"None"):
            text = "outlet/1/set/phases: " + '"' + data.decode() + '" is wrong, '
            found = self.refused(b"outlet/1/set/phases", data)
            self.assertEqual(found, text + "expected 1, 3 or null")

    def test_no_number(self):
        rows = (b"abc", b"10A", b"10,5", b"-6", b"+6", b"1e1", b".5", b"10.", b"NaN", b"[10]")
        for data in rows:
            shown = data.decode()
            self.check_limit(data, '"%s" is not a number of amps (0 or 6...80)' % shown)
        self.check_limit(b"", '"" is not a number of amps (0 or 6...80)')
        self.check_limit("²".encode(), '"?" is not a number of amps (0 or 6...80)')

    def test_out_of_range(self):
        for data in (b"5.999", b"80.001", b"1", b"999999999999999999999999"):
            self.check_limit(data, data.decode() + " A is out of range (0 or 6...80)")
        self.check_limit(b'{"limit_a": -1}', "-1 A is out of range (0 or 6...80)")
        self.check_limit(b'{"limit_a": 1e999}', "inf A is out of range (0 or 6...80)")

    def test_json_of_the_wrong_kind(self):
        self.check_limit(b'{"for_s": 10}', "limit_a is missing (0 or 6...80 A)")
        self.check_limit(b'{"limit_a": "9"}', '"9" is not a number of amps (0 or 6...80)')
        self.check_limit(b'{"limit_a": true}', '"True" is not a number of amps (0 or 6...80)')
        self.check_limit(b'{"limit_a": null}', '"None" is not a number of amps (0 or 6...80)')
        self.check_limit(
            b'{"amps": 9}', 'unknown key "amps", expected limit_a, for_s, id or utc_s'
        )
        expected = " is not JSON, expected a JSON object with limit_a, for_s, id or utc_s"
        for data in (b'{"limit_a": 9', b"{limit_a: 9}", b"{{}: 1}", b"{" * 200 + b"}"):
            shown = data.decode() if len(data) <= 32 else data.decode()[:32] + "..."
            self.check_limit(data, '"%s"%s' % (shown, expected))

    def test_seconds_out_of_range(self):
        for value in ("0", "432001", "-1"):
            text = "for_s %s is no whole number of seconds (1...432000)" % value
            self.check_limit(('{"limit_a": 9, "for_s": %s}' % value).encode(), text)
        for value in (b"1.5", b'"60"', b"true"):
            text = self.refused(b"outlet/1/set/pause", b'{"for_s": ' + value + b"}")
            self.assertTrue(text.endswith("is no whole number of seconds (1...432000)"), text)

    def test_pause_and_resume_with_nonsense(self):
        self.assertEqual(
            self.refused(b"outlet/1/set/pause", b"now"),
            'outlet/1/set/pause: "now" is not JSON, expected a JSON object with for_s, id or utc_s',
        )
        self.assertEqual(
            self.refused(b"outlet/1/set/pause", b'{"limit_a": 6}'),
            'outlet/1/set/pause: unknown key "limit_a", expected for_s, id or utc_s',
        )
        self.assertEqual(
            self.refused(b"outlet/1/set/resume", b"10"),
            'outlet/1/set/resume: "10" is not JSON, expected a JSON object with id or utc_s',
        )

    def test_wrong_numbers(self):
        for topic, data, text in (
            (b"site/set/dim", b"4.2", '"4.2" is not JSON, expected a JSON object with limit_w'),
            (b"site/set/dim", b"-1", '"-1" is not JSON'),
            (b"site/set/dim", b"{}", "limit_w None is no whole number"),
            (b"site/set/dim", b'{"limit_w": true}', "limit_w True is no whole number"),
            (b"outlet/1/set/need", b"", '"" is not JSON'),
            (b"outlet/1/set/need", b'{"need_wh": "x"}', "need_wh x is no whole number"),
            (b"outlet/1/set/priority", b"10", '"10" is wrong, expected 0...9'),
            (b"outlet/1/set/priority", b'{"priority": true}', '"True" is wrong, expected 0...9'),
            (b"outlet/1/set/priority", b"{}", '"" is wrong, expected 0...9'),
            (b"outlet/1/set/boost", b"60", '"60" is not JSON'),
            (b"outlet/1/set/enable", b"1", '"1" is wrong, expected on or off'),
            (b"outlet/1/set/pause", b'{"utc_s": 1.5}', "utc_s 1.5 is no whole number"),
            (b"outlet/1/set/pause", b'{"utc_s": -1}', "utc_s is out of range (0...4294967295)"),
            (b"outlet/1/set/pause", b'{"utc_s": ' + b"9" * 99 + b"}", "utc_s is out of range"),
            (b"outlet/1/set/pause", b'{"utc_s": null}', "utc_s None is no whole number"),
            (b"outlet/1/set/pause", b'{"id": 7}', "id 7 is no text of 1...32 characters"),
            (b"outlet/1/set/pause", b'{"id": ""}', "id  is no text of 1...32 characters"),
        ):
            self.assertIn(topic.decode() + ": " + text, self.refused(topic, data))

    def test_wrong_topics(self):
        rows = (
            (b"outlet/0/set/limit", "outlet/0/set/limit: no such outlet (1...4)"),
            (b"outlet/5/set/limit", "outlet/5/set/limit: no such outlet (1...4)"),
            (b"outlet/x/set/limit", "outlet/x/set/limit: no such outlet (1...4)"),
            (b"outlet//set/limit", "outlet//set/limit: no such outlet (1...4)"),
            (
                b"outlet/1/set/bost",
                "outlet/1/set/bost: no such command, expected limit, pause, resume, enable, mode, "
                "boost, phases, need or priority",
            ),
            (b"site/set/limit", "site/set/limit: no such command, expected dim"),
            (b"site/set", "site/set: no such command, expected outlet/<n>/set/<what>"),
            (
                b"outlet/1/limit",
                "outlet/1/limit: no such command, expected outlet/<n>/set/<what>",
            ),
        )
        for topic, text in rows:
            self.assertEqual(self.refused(topic, b"10"), text)

    def test_topics_that_are_not_ours(self):
        for topic in (b"", b"/", b"x/home/outlet/1/set/limit", b"pilotlight/outlet/1/set/limit"):
            with self.assertRaises(command.CommandError):
                command.Command().read(topic, b"10", False, 4)

    def test_retained(self):
        self.assertEqual(
            self.refused(b"outlet/1/set/limit", b"10", True),
            "outlet/1/set/limit: a retained command is ignored, publish without retain",
        )

    def test_sizes(self):
        self.check_limit(b"1" * 257, "257 bytes are too long (0...256)")
        self.assertEqual(
            self.refused(b"outlet/" + b"1" * 200), "topic: 223 bytes are too long (0...128)"
        )
        self.check_limit(b"x" * 256, '"%s..." is not a number of amps (0 or 6...80)' % ("x" * 32))

    def test_bytes_that_are_no_text(self):
        self.check_limit(b"\xff\xfe", "is not UTF-8 text")
        self.assertEqual(self.refused(b"outlet/\xff/set/limit"), "topic: is not UTF-8 text")

    def test_control_characters_do_not_reach_the_log(self):
        self.check_limit(b"1\x1b[2J", '"1?[2J" is not a number of amps (0 or 6...80)')

    def test_random_bytes_raise_nothing_else(self):
        random.seed(23)
        pieces = (
            b"{",
            b"}",
            b'"limit_a"',
            b":",
            b"10",
            b",",
            b'"for_s"',
            b"[",
            b"]",
            b"\x00",
            b"-1",
        )
        for _ in range(1500):
            data = b"".join([random.choice(pieces) for _ in range(random.randint(0, 12))])
            what = random.choice((b"limit", b"pause", b"resume"))
            try:
                found = parse(b"outlet/1/set/" + what, data)
            except command.CommandError as error:
                self.assertTrue(len(str(error)) < 200)
                continue
            limit_ma = found.limit_ma
            self.assertTrue(limit_ma in (None, 0) or 6000 <= limit_ma <= 80000, data)
            self.assertTrue(found.for_s is None or 1 <= found.for_s <= 432000, data)


if __name__ == "__main__":
    unittest.main()
