"""config: every error named with key, value and range; nothing raises anything but SiteError."""

import json
import os
import unittest

from pilotlight import config
from pilotlight.wire.meters import TELEGRAMS, names

REAL = {
    "site": {"id": "home", "title": "At home"},
    "feeders": [
        {
            "id": "main",
            "rating_a": 35,
            "breaker": "B",
            "meter": "grid",
            "clamps": [
                {"channel": 1, "gain": 500},
                {"channel": 2, "gain": 500},
                {"channel": 3, "gain": 500},
            ],
        }
    ],
    "outlets": [
        {"feeder": "main", "max_a": 16},
        {"feeder": "main", "max_a": 32, "phases": ["L2"]},
    ],
    "meters": [{"id": "grid", "port": "rs485", "model": "sdm630"}],
    "mqtt": {"host": "192.168.1.2"},
}
GONE = object()


def site(key="", value=None):
    """A copy of the good site with one value changed or (GONE) taken out; key like
    outlets.0.max_a.
    """
    made = json.loads(json.dumps(REAL))
    if key:
        steps = [int(step) if step.isdigit() else step for step in key.split(".")]
        holder = made
        for step in steps[:-1]:
            holder = holder[step]
        if value is GONE:
            del holder[steps[-1]]
        else:
            holder[steps[-1]] = value
    return made


def errors_of(data):
    try:
        config.check(data)
    except config.SiteError as error:
        return error.errors
    return []


class TestGood(unittest.TestCase):
    def test_defaults_are_filled_in(self):
        found = config.check(site())
        feeder, outlet, meter = found["feeders"][0], found["outlets"][0], found["meters"][0]
        self.assertEqual((feeder["limit_a"], feeder["base_max_a"]), (None, None))
        self.assertEqual((outlet["phases"], outlet["min_a"]), (("L1", "L2", "L3"), 6))
        self.assertEqual(found["outlets"][1]["phases"], ["L2"])
        self.assertEqual((meter["baud"], meter["parity"], meter["stop"]), (9600, "N", 1))
        self.assertEqual((found["mqtt"]["port"], found["mqtt"]["keepalive_s"]), (1883, 60))

    def test_what_may_be_left_out(self):
        rows = (("mqtt", None), ("mqtt", GONE), ("site.title", GONE), ("feeders.0.meter", None))
        for key, value in rows:
            self.assertEqual(errors_of(site(key, value)), [], key)
        self.assertIsNone(config.check(site("mqtt", GONE))["mqtt"])

    def test_what_was_checked_is_good_again(self):
        """As it is kept: through JSON, with and without meters."""
        for data in (site(), self.without_meters()):
            found = config.check(data)
            again = config.check(json.loads(json.dumps(found)))
            self.assertEqual(json.loads(json.dumps(again)), json.loads(json.dumps(found)))

    def without_meters(self):
        data = site("meters", GONE)
        del data["feeders"][0]["meter"]
        return data

    def test_edges_of_ranges(self):
        rows = (
            ("feeders.0.rating_a", 250),
            ("feeders.0.limit_a", 35),
            ("feeders.0.limit_a", 6),
            ("feeders.0.base_max_a", 0),
            ("feeders.0.base_max_a", "measured"),
            ("outlets.0.max_a", 80),
            ("outlets.0.max_a", 6.5),
            ("outlets.0.min_a", 16),
            ("outlets.0.phases", ["L3", "L1", "L2"]),
            ("outlets.0.pilot_cal", [11000, -13000]),
            ("outlets.0.pilot_cal", [13000, -11000]),
            ("outlets.0.pilot_cal", None),
            ("outlets.0.ventilation", False),
            ("outlets.0.switching", True),
            ("site.residual_retry", 4),
            ("site.restart_delay_s", 1800),
            ("outlets.0.socket", True),
            ("outlets.0.meter", None),
            ("meters.0.address", 247),
            ("meters.0.poll_ms", 200),
            ("mqtt.host", "255.255.255.255"),
            ("mqtt.port", 65535),
            ("site.id", "a" * 24),
        )
        for key, value in rows:
            self.assertEqual(errors_of(site(key, value)), [], (key, value))

    def test_a_meter_at_an_outlet(self):
        data = site("outlets.0.meter", "left")
        data["meters"].append({"id": "left", "port": "second", "model": "sdm630"})
        self.assertEqual(config.check(data)["outlets"][0]["meter"], "left")
        data["outlets"][1]["meter"] = "left"
        expected = "a meter that measures nothing else"
        self.assertEqual(
            errors_of(data), ['outlets[1].meter: "left" is wrong, expected ' + expected]
        )

    def test_amps_to_milliamps(self):
        rows = (
            (6, 6000),
            (16.2, 16200),
            (0.0004, 0),
            (0.0005, 1),
            (250, 250000),
            (10.0009, 10001),
        )
        for amps, expected in rows:
            self.assertEqual(config.ma(amps), expected, amps)


