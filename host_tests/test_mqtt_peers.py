"""MQTT with brokers and clients that others have written: the real firmware on the real 32-bit
MicroPython, every broker with every client library (mqtt_peers.py), against docs/mqtt.md.

Nothing here judges time: whatever is awaited may take its 10 s.
"""

import asyncio
import json
from dataclasses import replace

import pytest
from mqtt_peers import ACCOUNT, CLIENTS, ROOT, Nats, Paho, board, broker_of
from pilotlight_host.netstorm.processes import Tools
from umqtt_later import later_text
from waiting import soon

BROKERS = ("mosquitto", "nats")
COMMANDS = (
    ("limit", '{"limit_a": 0, "id": "l-1"}', True),
    ("resume", '{"id": "r-1"}', False),
    ("pause", '{"id": "p-1"}', True),
    ("resume", '{"id": "r-2"}', False),
    ("boost", '{"for_s": 600, "id": "b-1"}', False),
    ("mode", '{"mode": "fast", "id": "m-1"}', False),
)
IN_FLIGHT = 8
REFUSED = "mqtt: broker refuses a subscription, commands do not come"
STATES = ("status", "site", "outlet/1", "outlet/2")


@pytest.fixture(scope="session")
def tools(micropython, mosquitto, umqtt):
    return Tools(micropython, mosquitto, umqtt)


@pytest.fixture(params=BROKERS)
def broker(request, mosquitto, nats):
    running = broker_of(request.param, mosquitto, nats)
    running.start()
    yield running
    running.stop()


@pytest.mark.parametrize("client", CLIENTS)
def test_a_life_with_every_broker_and_client(client, broker, tools, tmp_path):
    asyncio.run(live(CLIENTS[client], broker, tools, tmp_path))


@pytest.mark.parametrize("broker", BROKERS[:1], indirect=True)
def test_a_life_with_the_later_umqtt(broker, tools, tmp_path):
    """umqtt.simple with the interface it has in micropython-lib today."""
    (tmp_path / "umqtt").mkdir()
    (tmp_path / "umqtt/__init__.py").touch()
    (tmp_path / "umqtt/simple.py").write_text(later_text(tools.umqtt))
    asyncio.run(live(Paho, broker, replace(tools, umqtt=tmp_path), tmp_path))


async def live(made, broker, tools, folder):
    """Events that are told, commands, a broker that dies, the end of the board."""
    peer = made(broker.port)
    await peer.start()
    await peer.say("outlet/1/set/limit", "0", retain=True)
    async with board(tools, folder, broker.port, ACCOUNT[1]) as running:
        await soon(lambda: all(peer.latest(topic) for topic in STATES))
        await see_retained_command_ignored(peer)
        await see_retained_state(made, broker)
        for what, payload, is_limited in COMMANDS:
            await see_answered(peer, what, payload, is_limited)
        assert (await running.status())[0].startswith("mqtt: connected; commands taken 6, ")
        see_events(peer)
        await through_a_dead_broker(peer, broker, running)
        running.process.kill()
        await soon(lambda: peer.latest("status").payload == b"offline")
        assert peer.latest("status").payload == b"offline"
    await peer.close()


async def see_retained_command_ignored(peer):
    """It is answered with a refusal, it is an event, and it limits nothing."""
    error = "outlet/1/set/limit: a retained command is ignored, publish without retain"
    await soon(lambda: peer.told("answer"))
    answer = peer.told("answer")[0]
    assert (answer["ok"], answer["error"], answer["to"]) == (False, error, "outlet/1/set/limit")
    assert "network" not in answer["why"]
    await soon(lambda: f"mqtt: {error}" in texts(peer))
    assert f"mqtt: {error}" in texts(peer)


async def see_retained_state(made, broker):
    """Somebody who comes now is told everything, marked as retained, with the types of the docs."""
    newcomer = made(broker.port)
    await newcomer.start()
    await soon(lambda: retained_of(newcomer).keys() >= set(STATES))
    await newcomer.close()
    first = retained_of(newcomer)
    assert set(STATES) <= first.keys()
    assert not {"event", "answer"} & first.keys()
    assert first["status"].payload == b"online"
    see_outlet(json.loads(first["outlet/1"].payload), 1, "left")
    see_outlet(json.loads(first["outlet/2"].payload), 2, "right")
    see_site(json.loads(first["site"].payload))


