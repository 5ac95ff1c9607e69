"""services.commission and services.findings: the whole task over a real balancer, on both
interpreters, and what it says. A beat of it is 100 ms of the site. mA, ms.
"""

import asyncio
import unittest

from pilotlight.core import claims, commission, faults, trust
from pilotlight.core.journal import Journal
from pilotlight.services import findings
from pilotlight.services.commission import Commission, answer
from test_doubt import ALL, Site

SITE_FILE = {
    "feeders": [
        {
            "id": "main",
            "feeder": None,
            "clamps": [{"channel": 1}, {"channel": 2}, {"channel": 3}],
            "meter": "grid",
        }
    ],
    "outlets": [{"feeder": "main", "phases": ["L1", "L2", "L3"]}],
}


class Nothing:
    """An outlet without a fault."""

    fault = faults.NO_FAULT


class Unit:
    """As services.control has them, as far as that goes."""

    def __init__(self, number, place):
        self.number = number
        self.place = place
        self.outlet = Nothing()
        self.claims = claims.Claims(("supply",), ("person", "commission"))
        self.claims.reason = "what binds it"


class Bench(Site):
    """A feeder with clamps and a meter, and a car of one phase on L2 that follows. Board, control
    and pace of the task in one.
    """

    def __init__(self, kinds=("clamps", "meter"), uses=(1,), phases=ALL):
        Site.__init__(self, kinds, (phases,))
        self.uses = uses
        self.follows = True
        self.own = False
        for source in self.sources:
            if source.name == "meter":
                source.name = "meter grid"
        self.true_ma = [3000, 2000, 1000]
        self.drawn_ma = 0
        self.feeders = (self.feeder,)
        self.units = [Unit(1, self.places[0])]
        self.journal = Journal()
        self.beats = 0
        self.highest_ma = [0, 0, 0]
        self.at = {}  # what happens at a beat

    def pace(self, period_ms):
        return self

    async def next(self, sleeper):
        await asyncio.sleep(0)
        self.beats += 1
        self.at.get(self.beats, lambda: None)()
        self.pass_by()

    def pass_by(self):
        place, said = self.places[0], self.units[0].claims
        place.allowed_ma = said.others_ma("supply")
        place.signalled_ma = place.offered_ma if place.is_closed else 0
        said.of("supply").put(place.offered_ma, None, "supply")
        draws_ma = place.signalled_ma if self.follows or not self.drawn_ma else self.drawn_ma
        if not place.is_closed:
            draws_ma = 0
        for p in self.uses:
            self.true_ma[p] += draws_ma - self.drawn_ma
            self.highest_ma[p] = max(self.highest_ma[p], self.true_ma[p])
        self.drawn_ma = draws_ma
        if self.own:
            place.metered_ma = draws_ma
        self.prepare()

    def _offer(self, source, see):
        if source.name == "clamps":
            Site._offer(self, source, self.clamps_see)
        else:
            Site._offer(self, source, self.meter_sees)

    def charge_first(self):
        """A car charges at the least."""
        place = self.places[0]
        self.units[0].claims.of("person").put(16000, None, "limited by the person")
        place.is_plugged = place.is_asking = place.is_ready = place.is_closed = True
        for _ in range(100):
            self.pass_by()
        return self

    def commission(self, site_file=SITE_FILE):
        """Lines of the result."""
        job = Commission(self, self, site_file, self.journal, self.units)

        asyncio.run(job.run())
        return job.told().split("\n")


def with_phases(*phases, **feeder):
    """The site file, with these phases of the outlet."""
    table = dict(SITE_FILE["feeders"][0])
    table.update(feeder)
    return {"feeders": [table], "outlets": [{"feeder": "main", "phases": list(phases)}]}


