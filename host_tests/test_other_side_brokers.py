"""The real brokers: started, killed, started again on the same port; the listener on both."""

import asyncio
import contextlib
import socket

import pytest
from amqtt.client import MQTTClient
from amqtt.mqtt.constants import QOS_1
from pilotlight_host.sim import mqttpacket as mqtt
from pilotlight_host.sim.broker import HOST, EmbeddedBroker, Mosquitto, free_port, listen


@pytest.fixture
def running(mosquitto):
    broker = Mosquitto(mosquitto)
    broker.start()
    yield broker
    broker.stop()


def refuses(port):
    try:
        socket.create_connection((HOST, port), 1).close()
    except ConnectionRefusedError:
        return True
    return False


async def say(port, topic, payload, retain=False):
    """Publish one message with QoS 1 by an independent client and wait for its PUBACK."""
    client = MQTTClient("speaker", config={"auto_reconnect": False})
    await client.connect(f"mqtt://{HOST}:{port}/")
    await client.publish(topic, payload, qos=QOS_1, retain=retain)
    await client.disconnect()


async def until(condition, what):
    for _ in range(500):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"waited 5 s for: {what}")


async def hear_through_a_restart(port, kill, start):
    """A message before and one after the broker's death, both heard by one listener."""
    heard = []
    task = asyncio.create_task(listen(port, ["site/#"], heard.append))
    try:
        await say(port, "site/status", b"first", retain=True)
        await until(lambda: heard, "the first message")
        await kill()
        assert refuses(port)
        await start()
        await say(port, "site/status", b"second", retain=True)
        await until(lambda: heard[-1].payload == b"second", "the second message")
        await say(port, "other/status", b"unheard")
        await say(port, "site/last", b"third")
        await until(lambda: heard[-1].payload == b"third", "the third message")
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert {message.topic for message in heard} == {"site/status", "site/last"}


def test_embedded_broker_is_killed_and_comes_back_on_its_port():
    async def run():
        broker = EmbeddedBroker()
        await broker.start()
        port = broker.port
        assert not refuses(port)
        await hear_through_a_restart(port, broker.kill, broker.start)
        assert broker.port == port
        await broker.stop()
        assert refuses(port)

    asyncio.run(asyncio.wait_for(run(), 30))


def test_embedded_broker_breaks_connections_when_killed():
    async def run():
        broker = EmbeddedBroker()
        await broker.start()
        reader, writer = await asyncio.open_connection(HOST, broker.port)
        writer.write(mqtt.encode_connect("c", 60))
        assert await reader.readexactly(4) == bytes.fromhex("20020000")
        await broker.kill()
        with contextlib.suppress(ConnectionResetError):
            assert await asyncio.wait_for(reader.read(1), 5) == b""
        assert refuses(broker.port)
        writer.close()
        await broker.kill()

    asyncio.run(asyncio.wait_for(run(), 30))


@pytest.mark.parametrize("way", ["stop", "kill"])
def test_embedded_broker_lets_go_of_a_client_that_never_spoke(way):
    async def run():
        broker = EmbeddedBroker()
        await broker.start()
        reader, writer = await asyncio.open_connection(HOST, broker.port)
        await until(lambda: broker._writers, "the connection")
        await getattr(broker, way)()
        with contextlib.suppress(ConnectionResetError):
            assert await asyncio.wait_for(reader.read(1), 5) == b""
        writer.close()

    asyncio.run(asyncio.wait_for(run(), 30))


@pytest.mark.parametrize("nonsense", [b"", b"\x10", b"GET / HTTP/1.1\r\n\r\n", b"\xff" * 50])
def test_embedded_broker_survives_a_broken_client(nonsense, capfd):
    async def run():
        broker = EmbeddedBroker()
        await broker.start()
        _, writer = await asyncio.open_connection(HOST, broker.port)
        writer.write(nonsense)
        writer.close()
        await say(broker.port, "a", b"still here")
        await broker.stop()

    asyncio.run(asyncio.wait_for(run(), 30))
    assert capfd.readouterr().err == ""


def test_embedded_broker_names_a_taken_port():
    async def run():
        with socket.create_server((HOST, 0)) as taken:
            broker = EmbeddedBroker(taken.getsockname()[1])
            with pytest.raises(OSError):
                await broker.start()

    asyncio.run(asyncio.wait_for(run(), 30))


def test_mosquitto_is_killed_and_comes_back_on_its_port(running):
    async def kill():
        running.kill()

    async def start():
        running.start()

    asyncio.run(asyncio.wait_for(hear_through_a_restart(running.port, kill, start), 30))


def test_mosquitto_stops_and_leaves_nothing(mosquitto):
    broker = Mosquitto(mosquitto)
    broker.start()
    folder = broker._folder
    broker.stop()
    assert refuses(broker.port)
    assert not folder.exists()


def test_mosquitto_is_not_confused_with_another_listener(mosquitto):
    with socket.create_server((HOST, 0)) as taken:
        broker = Mosquitto(mosquitto, taken.getsockname()[1])
        with pytest.raises(OSError, match="in use"):
            broker.start()
        broker.stop()


def test_a_program_that_does_not_listen_is_quoted(tmp_path):
    program = tmp_path / "mosquitto"
    program.write_text("#!/bin/sh\necho no such config; exit 3\n")
    program.chmod(0o755)
    broker = Mosquitto(program)
    with pytest.raises(RuntimeError, match=r"accepts nothing on port .*no such config"):
        broker.start()
    broker.stop()


def test_mosquitto_is_not_found():
    broker = Mosquitto("/nowhere/mosquitto", free_port())
    with pytest.raises(FileNotFoundError):
        broker.start()
    broker.stop()
