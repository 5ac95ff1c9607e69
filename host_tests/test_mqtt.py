"""The MQTT service against the broker in memory: every packet, both interfaces of umqtt, hostile
networks.
"""

import json
import time

import pytest
from pilotlight.core.journal import Journal
from pilotlight.services import mqttport
from pilotlight.services.link import DOWN, OPENING, UP, Link
from pilotlight_host.sim.simbroker import SimBroker
from umqtt import simple as release
from umqtt_later import later


class Network:
    """The network port in front of the broker in memory, with a line that may be slow or cut."""

    def __init__(self, broker):
        self.broker = broker
        self.is_up = True
        self.bytes_a_step = None
        self.stream = None

    def connect(self, address, port):
        assert (address, port) == ("10.0.0.1", 1883)
        self.stream = Slow(self.broker.connect(), self)
        return self.stream


class Slow:
    """A stream that gives and takes at most so many bytes a call."""

    def __init__(self, stream, network):
        self._stream = stream
        self._network = network

    def readinto(self, buffer):
        most = self._network.bytes_a_step
        return self._stream.readinto(buffer if most is None else memoryview(buffer)[:most])

    def write(self, data):
        most = self._network.bytes_a_step
        return self._stream.write(data if most is None else data[:most])

    def close(self):
        self._stream.close()


@pytest.fixture(params=["release", "later"])
def bench(request, moved_clock, umqtt, monkeypatch):
    """Clock, broker, network, link and codec, with either interface of umqtt.simple."""
    module = release if request.param == "release" else later(umqtt)
    monkeypatch.setattr(mqttport, "simple", module)
    return Bench(moved_clock)