# key, value, the line


def _host(shown):
    expected = "an address, like 192.168.1.10, or a name, like broker.example (none in .local)"
    return "mqtt.host: " + shown + " is wrong, expected " + expected


BAD = (
    ("site", GONE, "site: missing (the site)"),
    ("site", [], "site: [] is wrong, expected a table {...}"),
    ("site.id", GONE, "site.id: missing (name of the site in topics: letters, digits, - and _)"),
    ("site.id", "", 'site.id: "" is wrong, expected 1...24 letters, digits, - or _'),
    ("site.id", "a/b", 'site.id: "a/b" is wrong, expected 1...24 letters, digits, - or _'),
    (
        "site.id",
        "a" * 25,
        'site.id: "' + "a" * 25 + '" is wrong, expected 1...24 letters, digits, - or _',
    ),
    (
        "site.title",
        "x" * 61,
        'site.title: "' + "x" * 36 + "... is wrong, expected text of at most 60 characters",
    ),
    ("site.title", 5, "site.title: 5 is wrong, expected text of at most 60 characters"),
    (
        "site.colour",
        "red",
        "site.colour: unknown key, expected id, title, residual_retry, residual_test, "
        "policy, dimming_w, restart_delay_s",
    ),
    ("feeders", [], "feeders: [] is wrong, expected a list of 1...8"),
    ("feeders", {}, "feeders: {} is wrong, expected a list of 1...8"),
    ("feeders.0", 7, "feeders[0]: 7 is wrong, expected a table {...}"),
    ("feeders.0.rating_a", 5.9, "feeders[0].rating_a: 5.9 is wrong, expected a number 6...250"),
    ("feeders.0.rating_a", "35", 'feeders[0].rating_a: "35" is wrong, expected a number 6...250'),
    ("feeders.0.rating_a", True, "feeders[0].rating_a: true is wrong, expected a number 6...250"),
    ("feeders.0.breaker", "K", 'feeders[0].breaker: "K" is wrong, expected one of B, C, D, gG'),
    (
        "feeders.0.limit_a",
        36,
        "feeders[0].limit_a: 36 is wrong, expected at most the rating of 35",
    ),
    ("feeders.0.meter", "cellar", 'feeders[0].meter: "cellar" is wrong, expected one of grid'),
    ("meters", GONE, 'feeders[0].meter: "grid" is wrong, expected one of (none is defined)'),
    (
        "feeders.0.voltage",
        {"channel": 3, "gain": 2000},
        "feeders[0].clamps[2].channel: 3 is wrong, expected a channel used only once",
    ),
    (
        "feeders.0.voltage",
        {"channel": 4, "gain": 2000, "shift_us": 1001},
        "feeders[0].voltage.shift_us: 1001 is wrong, expected a whole number -1000...1000",
    ),
    (
        "feeders.0.voltage",
        {"channel": 4},
        "feeders[0].voltage.gain: missing (mA, or 1/100 V, per 100 counts of the converter (rms))",
    ),
    (
        "feeders.0.clamps.0.channel",
        13,
        "feeders[0].clamps[0].channel: 13 is wrong, expected a whole number 1...12",
    ),
    (
        "feeders.0.clamps.0.channel",
        2,
        "feeders[0].clamps[1].channel: 2 is wrong, expected a channel used only once",
    ),
    (
        "feeders.0.clamps.1.gain",
        1.5,
        "feeders[0].clamps[1].gain: 1.5 is wrong, expected a whole number 1...32767",
    ),
    ("outlets.0.feeder", "side", 'outlets[0].feeder: "side" is wrong, expected one of main'),
    ("outlets.0.max_a", 81, "outlets[0].max_a: 81 is wrong, expected a number 6...80"),
    (
        "outlets.0.max_a",
        GONE,
        "outlets[0].max_a: missing (what outlet and wiring can carry, A per phase)",
    ),
    ("outlets.0.min_a", 17, "outlets[0].min_a: 17 is wrong, expected at most max_a, 16"),
    ("outlets.1.phases", ["L1", "L2"], "PHASES"),
    ("outlets.1.phases", ["L1", "L1", "L2"], "PHASES"),
    ("outlets.1.phases", ["L4"], "PHASES"),
    ("outlets.1.phases", "L1", "PHASES"),
    ("outlets.1.phases", [], "PHASES"),
    ("outlets.1.phases", [1], "PHASES"),
    (
        "site.restart_delay_s",
        1801,
        "site.restart_delay_s: 1801 is wrong, expected a whole number 0...1800",
    ),
    (
        "site.policy",
        "fair",
        'site.policy: "fair" is wrong, expected one of equal, priority, first-come, departure',
    ),
    (
        "outlets.0.priority",
        10,
        "outlets[0].priority: 10 is wrong, expected a whole number 0...9",
    ),
    ("outlets.0.socket", "yes", 'outlets[0].socket: "yes" is wrong, expected true or false'),
    ("outlets.0.meter", "x", 'outlets[0].meter: "x" is wrong, expected one of grid'),
    (
        "outlets.1.meter",
        "grid",
        'outlets[1].meter: "grid" is wrong, expected a meter that measures nothing else',
    ),
    ("outlets.0.lock", 1, "outlets[0].lock: 1 is wrong, expected true or false"),
    (
        "outlets.0.ventilation",
        "no",
        'outlets[0].ventilation: "no" is wrong, expected true or false',
    ),
    ("outlets.0.pilot_cal", [10999, -12000], "POINTS"),
    ("outlets.0.pilot_cal", [13001, -12000], "POINTS"),
    ("outlets.0.pilot_cal", [12000, -13001], "POINTS"),
    ("outlets.0.pilot_cal", [12000, -10999], "POINTS"),
    ("outlets.0.pilot_cal", [12000.5, -12000], "POINTS"),
    ("outlets.0.pilot_cal", [True, -12000], "POINTS"),
    ("outlets.0.pilot_cal", [12000], "POINTS"),
    ("outlets.0.pilot_cal", 12000, "POINTS"),
    ("site.residual_retry", 5, "site.residual_retry: 5 is wrong, expected a whole number 0...4"),
    (
        "meters.0.model",
        "dvh4013",
        'meters[0].model: "dvh4013" is wrong, expected one of '
        + ", ".join(list(names()) + list(TELEGRAMS)),
    ),
    ("meters.0.address", 0, "meters[0].address: 0 is wrong, expected a whole number 1...247"),
    ("meters.0.baud", 9601, "BAUD"),
    ("meters.0.stop", True, "meters[0].stop: true is wrong, expected one of 1, 2"),
    ("meters.0.stop", 1.0, "meters[0].stop: 1.0 is wrong, expected one of 1, 2"),
    ("mqtt", "192.168.1.2", 'mqtt: "192.168.1.2" is wrong, expected a table {...}'),
    ("mqtt.host", "bro ker", _host('"bro ker"')),
    ("mqtt.host", "1.2.3", _host('"1.2.3"')),
    ("mqtt.host", "1.2.3.256", _host('"1.2.3.256"')),
    ("mqtt.host", "1.2.3.-4", _host('"1.2.3.-4"')),
    ("mqtt.host", "box.local", _host('"box.local"')),
    ("mqtt.host", "a..b", _host('"a..b"')),
    ("mqtt.host", "", _host('""')),
    ("mqtt.host", 5, _host("5")),
    ("mqtt.port", 65536, "mqtt.port: 65536 is wrong, expected a whole number 1...65535"),
    (
        "mqtt.password",
        1234,
        'mqtt.password: "***" is wrong, expected text of at most 64 characters',
    ),
    (
        "extra",
        1,
        "extra: unknown key, expected site, feeders, outlets, meters, mqtt, clock, modem",
    ),
)


