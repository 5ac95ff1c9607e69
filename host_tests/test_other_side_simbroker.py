"""The broker in memory against packets by hand: the packet format, filters, retained, wills."""

import errno

import pytest
from other_side import CONNACK, Hand, connect_packet, join, read, will_packet
from pilotlight_host.sim import mqttpacket as mqtt
from pilotlight_host.sim.simbroker import SimBroker


@pytest.fixture
def clock():
    return Hand()


@pytest.fixture
def broker(clock):
    return SimBroker(clock)


# ---- packets by hand, from the text of the standard


def test_remaining_length_as_in_the_standards_table():
    for length, digits in [(0, "00"), (127, "7f"), (128, "8001"), (16383, "ff7f")]:
        whole = mqtt.packet(mqtt.PUBLISH, 0, bytes(length))
        assert whole[1 : 1 + len(digits) // 2].hex() == digits
    assert mqtt.packet(3, 0, bytes(2097152))[1:5].hex() == "80808001"


def test_a_packet_may_come_byte_by_byte(broker):
    stream = broker.connect()
    for byte in connect_packet():
        assert read(stream) is None
        stream.write(bytes((byte,)))
    assert read(stream) == CONNACK


def test_subscribe_publish_ack_bytes(broker):
    stream = join(broker)
    stream.write(bytes.fromhex("8206 0007 0001 2b 01".replace(" ", "")))
    assert read(stream) == bytes.fromhex("9003000701")
    stream.write(bytes.fromhex("3206 0001 61 1234 78".replace(" ", "")))
    assert read(stream) == bytes.fromhex("3206000161000178" + "40021234")
    stream.write(bytes.fromhex("40020001c000"))
    assert read(stream) == bytes.fromhex("d000")
    stream.write(bytes.fromhex("a20500080001 2b".replace(" ", "")))
    assert read(stream) == bytes.fromhex("b0020008")
    broker.publish("a", b"x")
    assert read(stream) is None
    assert broker.messages == [(1000, "a", b"x", False)] * 2


@pytest.mark.parametrize(
    ("sent", "complaint"),
    [
        (bytes.fromhex("c000"), "CONNECT comes first"),
        (connect_packet() * 2, "CONNECT comes first and once"),
        (connect_packet(flags=3), "flag bit 0"),
        (connect_packet(flags=2 | 0x40), "password without a user"),
        (connect_packet(flags=2 | 0x20), "will bits"),
        (connect_packet(b"\xff"), "not UTF-8"),
        (connect_packet(b"", flags=0), "client identifier"),
        (connect_packet(level=5), "protocol level 5"),
        (connect_packet(tail=b"x"), "follow the end"),
        (connect_packet() + bytes.fromhex("8006000700012b01"), "flags 0x0"),
        (connect_packet() + bytes.fromhex("820600000001 2b01"), "identifier 0"),
        (connect_packet() + bytes.fromhex("82020007"), "without a topic filter"),
        (connect_packet() + bytes.fromhex("82060007000161 03"), "requested QoS 0x3"),
        (connect_packet() + bytes.fromhex("300400012b78"), "wildcard"),
        (connect_packet() + bytes.fromhex("300200 00"), "empty"),
        (connect_packet() + bytes.fromhex("36060001610001 78"), "PUBLISH flags"),
        (connect_packet() + bytes.fromhex("34060001610001 78"), "QoS 2"),
        (connect_packet() + bytes.fromhex("300100"), "too early"),
        (connect_packet() + bytes.fromhex("30ffffffff01"), "Remaining Length"),
        (connect_packet() + bytes.fromhex("0000"), "packet type 0"),
    ],
)
def test_a_breach_of_the_standard_ends_the_connection(broker, sent, complaint):
    stream = broker.connect()
    stream.write(sent)
    assert len(broker.complaints) == 1
    assert complaint in broker.complaints[0][1]
    while read(stream):
        pass
    assert read(stream) == b""
    with pytest.raises(OSError) as caught:
        stream.write(b"\xc0\x00")
    assert caught.value.errno == errno.ECONNRESET


def test_another_protocol_level_gets_its_return_code(broker):
    stream = broker.connect()
    stream.write(connect_packet(level=5))
    assert read(stream) == bytes.fromhex("20020001")


def test_user_and_password_are_read(broker):
    tail = b"\x00\x02me\x00\x02\xff\x00"
    join(broker, connect_packet(flags=2 | 0xC0, tail=tail))
    said = broker.connections[0].connect
    assert (said.user, said.password, said.keepalive_s) == ("me", b"\xff\x00", 60)


@pytest.mark.parametrize(
    ("topic_filter", "topic", "expected"),
    [
        ("sport/tennis/player1/#", "sport/tennis/player1", True),
        ("sport/tennis/player1/#", "sport/tennis/player1/ranking", True),
        ("sport/#", "sport", True),
        ("#", "a/b", True),
        ("sport/tennis/+", "sport/tennis/player1", True),
        ("sport/tennis/+", "sport/tennis/player1/ranking", False),
        ("sport/+", "sport", False),
        ("sport/+", "sport/", True),
        ("+/+", "/finance", True),
        ("/+", "/finance", True),
        ("+", "/finance", False),
        ("#", "$SYS/x", False),
        ("+/monitor/Clients", "$SYS/monitor/Clients", False),
        ("$SYS/#", "$SYS/x", True),
        ("a/b", "a/b/c", False),
        ("a/b/c", "a/b", False),
    ],
)
def test_filters_as_in_the_standards_examples(topic_filter, topic, expected):
    assert mqtt.matches(topic_filter, topic) is expected


@pytest.mark.parametrize("bad", ["", "sport+", "a#", "a/#/b", "#/a", "a/b+/c"])
def test_an_illegal_filter_is_refused_in_the_suback(broker, bad):
    assert not mqtt.is_filter(bad)
    stream = join(broker)
    stream.write(mqtt.encode_subscribe(9, ["ok/+", bad], 1))
    assert read(stream) == bytes.fromhex("900400090180")


# ---- retained, will, keepalive


def test_retained_messages_come_with_the_flag_and_go_with_an_empty_one(broker):
    broker.publish("a/b", b"1", retain=True, qos=1)
    broker.publish("a/c", b"2", retain=True)
    assert broker.retained == {"a/b": b"1", "a/c": b"2"}
    stream = join(broker)
    stream.write(mqtt.encode_subscribe(1, ["a/+"], 1))
    expected = "9003000101" + "3308" + "0003612f62" + "0001" + "31" + "3106" + "0003612f63" + "32"
    assert read(stream) == bytes.fromhex(expected)
    broker.publish("a/b", b"3", retain=True)
    assert read(stream) == bytes.fromhex("30060003612f6233")
    broker.publish("a/b", b"", retain=True)
    assert broker.retained == {"a/c": b"2"}


def test_overlapping_filters_give_one_message_with_the_higher_qos(broker):
    stream = join(broker)
    stream.write(mqtt.encode_subscribe(1, ["a/+"], 0) + mqtt.encode_subscribe(2, ["#"], 1))
    read(stream)
    broker.publish("a/b", b"x", qos=1)
    assert read(stream) == bytes.fromhex("32080003612f62000178")


def test_packet_identifiers_wrap_past_zero(broker):
    stream = join(broker)
    stream.write(mqtt.encode_subscribe(1, ["t"], 1))
    read(stream)
    broker.connections[0].last_id = 65534
    ids = []
    for _ in range(3):
        broker.publish("t", b"x", qos=1)
        ids.append(read(stream)[5:7])
    assert ids == [b"\xff\xff", b"\x00\x01", b"\x00\x02"]
    assert sorted(broker.connections[0].inflight) == [1, 2, 65535]
    stream.write(b"\x40\x02\xff\xff")
    assert sorted(broker.connections[0].inflight) == [1, 2]


def test_the_will_comes_when_the_client_just_hangs_up(broker, clock):
    stream = join(broker, will_packet())
    clock.now = 4000
    stream.close()
    assert broker.messages == [(4000, "status", b"gone", True)]
    assert broker.retained == {"status": b"gone"}
    with pytest.raises(OSError):
        stream.write(b"")


def test_disconnect_takes_the_will_back(broker):
    stream = join(broker, will_packet())
    stream.write(b"\xe0\x00")
    assert read(stream) == b""
    stream.close()
    assert broker.messages == []


def test_the_keepalive_runs_out_after_one_and_a_half(broker, clock):
    stream = join(broker, will_packet(keepalive_s=10))
    assert broker.next_ms() == 16000
    clock.now = 9000
    stream.write(b"\xc0\x00")
    assert broker.next_ms() == 24000
    clock.now = 23999
    broker.poll()
    assert broker.messages == []
    clock.now = 50000
    broker.poll()
    assert broker.messages == [(24000, "status", b"gone", True)]
    assert broker.next_ms() is None
    assert read(stream) == b"\xd0\x00"
    assert read(stream) == b""


def test_no_keepalive_never_runs_out(broker, clock):
    join(broker, will_packet(keepalive_s=0))
    clock.now = 10**9
    broker.poll()
    assert (broker.next_ms(), broker.messages) == (None, [])


def test_the_same_client_again_ends_the_older_connection(broker):
    old = join(broker, will_packet())
    join(broker, will_packet())
    assert read(old) == b""
    assert [m[1] for m in broker.messages] == ["status"]
    assert len(broker.connections) == 1