class TestTask(unittest.TestCase):
    def test_all_is_as_the_file_says(self):
        bench = Bench().charge_first()
        told = bench.commission(with_phases("L2", "L3", "L1"))
        self.assertEqual(
            told,
            [
                "outlet 1: 3 pulses; main clamps: L2; main meter grid: L2",
                "  its first terminal is on L2; the others: by the turning field",
                "main: clamps and meter agree, their order at L1, L2, L3",
            ],
        )
        self.assertFalse(bench.units[0].claims.of("commission").is_set)
        self.assertTrue("over" in bench.journal.text(bench.journal.count - 1))

    def test_what_it_says(self):
        swapped = lambda ma: [ma[1], ma[0], ma[2]]  # noqa: E731
        rows = (
            # phases in the file, what the car uses, what clamps show, some lines
            (("L1", "L2", "L3"), (1,), list, ('  tune("outlets[0].phases", ["L2", "L3", "L1"])',)),
            (("L1", "L2", "L3"), (0, 2), list, (
                '  tune("outlets[0].phases", ["L3", "L1", "L2"])',
                "  its third terminal is on L2; the others: by the turning field",
            )),
            (("L2",), ALL, list, (
                '  tune("outlets[0].phases", ["L2", "L3", "L1"])',
                "  the order of its terminals shows only with a car of one phase",
            )),
            (("L2",), (2,), list, ('  tune("outlets[0].phases", ["L3"])',)),
            (("L2", "L3", "L1"), (1,), swapped, (
                "main: at the wires of L1, L2, L3 are the clamps of L2, L1, L3",
                '  tune("feeders[0].clamps", [{"channel": 2}, {"channel": 1}, {"channel": 3}])',
            )),
            (("L2", "L3", "L1"), (1,), lambda ma: [ma[0], 0, ma[2]], (
                "main: clamps and meter do not fit in any order",
            )),
        )  # fmt: skip
        for phases, uses, see, lines in rows:
            places = [int(phase[1]) - 1 for phase in phases]
            bench = Bench(uses=uses, phases=places)
            bench.clamps_see = see
            told = bench.charge_first().commission(with_phases(*phases))
            for line in lines:
                self.assertTrue(line in told, (line, told))

    def test_an_even_house_hides_an_exchange(self):
        """Of two phases on which nothing differs."""
        bench = Bench()
        bench.true_ma = [1000, 1000, 1000]
        told = bench.charge_first().commission(with_phases("L2", "L3", "L1"))
        uneven = "an uneven load or a car of one phase shows"
        text = "main: clamps and meter agree, their order at L2; if in their order, " + uneven
        self.assertEqual(told[-1], text)
        bench = Bench()
        bench.true_ma = [1000, 1000, 1000]
        bench.clamps_see = lambda ma: [ma[1], ma[0], ma[2]]
        told = bench.charge_first().commission(with_phases("L2", "L3", "L1"))
        self.assertEqual(told[-1], "main: clamps are exchanged; which, " + uneven)

    def test_an_uneven_house_shows_an_exchange_to_a_car_of_three_phases(self):
        """By what flows alone: wrong gains can look the same, and that is said."""
        bench = Bench(uses=ALL)
        bench.clamps_see = lambda ma: [ma[1], ma[0], ma[2]]
        told = bench.charge_first().commission()
        text = "main: at the wires of L1, L2, L3 are the clamps of L2, L1, L3"
        self.assertEqual(told[2], text + ", if their gains are right")

    def test_directions(self):
        """By a reference beside the clamps, and by the power of a meter."""
        rows = (
            (0, (100, -100, 100), "main clamps, L2: turned round: put it round the other way, there is no setting for that"),
            (0, (-50, -50, 100), "main clamps, L1, L2: at another phase, by the voltage reference"),
            (0, (-50, -50, 100), '  tune("feeders[0].clamps", [{"channel": 2}, {"channel": 1}, {"channel": 3}])'),
            (1, (100, 100, -100), "main meter grid, L3: turned round: put it round the other way, there is no setting for that"),
        )  # fmt: skip
        for which, percent, line in rows:
            bench = Bench(("clamps",) if which == 0 else ("clamps", "meter"), ALL)
            told = bench.sources[which].power
            if which == 0:
                told["voltage_mv"] = 230000

            def see(ma, told=told, percent=percent):
                told["power_w"] = [a * b // 100 * 230 // 1000 for a, b in zip(ma, percent)]
                return ma

            if which == 0:
                bench.clamps_see = see
            else:
                bench.meter_sees = see
            meter = None if which == 0 else "grid"
            said = bench.charge_first().commission(with_phases("L1", "L2", "L3", meter=meter))
            self.assertTrue(line in said, (line, said))

    def test_a_car_that_does_not_follow(self):
        for own, follows, line in (
            (
                False,
                False,
                "  cannot tell: the car does not follow its pilot, or no sensor sees it",
            ),
            (True, False, "  the car does not follow its pilot: its own meter says so"),
            (True, True, "  its own meter sees the car, no sensor of a feeder does"),
        ):
            bench = Bench(("clamps",))
            bench.own, bench.follows = own, follows
            if follows:
                bench.clamps_see = lambda ma: [3000, 2000 + ma[1] % 30, 1000]
            told = bench.charge_first().commission(with_phases("L1", "L2", "L3", meter=None))
            self.assertEqual(told[1:], [line])

    def test_a_car_that_leaves(self):
        bench = Bench().charge_first()

        def leave():
            place = bench.places[0]
            place.is_plugged = place.is_asking = place.is_ready = place.is_closed = False

        bench.at[300] = leave
        self.assertEqual(bench.commission(), ["outlet 1: no car is plugged in"])

    def test_a_car_that_does_not_ask(self):
        bench = Bench()
        bench.places[0].is_plugged = True
        self.assertEqual(bench.commission(), ["outlet 1: what binds it"])
        self.assertTrue(600 <= bench.beats <= 610, bench.beats)

    def test_never_above_what_others_permit(self):
        bench = Bench()
        bench.true_ma[1] = 22500
        told = bench.charge_first().commission(with_phases("L2", "L3", "L1"))
        self.assertTrue(told[0].startswith("outlet 1: 3 pulses; main clamps: L2"), told)
        self.assertTrue(max(bench.highest_ma) <= 35000 * 99 // 100, bench.highest_ma)
        bench = Bench().charge_first()
        bench.at[5] = lambda: bench.units[0].claims.of("person").put(8000, None, "limited")
        self.assertEqual(bench.commission(), ["outlet 1: no room for a pulse: what binds it"])

    def test_a_sensor_that_falls_silent_and_comes_back(self):
        bench = Bench().charge_first()

        def mute(is_muted):
            bench.sources[1].is_muted = is_muted

        bench.at[250] = lambda: mute(True)
        bench.at[700] = lambda: mute(False)
        told = bench.commission(with_phases("L2", "L3", "L1"))
        self.assertTrue(told[0].endswith("pulses; main clamps: L2; main meter grid: L2"), told)
        self.assertTrue(int(told[0].split(" ")[2]) > 3, told)

    def test_its_claim_ends_by_itself(self):
        """It has put it and is never heard of again."""
        bench = Bench().charge_first()

        def die():
            raise KeyboardInterrupt

        bench.at[20] = die
        job = Commission(bench, bench, SITE_FILE, bench.journal, bench.units)
        with self.assertRaises(KeyboardInterrupt):
            asyncio.run(job.run())
        claim = bench.units[0].claims.of("commission")
        self.assertEqual((claim.is_set, claim.limit_ma), (True, 6000))
        claim.expire(claim.until_ms)
        self.assertFalse(claim.is_set)

    def test_what_is_typed(self):
        bench = Bench().charge_first()
        parts = (bench, bench, SITE_FILE, bench.journal, bench.units)
        said = []

        async def typed():
            job, text = answer(None, None, True, parts)
            self.assertIsNone(job)
            said.append(text)
            for outlet, stop in ((None, False), (None, False), (1, True), (None, False)):
                job, text = answer(job, outlet, stop, parts)
                said.append(text.split(" ")[0])
            job, text = answer(job, 1, False, parts)
            for _ in range(50):
                await asyncio.sleep(0)
            with self.assertRaises(ValueError):
                answer(job, 1, False, parts)
            said.append(answer(job, None, False, parts)[1].split(";")[0])
            job, text = answer(job, None, True, parts)
            job, text = answer(job, None, True, parts)
            self.assertIsNone(job)
            said.append(text)

        asyncio.run(typed())
        self.assertEqual(
            said,
            [
                "there is nothing to end",
                "takes",
                "begins",
                "stopped",
                "stopped",
                "outlet 1: 0 pulses so far, 3 to 12 are needed",
                "forgotten",
            ],
        )


def site_of(*phases):
    """A meter at the supply, clamps at two cables behind it, an outlet at the first one."""
    behind = {"feeder": "main", "clamps": [{"channel": 1}, {"channel": 2}, {"channel": 3}]}
    behind["meter"] = None
    barn, yard = dict(behind), dict(behind)
    barn["id"], yard["id"] = "barn", "yard"
    main = {"id": "main", "feeder": None, "clamps": None, "meter": "grid"}
    outlet = {"feeder": "barn", "phases": list(phases)}
    return {"feeders": [main, barn, yard], "outlets": [outlet]}


class TestWords(unittest.TestCase):
    """What is said of a tree, by what each sensor has seen: "x" moves, "-" does not, "?"."""

    COUNTS = {"x": (0, 3), "-": (3, 0), "?": (1, 1)}

    def told(self, main, barn, yard, ended="", way=None, phases=("L1", "L2", "L3")):
        names = ("meter grid", "clamps", "clamps")
        eyes = [commission.Eye(f, trust.Source(names[f], 100)) for f in range(3)]
        found = commission.Found(Unit(1, None), eyes)
        found.pulses, found.ended = 3, ended
        found.moves = [[list(self.COUNTS[c]) for c in text] for text in (main, barn, yard)]
        if way is not None:
            for p in range(3):
                eyes[1].ways[p][way] = 3
        orders = [(commission.Orders(), commission.Orders()) for _ in eyes]
        told = []
        for some in findings.lines([found], orders, site_of(*phases)):
            told += some
        return told[1:]

    def test_a_tree(self):
        only = "  the order of its terminals shows only with a car of one phase"
        quieter = "; again when the house is quieter"
        first = "  its first terminal is on L1; the others: by the turning field"
        rows = (
            (("xxx", "xxx", "---"), [only]),
            (("xxx", "---", "---"), ["  nothing moves at barn: it is not behind it, or the sensors are not", only]),
            (("xxx", "xxx", "xxx"), ["  no one feeder fits that: look where the sensors are", only]),
            (("xxx", "???", "???"), [only]),
            (("???", "---", "---"), ["  cannot tell" + quieter]),
            (("???", "---", "---", "no car is plugged in"), ["  cannot tell", "outlet 1: no car is plugged in"]),
            (("x??", "x??", "---"), ["  its phases are not clear" + quieter]),
            (("x??", "x--", "---"), [first]),
            (("x--", "-x-", "---"), ["  barn clamps: other phases than main meter grid", first]),
            (("---", "x--", "---"), ["  no one feeder fits that: look where the sensors are", first]),
        )  # fmt: skip
        for row, lines in rows:
            self.assertEqual(self.told(*row), lines, row)

    def test_a_voltage_reference_knows_who_is_wrong(self):
        """Clamps that stand right: it is the outlet; at another phase: nothing is said of it."""
        tune = '  tune("outlets[0].phases", ["L2"])'
        nobody = "  or clamps are exchanged: without a meter nobody can tell"
        for way, lines in ((None, [tune, nobody]), (commission.STRAIGHT, [tune])):
            told = self.told("???", "-x-", "---", way=way, phases=("L1",))
            self.assertEqual(told[: len(lines)], lines)
            self.assertEqual(nobody in told, nobody in lines)
        told = self.told("???", "-x-", "---", way=commission.ACROSS, phases=("L1",))
        self.assertEqual(told[0], "  its terminals show when the clamps are right")
        self.assertFalse([line for line in told if "outlets" in line])


if __name__ == "__main__":
    unittest.main()