class Bench:
    """A link with its codec, stepped by hand."""

    def __init__(self, clock):
        self.clock = clock
        self.broker = SimBroker(lambda: clock.t_ms)
        self.network = Network(self.broker)
        self.heard = []
        self.packets = []
        self.ups = 0
        self.packet_ms = 0  # how long each takes
        self.codec = mqttport.Codec(b"pilotlight-home", "", "", 60, self._on_message)
        self.link = Link(self.network, "10.0.0.1", 1883, 60, self.codec)

    def _on_message(self, topic, payload):
        self.heard.append((bytes(topic), bytes(payload)))

    def _on_up(self):
        self.ups += 1

    def _on_packet(self, kind, packet):
        self.packets.append(packet)
        self.clock.t_ms += self.packet_ms
        if kind == 0x30:
            self.codec.accept(packet)

    def run(self, ms, step_ms=50):
        """Step the link for so long."""
        for _ in range(ms // step_ms):
            self.clock.t_ms += step_ms
            self.link.step(b"pilotlight/home/status", b"offline", self._on_up, self._on_packet)


def test_connects_with_clean_session_and_retained_will(bench):
    bench.run(200)
    assert bench.link.state == UP and bench.ups == 1
    said = bench.broker.connections[0].connect
    assert said.client == "pilotlight-home" and said.keepalive_s == 60 and said.clean
    assert bench.broker.connections[0].will.topic == "pilotlight/home/status"
    assert bench.broker.connections[0].will.payload == b"offline"
    assert bench.broker.connections[0].will.retain
    assert not bench.broker.complaints


def test_publishes_and_gets_each_puback(bench):
    bench.run(200)
    pids = []
    for number in range(5):
        pids.append(bench.codec.publish_surely(b"t/e", b"%d" % number, False))
    bench.codec.publish(b"t/s", b"state", True)
    bench.run(200)
    assert [payload for _, topic, payload, _ in bench.broker.messages if topic == "t/e"] == [
        b"0",
        b"1",
        b"2",
        b"3",
        b"4",
    ]
    assert bench.broker.retained["t/s"] == b"state"
    acknowledged = [p[2] << 8 | p[3] for p in bench.packets if p[0] == 0x40]
    assert acknowledged == pids


def test_packet_ids_wrap_without_zero(bench):
    """The client's own counter runs past 65535 into an illegal 0."""
    bench.run(200)
    bench.codec._client.pid = 65533
    pids = [bench.codec.publish_surely(b"t/e", b"x", False) for _ in range(4)]
    assert pids == [65534, 65535, 1, 2]
    bench.run(200)
    assert [p[2] << 8 | p[3] for p in bench.packets if p[0] == 0x40] == pids
    assert not bench.broker.complaints


def test_receives_what_it_subscribed_to(bench):
    bench.run(200)
    bench.codec.subscribe(b"pilotlight/home/outlet/+/set/+")
    bench.run(200)
    bench.broker.publish("pilotlight/home/outlet/1/set/limit", b"10", qos=1)
    bench.run(200)
    assert bench.heard == [(b"pilotlight/home/outlet/1/set/limit", b"10")]
    assert not bench.broker.complaints  # our PUBACK was right


def test_what_comes_at_once_and_takes_long_is_taken_in_turns(bench):
    """4 ms each: two in a step, and the rest in the following ones, none lost."""
    bench.run(200)
    bench.codec.subscribe(b"a/+")
    bench.run(200)
    bench.packets.clear()
    bench.packet_ms = 4
    for number in range(7):
        bench.broker.publish("a/b", b"%d" % number)
    counts = []
    for _ in range(5):
        bench.run(50)
        counts.append(len(bench.packets))
    assert counts == [2, 4, 6, 7, 7]
    assert [payload for _, payload in bench.heard] == [b"%d" % number for number in range(7)]


def test_one_byte_at_a_time_changes_nothing(bench):
    bench.network.bytes_a_step = 1
    bench.run(20000, 5)
    assert bench.link.state == UP
    bench.codec.subscribe(b"a/+")
    bench.run(2000, 5)
    bench.broker.publish("a/b", b"hello", qos=1)
    bench.run(2000, 5)
    assert bench.heard == [(b"a/b", b"hello")] and not bench.broker.complaints


def test_no_answer_to_connect_is_given_up_after_10_s_and_tried_again(bench):
    bench.broker.frozen = True
    bench.run(9000)
    assert bench.link.state == OPENING
    bench.run(1500)
    assert bench.link.state == DOWN and "10 s" in bench.link.trouble
    bench.broker.frozen = False
    bench.run(3000)
    assert bench.link.state == UP


def test_a_frozen_broker_is_noticed_and_left(bench):
    """State with QoS 0 is never answered: only pings tell a dead broker from a silent one."""
    bench.run(200)
    bench.broker.frozen = True
    for _ in range(100):
        bench.codec.publish(b"t/s", b"x", True)
        bench.run(1000)
    assert bench.link.state != UP
    assert bench.link.drops >= 1


def test_a_healthy_link_is_never_dropped(bench):
    bench.run(200)
    bench.run(3600 * 1000, 1000)
    assert bench.link.drops == 0 and bench.ups == 1 and not bench.broker.complaints


def test_a_killed_broker_is_found_again(bench):
    bench.run(200)
    bench.broker.up = False
    bench.run(5000)
    assert bench.link.state == DOWN
    bench.broker.up = True
    bench.run(10000)
    assert bench.link.state == UP and bench.ups == 2


def test_a_street_does_not_return_at_once():
    """Boards whose broker comes back at one instant: by their names they are spread."""
    firsts = set()
    for number in range(40):
        codec = mqttport.Codec(b"pilotlight-house%d" % number, "", "", 60, None)
        link = Link(None, "10.0.0.1", 1883, 60, codec)
        for _ in range(6):
            link.drop(0, "gone")
        firsts.add(link._retry_ms)
    assert len(firsts) > 15 and max(firsts) - min(firsts) > 4000
    assert min(firsts) >= 30_000 and max(firsts) <= 37_500


def test_back_off_grows_to_30_s(bench):
    bench.broker.up = False
    tries = []
    for _ in range(2000):
        before = bench.link._tries
        bench.run(50)
        if bench.link._tries != before:
            tries.append(bench.clock.t_ms)
    gaps = [b - a for a, b in zip(tries, tries[1:], strict=False)]
    for gap, least in zip(gaps, (1000, 2000, 4000, 8000, 16000, 30000, 30000), strict=False):
        assert least <= gap <= least * 5 // 4 + 50
    assert max(gaps) <= 37_550 and len(set(gaps[-3:])) > 1


@pytest.mark.parametrize(
    ("junk", "trouble"),
    [
        (b"\x20\x02\x00\x05", "code 5"),
        (b"SSH-2.0-x" + b"\0" * 100, "CONNACK"),
        (b"\x20\xff\xff\xff\xff\x01", "length"),
        (b"\x30\xff\x7f" + b"x" * 40, "1024"),
    ],
)
def test_what_is_no_mqtt_drops_the_link_with_a_name(bench, junk, trouble):
    bench.network.connect = lambda address, port: Junk(junk)
    bench.run(100)
    assert bench.link.state == DOWN and trouble in bench.link.trouble


class Junk:
    """A server that says one thing and nothing more."""

    def __init__(self, said):
        self._said = said

    def readinto(self, buffer):
        count = min(len(buffer), len(self._said))
        buffer[:count] = self._said[:count]
        self._said = self._said[count:]
        return count or None

    def write(self, data):
        return len(data)

    def close(self):
        """Nothing to close."""


@pytest.mark.parametrize("packet", [b"\x30\x01\x00", b"\x30\x05\x00\x09abc", b"\x32\x03\x00\x01a"])
def test_malformed_publish_drops_the_link(bench, packet):
    bench.run(200)
    bench.broker.connections[0].to_client += packet
    bench.run(100)
    assert bench.link.state == DOWN


def test_an_http_server_that_closes_is_named(bench):
    bench.run(200)
    bench.broker.connections[0].ended = True
    bench.run(100)
    assert bench.link.state == DOWN and "closed" in bench.link.trouble


def test_subscribe_refuses_a_filter_that_old_releases_garble(bench):
    with pytest.raises(ValueError, match="122"):
        bench.codec.subscribe(b"x" * 123)


def test_journal_keeps_events_in_order():
    journal = Journal()
    for number in range(70):
        journal.note(time.ticks_ms(), json.dumps(number))
    assert journal.oldest() == 6 and journal.text(6) == "6" and journal.text(69) == "69"
    with pytest.raises(IndexError):
        journal.text(5)
