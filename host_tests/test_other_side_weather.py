"""The broker in memory in bad weather, and against amqtt's client over TCP."""

import asyncio
import errno

import pytest
from amqtt.client import MQTTClient
from amqtt.mqtt.constants import QOS_0, QOS_1
from other_side import CONNACK, Hand, connect_packet, join, read, will_packet
from pilotlight_host.sim import mqttpacket as mqtt
from pilotlight_host.sim.brokerlink import SOCKET_BYTES
from pilotlight_host.sim.simbroker import SimBroker


@pytest.fixture
def clock():
    return Hand()


@pytest.fixture
def broker(clock):
    return SimBroker(clock)


def test_down_breaks_refuses_and_forgets(broker):
    stream = join(broker, will_packet())
    broker.publish("a", b"1", retain=True)
    broker.up = False
    assert read(stream) == b""
    with pytest.raises(OSError) as caught:
        broker.connect()
    assert caught.value.errno == errno.ECONNREFUSED
    with pytest.raises(OSError):
        broker.publish("a", b"2")
    broker.up = True
    assert broker.retained == {}
    assert broker.messages == [(1000, "a", b"1", True)]
    join(broker)


def test_frozen_takes_bytes_and_answers_after_the_thaw(broker, clock):
    before = join(broker, will_packet(keepalive_s=10))
    broker.frozen = True
    late = broker.connect()
    assert late.write(connect_packet(b"late")) == len(connect_packet(b"late"))
    before.write(b"\xc0\x00")
    broker.publish("x", b"1", retain=True)
    clock.now += 60000
    broker.poll()
    assert (read(before), read(late), broker.retained) == (None, None, {})
    broker.frozen = False
    assert (read(before), read(late)) == (b"\xd0\x00", CONNACK)
    assert broker.messages == [(61000, "x", b"1", True)]


def test_frozen_takes_no_more_than_the_sockets_hold(broker):
    stream = join(broker)
    broker.frozen = True
    taken = 0
    while (count := stream.write(bytes(1000))) is not None:
        taken += count
    assert taken == SOCKET_BYTES


def test_a_client_that_was_silent_through_the_freeze_is_dropped_at_the_thaw(broker, clock):
    join(broker, will_packet(keepalive_s=10))
    broker.frozen = True
    clock.now = 100000
    broker.frozen = False
    assert [m[1] for m in broker.messages] == ["status"]


def test_a_client_that_hung_up_in_the_freeze_gets_its_will_at_the_thaw(broker, clock):
    stream = join(broker, will_packet())
    broker.frozen = True
    stream.close()
    assert broker.messages == []
    clock.now = 7000
    broker.frozen = False
    assert broker.messages == [(7000, "status", b"gone", True)]


def test_a_cut_cable_is_found_by_the_keepalive(broker, clock):
    stream = join(broker, will_packet(keepalive_s=10))
    broker.reachable = False
    assert stream.write(b"\xc0\x00") == 2
    assert read(stream) is None
    clock.now = 20000
    broker.poll()
    assert broker.messages == [(16000, "status", b"gone", True)]
    broker.reachable = True
    assert read(stream) == b""


def test_a_short_cut_loses_nothing(broker, clock):
    stream = join(broker)
    stream.write(mqtt.encode_subscribe(1, ["t"], 0))
    read(stream)
    broker.reachable = False
    stream.write(b"\xc0\x00")
    broker.publish("t", b"x")
    clock.now = 5000
    assert read(stream) is None
    broker.reachable = True
    assert read(stream) == bytes.fromhex("3004000174 78 d000")


def test_a_connection_through_a_cut_cable_never_stands_until_it_is_mended(broker):
    broker.reachable = False
    stream = broker.connect()
    assert (read(stream), stream.write(connect_packet())) == (None, None)
    broker.reachable = True
    assert stream.write(connect_packet()) == len(connect_packet())
    assert read(stream) == CONNACK


def test_a_connection_through_a_cut_cable_to_a_dead_broker_is_refused(broker):
    broker.reachable = False
    stream = broker.connect()
    broker.up = False
    broker.reachable = True
    with pytest.raises(OSError) as caught:
        read(stream)
    assert caught.value.errno == errno.ECONNREFUSED


# ---- an independent client over TCP


async def bridge(broker, wires, reader, writer):
    """Carry the bytes of one TCP connection to and from a stream of the broker."""
    stream, buf = broker.connect(), bytearray(512)
    wires.append(writer.transport)
    pending = b""
    try:
        while True:
            try:
                pending += await asyncio.wait_for(reader.read(512), 0.002)
                if reader.at_eof() and not pending:
                    return
            except asyncio.TimeoutError:
                pass
            if pending:
                pending = pending[stream.write(pending) or 0 :]
            while (count := stream.readinto(buf)) is not None:
                if count == 0:
                    return
                writer.write(bytes(buf[:count]))
    except OSError:
        pass
    finally:
        stream.close()
        writer.close()


def with_tcp(broker, talk):
    """Run `talk(url, wires)` against the broker on a real socket; `wires`: its TCP transports."""

    async def run():
        wires = []
        server = await asyncio.start_server(
            lambda r, w: bridge(broker, wires, r, w), "127.0.0.1", 0
        )
        port = server.sockets[0].getsockname()[1]
        try:
            await asyncio.wait_for(talk(f"mqtt://127.0.0.1:{port}/", wires), 20)
        finally:
            server.close()

    asyncio.run(run())


def client(name, **config):
    return MQTTClient(name, config={"auto_reconnect": False, **config})


def test_amqtts_client_is_served(broker):
    broker.publish("site/status", b"old", retain=True)

    async def talk(url, wires):
        one, two = client("one"), client("two")
        await one.connect(url)
        await two.connect(url)
        assert list(await one.subscribe([("site/#", QOS_1), ("+/x", QOS_0)])) == [1, 0]
        first = await one.deliver_message(5)
        assert (first.topic, bytes(first.data), first.retain) == ("site/status", b"old", True)
        await two.publish("site/a", b"zero", qos=QOS_0)
        await two.publish("site/b", b"one", qos=QOS_1, retain=True)
        await two.publish("else/x", b"plus", qos=QOS_1)
        await two.publish("else/y", b"unheard", qos=QOS_1)
        await two.publish("site/c", bytes(300), qos=QOS_1)
        heard = [await one.deliver_message(5) for _ in range(4)]
        assert [(m.topic, m.qos) for m in heard] == [
            ("site/a", 0),
            ("site/b", 1),
            ("else/x", 0),
            ("site/c", 1),
        ]
        assert bytes(heard[3].data) == bytes(300)
        await one.ping()
        await one.unsubscribe(["+/x"])
        await two.disconnect()
        await one.disconnect()

    with_tcp(broker, talk)
    assert broker.retained == {"site/status": b"old", "site/b": b"one"}
    assert (broker.connections, broker.complaints) == ([], [])


def test_amqtts_client_leaves_a_will(broker):
    async def talk(url, wires):
        config = {"will": {"topic": "site/status", "message": "offline", "qos": 1, "retain": True}}
        one = client("one", **config)
        await one.connect(url)
        wires[0].abort()
        for _ in range(200):
            if broker.messages:
                break
            await asyncio.sleep(0.01)
        await one.cancel_tasks()

    with_tcp(broker, talk)
    assert broker.messages == [(1000, "site/status", b"offline", True)]
