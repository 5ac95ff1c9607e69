"""services.timekeeper against time servers that answer, lie, refuse, are silent; and a real one in
another process' stead: UDP on this PC. Times in ms.
"""

import json
import re
import socket
import struct
import threading
import time
from datetime import UTC
from time import ticks_ms

import pytest
from pilotlight.core.journal import Journal
from pilotlight.core.walltime import Clock
from pilotlight.drivers.udp import Datagrams
from pilotlight.services import timekeeper
from pilotlight.services.timekeeper import Timekeeper
from pilotlight.services.timesources import TimeSources
from pilotlight_host.sim.simulate import simulate
from sim_helpers import small

NOON_S = 1_795_000_000
NTP_S = 2_208_988_800


def reply(question, utc_ms, **other):
    """A server's answer, laid out by hand."""
    said = {"first": 0x24, "stratum": 2, "token": question[40:48]} | other
    seconds, rest = divmod(utc_ms, 1000)
    head = struct.pack(">BBbb", said["first"], said["stratum"], 6, -20)
    stamp = struct.pack(">II", (seconds + NTP_S) % (1 << 32), rest * (1 << 32) // 1000)
    return head + struct.pack(">II", 655, 655) + b"RATE" + bytes(8) + said["token"] + stamp + stamp


class Server:
    """A time server on the network of the test; `manner(question, utc_ms)` gives its answers."""

    name_servers = ()
    is_up = True

    def __init__(self, moved_clock, manner):
        self.moved, self.manner, self.asked, self.open = moved_clock, manner, 0, 0
        self.ahead_ms = 0
        self._coming = []

    def datagrams(self, address, port):
        assert (address, port) == ("10.0.0.1", 123)
        self.open += 1
        return self

    def send(self, data):
        self.asked += 1
        answers = self.manner(data, NOON_S * 1000 + self.moved.t_ms + self.ahead_ms)
        self._coming += [(self.moved.t_ms + 40, answer) for answer in answers]

    def receive(self, most):
        if self._coming and self._coming[0][0] <= self.moved.t_ms:
            return self._coming.pop(0)[1][:most]
        return None

    def close(self):
        self.open -= 1
        self._coming = []


class Bench:
    def __init__(self, moved_clock, manner):
        self.moved = moved_clock
        self.network = Server(moved_clock, manner)
        self.clock, self.journal = Clock(), Journal()
        times = TimeSources(self.clock, None, (), None, self.journal)
        self.keeper = Timekeeper(self, "10.0.0.1", times, self.journal)

    def run(self, seconds):
        for _ in range(seconds * 5):
            self.moved.t_ms += 200
            self.keeper.look(ticks_ms())
        return self.clock.utc_s(ticks_ms())

    def events(self):
        return [self.journal.text(n) for n in range(self.journal.count)]


def good(question, utc_ms):
    return [reply(question, utc_ms)]


def test_two_answers_set_the_clock(moved_clock):
    bench = Bench(moved_clock, good)
    assert bench.run(5) is None and bench.network.asked == 1
    assert bench.run(10) - NOON_S in (14, 15)  # right by some 100 ms
    assert bench.clock.source == "sntp" and bench.clock.within_ms() < 130
    bench.run(3600)
    assert bench.network.asked in (5, 6) and bench.network.open == 0
    assert bench.run(5) - NOON_S in (3619, 3620) and bench.clock.steps == 0


@pytest.mark.parametrize(
    ("manner", "text"),
    [
        (lambda *_: [], "clock: no answer from 10.0.0.1 (nothing within 2 s)"),
        (lambda q, t: [reply(q, t, token=b"87654321")], "nothing within 2 s"),
        (lambda q, t: [q, b"\xff" * 48, reply(q, t)[:47]], "nothing within 2 s"),
        (lambda q, t: [reply(q, t, stratum=0)], "clock: the time server refuses: RATE"),
        (lambda q, t: [reply(q, t, first=0xE4)], "clock: the time server does not know the time"),
    ],
    ids=["silent", "forged", "garbage", "kiss", "alarm"],
)
def test_what_is_no_time_sets_no_clock(moved_clock, manner, text):
    bench = Bench(moved_clock, manner)
    assert bench.run(600) is None
    assert len(bench.events()) == 1 and text in bench.events()[0]
    assert 8 <= bench.network.asked <= 12 and bench.network.open <= 1


def test_one_that_tells_another_time_each_time_is_not_believed(moved_clock):
    bench = Bench(moved_clock, good)

    def wild(question, utc_ms):
        bench.network.ahead_ms += 5000
        return [reply(question, utc_ms)]

    bench.network.manner = wild
    assert bench.run(600) is None


def test_an_hour_off_must_be_said_twice(moved_clock):
    bench = Bench(moved_clock, good)
    bench.run(20)
    bench.network.ahead_ms = 3_600_000
    bench.run(1016)
    assert bench.clock.steps == 0 and abs(bench.clock.utc_s(ticks_ms()) - NOON_S - 1036) <= 1
    bench.run(20)
    assert bench.clock.steps == 1 and abs(bench.clock.utc_s(ticks_ms()) - NOON_S - 4656) <= 1
    assert "clock: stepped by 3600 s, as sntp says" in bench.events()


def test_one_lie_in_between_moves_nothing(moved_clock):
    bench = Bench(moved_clock, good)
    bench.run(20)
    bench.network.ahead_ms = 7_200_000
    bench.run(1016)
    bench.network.ahead_ms = 0
    bench.run(3000)
    assert bench.clock.steps == 0 and abs(bench.clock.utc_s(ticks_ms()) - NOON_S - 4036) <= 1


TOPIC = "pilotlight/home/outlet/1/set/limit"


def test_in_a_whole_site_events_tell_the_time():
    """Broker and time server by their names."""

    def named(raw):
        raw["site"]["mqtt"]["host"] = "broker.example"
        raw["site"]["clock"] = {"server": "time.example"}

    def start(run):
        say = run.broker.publish
        run.plant._agenda.at(50_000, lambda: say("pilotlight/home/outlet/1/set/pause", b""))

    scenario = small(change=named)
    outcome = simulate(scenario, on_start=start)
    start_s = int(scenario.start.replace(tzinfo=UTC).timestamp())
    found = json.loads(outcome.broker.retained["pilotlight/home/site"])["time"]
    assert found["source"] == "sntp" and 10 < found["utc_s"] - start_s <= 90
    assert found["utc"].startswith(scenario.start.strftime("%Y-%m-%dT%H:"))
    events = [json.loads(m[2]) for m in outcome.broker.messages if m[1].endswith("/event")]
    assert events[0]["utc_s"] is None
    known = [event for event in events if event["utc_s"] is not None]
    assert known and all(0 <= event["utc_s"] - start_s <= 90 for event in known)


def limits_told(scenario, ages_s):
    """What came of limits of 10, 9, ... A, from 50 s on every 2 s, said to be so many s old."""
    start_s = int(scenario.start.replace(tzinfo=UTC).timestamp())

    def start(run):
        for n, age_s in enumerate(ages_s):
            told = json.dumps({"limit_a": 10 - n, "utc_s": start_s + 50 + 2 * n - age_s}).encode()
            say = lambda told=told: run.broker.publish(TOPIC, told)  # noqa: E731
            run.plant._agenda.at(50_000 + 2000 * n, say)

    outcome = simulate(scenario, on_start=start)
    assert outcome.is_good
    return [json.loads(m[2]) for m in outcome.broker.messages if m[1].endswith("/answer")]


def test_a_stale_command_is_refused():
    """It may have lain somewhere for long; one from the future was told by another clock."""
    told = limits_told(small(change=timed), [0, 50, 3600, -3600, 0])
    assert [answer["ok"] for answer in told] == [True, True, False, False, True]
    age = re.fullmatch(
        r"outlet/1/set/limit: was sent (\d+) s ago, expected within 60 s of now", told[2]["error"]
    )
    assert age is not None and abs(int(age[1]) - 3600) <= 2
    assert told[2]["limit_a"] == told[3]["limit_a"] == 9.0 and told[4]["limit_a"] == 6.0


def test_where_nobody_knows_the_time_no_age_is_judged():
    [told] = limits_told(small(), [0])
    assert told["error"].endswith("utc_s cannot be judged, the time is not known here")


def timed(raw):
    raw["site"]["clock"] = {"server": "time.example"}


def test_without_a_network_there_is_no_time_and_that_is_all():
    def named(raw):
        raw["site"]["clock"] = {"server": "time.example"}
        raw["event"] = [*raw.get("event", []), {"kind": "network-gone", "at": "0s"}]

    outcome = simulate(small(change=named))
    assert outcome.is_good and outcome.app.clock.source is None
    assert outcome.report["contactor_cycles"] == {"1": 1}


def test_over_real_datagrams(monkeypatch):
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 0))
    port = server.getsockname()[1]

    def serve():
        while True:
            question, peer = server.recvfrom(100)
            if question == b"end":
                return
            server.sendto(reply(question, int(time.time() * 1000)), peer)

    thread = threading.Thread(target=serve)
    thread.start()
    monkeypatch.setattr(timekeeper, "_TWIN_MS", 300)

    class Network:
        is_up = True
        name_servers = ()

        def datagrams(self, address, _):
            return Datagrams(address, port)

    class Board:
        network = Network()

    clock = Clock()
    times = TimeSources(clock, None, (), None, Journal())
    keeper = Timekeeper(Board(), "127.0.0.1", times, Journal())
    end = time.monotonic() + 10
    while clock.source is None and time.monotonic() < end:
        keeper.look(ticks_ms())
        time.sleep(0.02)
    found_s = clock.utc_s(ticks_ms())
    server.sendto(b"end", ("127.0.0.1", port))
    thread.join()
    server.close()
    assert found_s is not None and abs(found_s - time.time()) <= 1
