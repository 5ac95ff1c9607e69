"""The real firmware of `pico_ppp` talks to a real Mosquitto through its PPP line, while it charges.
Broker and line fail in between; the outlet must not notice. Times in ms.

The broker lives in real time, the board in its own; nothing here depends on how they compare.
"""

import asyncio
import contextlib
import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pico_helpers import A, Rig, rig, site
from pilotlight_host.sim import mqttpacket as mqtt
from pilotlight_host.sim.broker import HOST, Mosquitto, listen

GATEWAY = "10.0.5.1"  # the other end of the line
ONLINE_MS = 15_000
LATE_MS = 20
UNPLUGGED_MS = 4000
ROOT = "pilotlight/home"
OUTLET = f"{ROOT}/outlet/1"


class Listener:
    """Hears everything, through the broker's death, in a thread of its own."""

    def __init__(self, port: int) -> None:
        self.latest: dict[str, bytes] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._begin(port), self._loop).result(5)

    async def _begin(self, port: int) -> None:
        self._listening = asyncio.create_task(listen(port, [f"{ROOT}/#"], self._heard))

    def _heard(self, message: mqtt.Message) -> None:
        self.latest[message.topic] = message.payload

    def told(self, topic: str) -> dict[str, Any]:
        return json.loads(self.latest.get(topic, b"{}"))

    def close(self) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(5)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    async def _end(self) -> None:
        self._listening.cancel()
        await asyncio.gather(self._listening, return_exceptions=True)


def retained(port: int, topic: str) -> bytes:
    """What the broker tells somebody who comes now."""
    with socket.create_connection((HOST, port), 5) as client:
        client.sendall(mqtt.encode_connect("newcomer", 0) + mqtt.encode_subscribe(1, [topic], 0))
        buffer = bytearray()
        while True:
            while (taken := mqtt.take_packet(buffer)) is None:
                data = client.recv(4096)
                assert data
                buffer += data
            kind, flags, body = taken
            if kind == mqtt.PUBLISH:
                message = mqtt.parse_publish(flags, body)[0]
                assert message.retain
                return message.payload


def say(port: int, topic: str, payload: bytes) -> None:
    with socket.create_connection((HOST, port), 5) as client:
        client.sendall(mqtt.encode_connect("speaker", 0))
        client.recv(4)
        message = mqtt.Message(topic, payload)
        client.sendall(mqtt.encode_publish(message, 0, False) + mqtt.packet(mqtt.DISCONNECT, 0))
        with contextlib.suppress(OSError):
            client.recv(1)


@pytest.fixture
def broker(mosquitto: Path) -> Iterator[Mosquitto]:
    running = Mosquitto(mosquitto)
    running.start()
    yield running
    running.stop()


def test_charging_goes_on_whatever_happens_to_the_broker_and_the_line(broker: Mosquitto) -> None:
    settings = {"host": GATEWAY, "port": broker.port, "keepalive_s": 60}
    with rig(site(1, mqtt=settings), "pico_ppp", ppp=True) as board:
        listener = Listener(broker.port)
        heard = listener.latest
        board.until(ONLINE_MS, lambda: heard.get(f"{ROOT}/status") == b"online")
        print(f"online {board.now_us / 1000:.0f} ms after power-on")
        board.charge(1)
        closed_us = board.now_us
        board.until(3000, lambda: listener.told(OUTLET).get("contactor") is True)
        found = json.loads(retained(broker.port, OUTLET))
        assert (found["state"], found["car"], found["fault"]) == ("C2", "C", None)
        assert retained(broker.port, f"{ROOT}/status") == b"online"
        say(broker.port, f"{OUTLET}/set/limit", b'{"limit_a": 6, "for_s": 600}')
        board.until(4000, lambda: listener.told(OUTLET).get("source") == "network")
        assert listener.told(OUTLET)["limit_a"] == 6
        through_a_dead_broker(board, broker, listener)
        through_a_dead_line(board, broker, listener)
        assert [(outlet, on) for _, outlet, on in board.switched()] == [(1, True)]
        pilots = [e for e in board.events if e.kind == "pilot" and e.t_us > closed_us]
        assert all(event.hz == 1000 for event in pilots)
        latest_ms = board.snapshot()["site"]["latest_ms"]
        print(f"worst lateness of the control step {latest_ms} ms")
        assert latest_ms <= LATE_MS
        assert board.resets() == []
        board.show(A, 1)
        board.until(4000, lambda: listener.told(f"{ROOT}/record").get("end") == "unplugged")
        record = listener.told(f"{ROOT}/record")
        assert (record["seq"], record["outlet"], record["by"]) == (1, 1, "inferred")
        for _ in range(20):  # known 20 s after the start
            board.go(500)
            undelivered = board.snapshot()["site"]["records"]["undelivered"]
            if undelivered is not None:
                break
        assert undelivered == 0
        listener.close()


def through_a_dead_broker(board: Rig, broker: Mosquitto, listener: Listener) -> None:
    broker.kill()
    listener.latest.clear()
    board.go(1500)
    broker.start()
    begun_us = board.now_us
    board.until(ONLINE_MS, lambda: listener.told(OUTLET).get("contactor") is True)
    print(f"state is back {(board.now_us - begun_us) / 1000:.0f} ms after the broker")
    assert listener.latest[f"{ROOT}/status"] == b"online"


def through_a_dead_line(board: Rig, broker: Mosquitto, listener: Listener) -> None:
    board.pico.plug_modem(False)
    say(broker.port, f"{OUTLET}/set/limit", b'{"limit_a": 7, "for_s": 600}')
    board.go(UNPLUGGED_MS)
    assert listener.told(OUTLET)["limit_a"] == 6
    board.pico.plug_modem()
    begun_us = board.now_us
    board.until(ONLINE_MS, lambda: "limited to 7.0 A" in listener.told(OUTLET).get("why", ""))
    print(f"the command came {(board.now_us - begun_us) / 1000:.0f} ms after the line was back")