def retained_of(peer):
    """What came marked as retained, by topic below the site."""
    told = {heard.topic: heard for heard in peer.heard if heard.retain}
    return {topic.removeprefix(f"{ROOT}/"): heard for topic, heard in told.items()}


def see_outlet(told, number, name):
    kinds = {
        int: ("outlet", "cycles", "forced_open", "since_s"),
        str: ("name", "state", "car", "why", "source", "mode"),
        float: ("offered_a", "limit_a", "share_a"),
        bool: ("contactor", "contactor_is_closed"),
        dict: ("binding",),
        type(None): ("fault", "need", "paused", "until_s", "plug_c"),
    }
    for kind, keys in kinds.items():
        for key in keys:
            # a whole number of A may come without its point
            assert type(told[key]) is kind or (kind, type(told[key])) == (float, int), (key, told)
    assert (told["outlet"], told["name"], told["mode"]) == (number, name, "fast")
    assert told["car"] in "ABCDEF"


def see_site(told):
    [feeder] = told["feeders"]
    assert (feeder["feeder"], feeder["limit_a"]) == ("main", 35)
    assert len(feeder["measured_a"]) == 3
    assert feeder["sensors"].keys() == {"clamps", "meter grid"}
    assert type(told["latest_ms"]) is int
    assert told["board_c"] is None
    assert told["commands"].keys() == {"taken", "refused"}


async def see_answered(peer, what, payload, is_limited):
    """The answer bears the id of the command and says what binds then."""
    await peer.say(f"outlet/1/set/{what}", payload)
    name = json.loads(payload)["id"]
    await soon(lambda: [a for a in peer.told("answer") if a["id"] == name])
    [answer] = [a for a in peer.told("answer") if a["id"] == name]
    assert (answer["to"], answer["ok"], answer["error"]) == (f"outlet/1/set/{what}", True, None)
    assert ("network" in answer["why"]) == is_limited
    assert answer["limit_a"] == 0 or not is_limited


def texts(peer):
    return [event["text"] for event in peer.told("event")]


def see_events(peer):
    """Each once, in order, none left out, with QoS 1 and not retained."""
    events = [heard for heard in peer.heard if heard.topic == f"{ROOT}/event"]
    numbers = numbers_of(events)
    assert len(numbers) > 5
    assert numbers == list(range(len(numbers)))
    assert {(heard.qos, heard.retain) for heard in events} == {(1, False)}


def numbers_of(heard):
    return [json.loads(h.payload)["seq"] for h in heard if h.topic == f"{ROOT}/event"]


async def through_a_dead_broker(peer, broker, running):
    """The board says so, comes back by itself, tells its events in order and takes commands."""
    was, connections = len(peer.heard), peer.connections
    before = numbers_of(peer.heard)
    broker.kill()
    await soon_async(running.status, lambda lines: "connected" not in lines[0])
    assert "mqtt: down, broker: " in (await running.status())[0]
    await asyncio.to_thread(broker.start)
    await soon(lambda: peer.connections > connections)
    await soon_async(running.status, lambda lines: "connected" in lines[0])
    await soon(lambda: b"online" in [h.payload for h in peer.heard[was:]])
    await see_answered(peer, "limit", '{"limit_a": 0, "id": "l-2"}', True)
    after = numbers_of(peer.heard[was:])
    assert after == sorted(set(after))
    # those whose confirmation the broker took along come again
    assert not after or after[0] > before[-1] - IN_FLIGHT


async def soon_async(ask, is_enough):
    for _ in range(100):
        if is_enough(await ask()):
            return
        await asyncio.sleep(0.1)


def test_a_wrong_password_is_said(broker, tools, tmp_path):
    """Never connected, so there is no event; `status()` says it."""

    async def run():
        async with board(tools, tmp_path, broker.port, "wrong") as running:
            await soon_async(running.status, lambda lines: "broker: " in lines[0])
            return (await running.status())[0]

    said = asyncio.run(run())
    print(said)
    assert "refused the connection, code 5" in said


def test_a_broker_that_refuses_a_subscription_is_named(nats, tools, tmp_path):
    """Otherwise all looks well, and no command ever comes."""
    broker = Nats(nats, denied="pilotlight.*.outlet.>")

    async def run():
        peer = Paho(broker.port)
        await peer.start()
        async with board(tools, tmp_path, broker.port, ACCOUNT[1]):
            await soon(lambda: REFUSED in texts(peer))
        await peer.close()
        return texts(peer)

    broker.start()
    try:
        assert asyncio.run(run()).count(REFUSED) == 1
    finally:
        broker.stop()