class TestBad(unittest.TestCase):
    def expected(self, key, value, line):
        if line == "PHASES":
            line = (
                "outlets[1].phases: "
                + json.dumps(value)
                + ' is wrong, expected one or three different phases, like ["L2"] or ["L1", "L2", "L3"]'
            )
        if line == "POINTS":
            ranges = "11000...13000 and -13000...-11000, like [12080, -11950]"
            line = "outlets[0].pilot_cal: " + json.dumps(value) + " is wrong, expected "
            line += "two whole numbers of mV, " + ranges
        if line == "BAUD":
            rates = "1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200"
            line = "meters[0].baud: 9601 is wrong, expected one of " + rates
        return [line]

    def test_one_line_each(self):
        for key, value, line in BAD:
            self.assertEqual(errors_of(site(key, value)), self.expected(key, value, line), key)

    def test_a_meter_that_tells_energy_only_measures_nothing(self):
        weak = {"id": "heat", "port": "d0", "model": "iec-d"}
        data = site("meters", REAL["meters"] + [weak])
        self.assertEqual(errors_of(data), [])
        data["feeders"][0]["meter"] = data["outlets"][1]["meter"] = "heat"
        expected = '"heat" is wrong, expected one whose model tells more than energy'
        self.assertIn("feeders[0].meter: " + expected, errors_of(data))
        self.assertIn("outlets[1].meter: " + expected, errors_of(data))

    def test_nan_is_no_number(self):
        self.assertEqual(len(errors_of(site("feeders.0.rating_a", float("nan")))), 1)
        self.assertEqual(len(errors_of(site("feeders.0.rating_a", float("inf")))), 1)

    def test_a_fuse_smaller_than_an_outlet_s_minimum(self):
        data = site("feeders.0.limit_a", 9)
        data["outlets"][1]["min_a"] = 10
        self.assertEqual(
            errors_of(data), ["feeder main: 9 is wrong, expected at least min_a of outlets[1], 10"]
        )

    def test_a_lock_holds_the_plug_of_a_socket(self):
        data = site("outlets.0.lock", True)
        line = "outlets[0].lock: true is wrong, expected socket to be true: "
        self.assertEqual(errors_of(data), [line + "a tethered cable needs none"])
        data["outlets"][0]["socket"] = True
        self.assertEqual(errors_of(data), [])

    def test_only_three_phases_can_be_switched(self):
        data = site("outlets.0.switching", True)
        data["outlets"][0]["phases"] = ["L1"]
        line = "outlets[0].switching: expected three phases beside it"
        self.assertEqual(errors_of(data), [line])

    def test_no_sensor(self):
        data = site("feeders.0.clamps", None)
        data["feeders"][0]["meter"] = None
        self.assertEqual(
            errors_of(data), ["feeders[0]: has no sensor, expected clamps, meter or base_max_a"]
        )
        data["feeders"][0]["clamps"] = []  # the same as none
        self.assertEqual(
            errors_of(data), ["feeders[0]: has no sensor, expected clamps, meter or base_max_a"]
        )
        data["feeders"][0]["meter"] = "grid"
        self.assertEqual(config.check(data)["feeders"][0]["clamps"], None)
        data["feeders"][0]["meter"] = None
        data["feeders"][0]["base_max_a"] = 10  # then the largest load is always reckoned with
        self.assertEqual(errors_of(data), [])

    def test_a_house_load_is_measured_where_there_is_a_sensor(self):
        data = site("feeders.0.base_max_a", "guessed")
        line = (
            'feeders[0].base_max_a: "guessed" is wrong, expected a number 0...250, or "measured"'
        )
        self.assertEqual(errors_of(data), [line])
        data["feeders"][0].update({"base_max_a": "measured", "clamps": None, "meter": None})
        line = 'feeders[0].base_max_a: "measured" is wrong, expected a number, as no sensor '
        self.assertEqual(errors_of(data), [line + "measures it"])

    def test_a_tree_of_feeders(self):
        data = site()
        sub = {"id": "barn", "feeder": "main", "rating_a": 16, "breaker": "B", "base_max_a": 0}
        data["feeders"].append(sub)
        data["outlets"][1]["feeder"] = "barn"
        self.assertEqual(errors_of(data), [])
        self.assertEqual(config.check(data)["feeders"][1]["reserve_a"], 0)
        sub["feeder"] = "attic"
        expected = " is wrong, expected one of main, barn"
        lines = ['feeders[1].feeder: "attic"' + expected, 'outlets[1].feeder: "barn"' + expected]
        self.assertEqual(errors_of(data), lines)
        sub["feeder"] = "barn"
        expected = '.feeder: "barn" is wrong, expected one that does not hang on itself'
        self.assertEqual(errors_of(data), ["feeders[1]" + expected, "outlets[1]" + expected])
        sub["feeder"] = "main"
        data["outlets"][1]["min_a"] = 20
        lines = ["feeder barn: 16 is wrong, expected at least min_a of outlets[1], 20"]
        self.assertEqual(errors_of(data), lines)

    def test_a_voltage_reference_stands_beside_clamps(self):
        data = site("feeders.0.voltage", {"channel": 4, "gain": 2000})
        self.assertEqual(errors_of(data), [])
        self.assertEqual(config.check(data)["feeders"][0]["voltage"]["shift_us"], 0)
        data["feeders"][0]["clamps"] = None
        self.assertEqual(errors_of(data), ["feeders[0].voltage: expected clamps beside it"])

    def test_feeders_may_share_a_reference_but_no_clamp_of_any(self):
        data = site("feeders.0.voltage", {"channel": 12, "gain": 2000})
        other = dict(data["feeders"][0], id="annex", meter=None)
        other["clamps"] = [{"channel": channel, "gain": 500} for channel in (4, 5, 6)]
        data["feeders"].append(other)
        self.assertEqual(errors_of(data), [])
        other["clamps"][1]["channel"] = 12
        said = "feeders[1].clamps[1].channel: 12 is wrong, expected a channel used only once"
        self.assertEqual(errors_of(data), [said])

    def test_a_feeder_may_have_fewer_phases(self):
        data = site("feeders.0.clamps.2", GONE)
        data["feeders"][0]["meter"] = None
        said = 'outlets[0].phases: ["L1", "L2", "L3"] is wrong, expected phases with a clamp'
        self.assertEqual(errors_of(data), [said])
        data["outlets"][0]["phases"] = ["L1"]
        self.assertEqual(errors_of(data), [])
        data["feeders"][0]["meter"] = "grid"
        said = "feeders[0].clamps: has 2, expected 3, as meter grid"
        self.assertEqual(errors_of(data), [said])
        data["meters"][0]["model"] = "sdm120"  # it sees L1 only
        data["outlets"][1]["phases"] = ["L1"]
        self.assertEqual(errors_of(data), [])
        data["feeders"][0]["meter"] = None
        data["outlets"][1]["phases"] = ["L2"]
        data["feeders"][0]["clamps"].pop()
        said = 'outlets[1].phases: ["L2"] is wrong, expected phases with a clamp'
        self.assertEqual(errors_of(data), [said])

    def test_names_used_twice(self):
        data = site()
        data["feeders"].append(dict(data["feeders"][0], clamps=None))
        data["meters"].append(dict(data["meters"][0], port="other"))
        self.assertEqual(
            errors_of(data),
            [
                'meters[1].id: "grid" is wrong, expected one used only once',
                'feeders[1].id: "main" is wrong, expected one used only once',
            ],
        )

    def test_two_meters_on_one_line(self):
        data = site()
        data["meters"].append(dict(data["meters"][0], id="second", address=2))
        self.assertEqual(errors_of(data), [])
        data["meters"].append(dict(data["meters"][0], id="third", baud=19200, parity="E"))
        self.assertEqual(
            errors_of(data),
            [
                "meters[2].baud: 19200 is wrong, expected 9600, as the first meter at port rs485",
                'meters[2].parity: "E" is wrong, expected N, as the first meter at port rs485',
                "meters[2].address: 1 is wrong, expected one used only once at its port",
            ],
        )
        data["meters"][2]["port"] = "other"
        self.assertEqual(errors_of(data), [])
        data["meters"][1]["model"] = "p1"
        self.assertEqual(
            errors_of(data),
            [
                'meters[1].port: "rs485" is wrong, expected a port of its own: p1, sml, iec-d, iec-c share none'
            ],
        )

    def test_a_meter_of_one_phase_sees_all_that_it_is_to_measure(self):
        data = site("meters.0.model", "sdm120")
        data["outlets"] = data["outlets"][:1]
        data["outlets"][0]["phases"] = ["L2"]
        wanted = 'outlets[0].phases: ["L2"] is wrong, expected ["L1"]: its feeder\'s meter'
        self.assertEqual(errors_of(data), [wanted + " sees no other"])
        data["outlets"][0]["phases"] = ["L1"]
        self.assertEqual(errors_of(data), [])
        data = site()
        data["outlets"] = [dict(data["outlets"][0], meter="left", phases=["L1", "L2", "L3"])]
        data["meters"].append({"id": "left", "port": "second", "model": "em112"})
        self.assertEqual(
            errors_of(data), ["outlets[0].phases: several, but meter left measures one"]
        )

    def test_all_errors_at_once(self):
        data = site("site.id", "")
        data["outlets"][0]["max_a"] = 100
        data["nonsense"] = 1
        with self.assertRaises(config.SiteError) as caught:
            config.check(data)
        self.assertEqual(len(caught.exception.errors), 3)
        self.assertEqual(str(caught.exception), "\n".join(caught.exception.errors))

    def test_too_many(self):
        data = site()
        data["outlets"] = data["outlets"] * 5
        self.assertEqual(len(errors_of(data)), 1)
        self.assertTrue(errors_of(data)[0].endswith("expected a list of 1...8"))

    def test_not_a_table_at_all(self):
        for data in (None, [], 5, "site", True):
            self.assertEqual(len(errors_of(data)), 1, data)


