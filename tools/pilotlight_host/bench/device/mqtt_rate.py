"""One MQTT client that publishes all it can beside a loop of 20 ms: `CLIENT QOS PORT`.

CLIENT: none, pilotlight, simple, simple2 or mqtt_async. Prints `healthy` after 3 s and `stalled`
after 4 more, each with: messages published (QoS 1: confirmed), worst lateness of the loop in ms,
broken connections. Whoever reads the first line stops the broker for 2 s.
"""

import asyncio
import socket
import sys
from time import ticks_add, ticks_diff, ticks_ms

_BEAT_MS = 20
_SETTLE_MS = 1000
_PHASES = (("healthy", 3000), ("stalled", 4000))
_IN_FLIGHT = 8  # as many as Pilotlight's service has unconfirmed
_AGAIN_MS = 1000
_SOL_SOCKET, _SO_SNDBUF = 1, 7
_SEND_BUFFER = 11680  # lwIP's on a Pico: 8 segments of 1460 bytes

_TOPIC = b"pilotlight/bench/outlet/1"
_PAYLOAD = b"x" * 400  # about what the state of an outlet has


class Sockets:
    """The socket module, with as little room for what is unsent as a board has."""

    def __getattr__(self, name):
        return getattr(socket, name)

    def socket(self, *words):
        """A socket."""
        made = socket.socket(*words)
        made.setsockopt(_SOL_SOCKET, _SO_SNDBUF, _SEND_BUFFER)
        return made


class Seen:
    """What is counted."""

    sent = 0
    worst_ms = 0
    broken = 0


class Away:
    """Stands for modules that only boards have: whatever is asked is done."""

    STA_IF = 0

    def __init__(self):
        self.unique_id = lambda: b"rate"

    def __getattr__(self, _):
        return lambda *_: self


async def beat():
    """The loop that must not be late."""
    due_ms = ticks_ms()
    while True:
        due_ms = ticks_add(due_ms, _BEAT_MS)
        await asyncio.sleep_ms(max(0, ticks_diff(due_ms, ticks_ms())))
        late_ms = ticks_diff(ticks_ms(), due_ms)
        Seen.worst_ms = max(Seen.worst_ms, late_ms)
        if late_ms > _BEAT_MS:
            due_ms = ticks_ms()


async def none(_qos, _port):
    """Nobody publishes."""
    await asyncio.sleep(60)


async def pilotlight(qos, port):
    """Link and codec of the firmware, stepped without a pause."""
    from pilotlight.drivers.tcp import TcpStream
    from pilotlight.services import link, mqttport

    class Network:
        is_up = True
        connect = TcpStream

    flying = set()

    def on_packet(kind, packet):
        if kind == 0x40:
            flying.discard(packet[2] << 8 | packet[3])
            Seen.sent += 1

    codec = mqttport.Codec(b"rate", "", "", 60, print)
    made = link.Link(Network, "127.0.0.1", port, 60, codec)
    while True:
        made.step(b"rate/status", b"offline", flying.clear, on_packet)
        if made.has_room and len(flying) < _IN_FLIGHT:
            if qos:
                flying.add(codec.publish_surely(_TOPIC, _PAYLOAD, False))
            else:
                codec.publish(_TOPIC, _PAYLOAD, False)
                Seen.sent += 1
        Seen.broken = made.drops
        await asyncio.sleep_ms(0)


async def simple(qos, port):
    """umqtt.simple, as its examples use it."""
    from umqtt.simple import MQTTClient

    while True:
        try:
            client = MQTTClient("rate", "127.0.0.1", port, keepalive=60)
            client.connect()
            while True:
                client.publish(_TOPIC, _PAYLOAD, False, qos)
                Seen.sent += 1
                await asyncio.sleep_ms(0)
        except OSError:
            Seen.broken += 1
            await asyncio.sleep_ms(_AGAIN_MS)


async def simple2(qos, port):
    """umqtt.simple2, which waits for no confirmation."""
    from umqtt.simple2 import MQTTClient, MQTTException

    def told(_pid, what):
        Seen.sent += what == 1

    while True:
        try:
            client = MQTTClient("rate", "127.0.0.1", port, keepalive=60)
            client.set_callback_status(told)
            client.connect()
            while True:
                if len(client.rcv_pids) < _IN_FLIGHT:
                    client.publish(_TOPIC, _PAYLOAD, False, qos)
                    Seen.sent += not qos
                if qos:
                    client.check_msg()
                await asyncio.sleep_ms(0)
        except (OSError, MQTTException):
            Seen.broken += 1
            await asyncio.sleep_ms(_AGAIN_MS)


async def mqtt_async(qos, port):
    """mqtt_async, whose calls are awaited."""
    from mqtt_async import MQTTClient, config

    config.server, config.port = "127.0.0.1", port
    client = MQTTClient(config)
    client._addr = ("127.0.0.1", port)  # here, addresses that are looked up are bytes
    client._dns_lookup = Away
    await client.connect()
    first = client._proto
    while True:
        await client.publish(_TOPIC, _PAYLOAD, qos=qos, sync=False)
        Seen.sent += 1
        if client._proto is not first:
            first = client._proto
            Seen.broken += 1
        await asyncio.sleep_ms(0)


async def run(publish, qos, port):
    """Both phases."""
    tasks = [asyncio.create_task(beat()), asyncio.create_task(publish(qos, port))]
    await asyncio.sleep_ms(_SETTLE_MS)
    for name, ms in _PHASES:
        Seen.sent = Seen.worst_ms = Seen.broken = 0
        await asyncio.sleep_ms(ms)
        print(name, Seen.sent, Seen.worst_ms, Seen.broken)
    for task in tasks:
        task.cancel()


sys.modules["socket"] = sys.modules["usocket"] = Sockets()
sys.modules["network"] = sys.modules["machine"] = sys.modules["logging"] = Away()
asyncio.run(run(globals()[sys.argv[1]], int(sys.argv[2]), int(sys.argv[3])))