class TestLoad(unittest.TestCase):
    def test_no_such_file(self):
        with self.assertRaises(config.SiteError) as caught:
            config.load("/nowhere/site.json")
        text = str(caught.exception)
        self.assertTrue(text.startswith("/nowhere/site.json: cannot be read ("), text)

    def test_not_text(self):
        path = "not_text_%d.json" % id(self)  # both interpreters may run it at once
        with open(path, "wb") as file:
            file.write(b"\xff\xfe{}")
        try:
            with self.assertRaises(config.SiteError) as caught:
                config.load(path)
        finally:
            os.remove(path)
        self.assertTrue("is not UTF-8 text" in str(caught.exception), str(caught.exception))

    def test_a_text_that_breaks_off(self):
        """As an interrupted copy leaves it; MicroPython's own json takes some of these."""
        title = 'quote " bracket [{ backslash \\'
        text = json.dumps(site("site.title", title))
        path = "breaks_off_%d.json" % id(self)
        try:
            for end in range(1, len(text)):
                with open(path, "w") as file:
                    file.write(text[:end])
                with self.assertRaises(config.SiteError) as caught:
                    config.load(path)
                self.assertTrue(": is not JSON (" in str(caught.exception), text[:end])
            with open(path, "w") as file:
                file.write(text + "\n")
            self.assertEqual(config.load(path)["site"]["title"], title)
        finally:
            os.remove(path)

    def test_not_json(self):
        """This file is there, and Python."""
        with self.assertRaises(config.SiteError) as caught:
            config.load(config.__file__)
        self.assertTrue(": is not JSON" in str(caught.exception), str(caught.exception))


if __name__ == "__main__":
    unittest.main()
