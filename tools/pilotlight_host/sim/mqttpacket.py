"""MQTT 3.1.1 packets, bytes <-> values, written from the OASIS standard and from no other codec.

It serves the simulated broker and the host's listener, so that the firmware's codec meets a second
reading of the standard. No clock, no I/O. Section numbers are those of MQTT 3.1.1.
"""

from __future__ import annotations

from dataclasses import dataclass

CONNECT, CONNACK, PUBLISH, PUBACK = 1, 2, 3, 4
SUBSCRIBE, SUBACK, UNSUBSCRIBE, UNSUBACK = 8, 9, 10, 11
PINGREQ, PINGRESP, DISCONNECT = 12, 13, 14


class Malformed(ValueError):
    """The peer broke the standard; the text says how."""


class UnknownLevel(Malformed):
    """CONNECT asks for another version of the protocol."""


@dataclass(frozen=True)
class Message:
    """An application message; QoS 0 or 1."""

    topic: str
    payload: bytes
    qos: int = 0
    retain: bool = False


@dataclass(frozen=True)
class Connect:
    """What a CONNECT packet says. keepalive_s 0 means none."""

    client: str
    clean: bool
    keepalive_s: int
    will: Message | None
    user: str | None
    password: bytes | None


class _Body:
    """Takes values from the front of a packet's body."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def take(self, count: int) -> bytes:
        if len(self.data) < count:
            raise Malformed(f"packet ends {count - len(self.data)} bytes too early")
        out, self.data = self.data[:count], self.data[count:]
        return out

    def number(self, size: int = 2) -> int:
        return int.from_bytes(self.take(size), "big")

    def packet_id(self) -> int:
        value = self.number()
        if value == 0:
            raise Malformed("packet identifier 0 (2.3.1)")
        return value

    def binary(self) -> bytes:
        return self.take(self.number())

    def text(self) -> str:
        raw = self.binary()
        try:
            text = raw.decode("utf-8")
        except UnicodeDecodeError:
            raise Malformed(f"text is not UTF-8: {raw!r} (1.5.3)") from None
        if "\0" in text:
            raise Malformed("text holds U+0000 (1.5.3)")
        return text

    def end(self) -> None:
        if self.data:
            raise Malformed(f"{len(self.data)} bytes follow the end of the packet")


def packet(kind: int, flags: int, body: bytes = b"") -> bytes:
    """A whole packet: fixed header with Remaining Length (2.2.3), then the body."""
    left, length = len(body), bytearray()
    while True:
        left, digit = divmod(left, 128)
        length.append(digit | 0x80 if left else digit)
        if not left:
            return bytes((kind << 4 | flags,)) + bytes(length) + body


def take_packet(buffer: bytearray) -> tuple[int, int, bytes] | None:
    """Take the packet in front of `buffer`: (kind, flags, body); None until it is whole."""
    length = 0
    for at in range(1, 5):
        if len(buffer) <= at:
            return None
        length |= (buffer[at] & 0x7F) << 7 * (at - 1)
        if not buffer[at] & 0x80:
            break
    else:
        raise Malformed("Remaining Length is longer than 4 bytes (2.2.3)")
    end = at + 1 + length
    if len(buffer) < end:
        return None
    first, body = buffer[0], bytes(buffer[at + 1 : end])
    del buffer[:end]
    return first >> 4, first & 15, body


def encode_text(text: str) -> bytes:
    """UTF-8 with its length in front (1.5.3)."""
    raw = text.encode("utf-8")
    return len(raw).to_bytes(2, "big") + raw


def encode_publish(message: Message, packet_id: int, retain: bool) -> bytes:
    """PUBLISH (3.3); `retain` is the flag of this delivery, packet_id counts with QoS 1 only."""
    body = encode_text(message.topic)
    if message.qos:
        body += packet_id.to_bytes(2, "big")
    return packet(PUBLISH, message.qos << 1 | retain, body + message.payload)


def encode_connect(client: str, keepalive_s: int) -> bytes:
    """CONNECT (3.1) with a clean session, without will and user."""
    body = encode_text("MQTT") + bytes((4, 2)) + keepalive_s.to_bytes(2, "big")
    return packet(CONNECT, 0, body + encode_text(client))


def encode_subscribe(packet_id: int, filters: list[str], qos: int) -> bytes:
    """SUBSCRIBE (3.8)."""
    body = b"".join(encode_text(each) + bytes((qos,)) for each in filters)
    return packet(SUBSCRIBE, 2, packet_id.to_bytes(2, "big") + body)


def parse_connect(data: bytes) -> Connect:
    """CONNECT (3.1). Raises UnknownLevel for another version of the protocol."""
    body = _Body(data)
    if (name := body.text()) != "MQTT":
        raise Malformed(f"protocol name {name!r}, expected 'MQTT' (3.1.2.1)")
    if (level := body.number(1)) != 4:
        raise UnknownLevel(f"protocol level {level}, expected 4 (3.1.2.2)")
    flags, keepalive_s, client = body.number(1), body.number(), body.text()
    if flags & 1:
        raise Malformed("CONNECT flag bit 0 is set (3.1.2.3)")
    will = None
    if flags & 4:
        topic, payload = body.text(), body.binary()
        will = Message(topic, payload, flags >> 3 & 3, bool(flags & 32))
    if (will is None and flags & 0x38) or (will and will.qos > 2):
        raise Malformed(f"CONNECT flags {flags:#04x}: will bits disagree (3.1.2.6)")
    if flags & 0x40 and not flags & 0x80:
        raise Malformed("a password without a user name (3.1.2.9)")
    user = body.text() if flags & 0x80 else None
    password = body.binary() if flags & 0x40 else None
    body.end()
    return Connect(client, bool(flags & 2), keepalive_s, will, user, password)


def parse_publish(flags: int, data: bytes) -> tuple[Message, int | None]:
    """PUBLISH (3.3) -> (message, packet identifier or None). QoS 3 and wildcards are malformed."""
    body, qos = _Body(data), flags >> 1 & 3
    if qos == 3 or (qos == 0 and flags & 8):
        raise Malformed(f"PUBLISH flags {flags:#x} (3.3.1)")
    topic = body.text()
    if not topic or "+" in topic or "#" in topic:
        raise Malformed(f"topic name {topic!r} is empty or holds a wildcard (3.3.2.1)")
    packet_id = body.packet_id() if qos else None
    return Message(topic, body.data, qos, bool(flags & 1)), packet_id


def parse_filters(kind: int, flags: int, data: bytes) -> tuple[int, list[tuple[str, int]]]:
    """SUBSCRIBE (3.8) or UNSUBSCRIBE (3.10) -> (packet identifier, [(filter, QoS)])."""
    if flags != 2:
        raise Malformed(f"(UN)SUBSCRIBE flags {flags:#x}, expected 2 (3.8.1)")
    body, wanted = _Body(data), []
    packet_id = body.packet_id()
    while body.data:
        topic_filter = body.text()
        qos = body.number(1) if kind == SUBSCRIBE else 0
        if qos > 2:
            raise Malformed(f"requested QoS {qos:#x} (3.8.3)")
        wanted.append((topic_filter, qos))
    if not wanted:
        raise Malformed("(UN)SUBSCRIBE without a topic filter (3.8.3)")
    return packet_id, wanted


def parse_packet_id(data: bytes) -> int:
    """The body of PUBACK, UNSUBACK: a packet identifier and nothing else."""
    body = _Body(data)
    packet_id = body.packet_id()
    body.end()
    return packet_id


def is_filter(text: str) -> bool:
    """Is this a legal topic filter (4.7.1): "#" alone and last, "+" alone in its level."""
    levels = text.split("/")
    if not text or "#" in levels[:-1]:
        return False
    return all(level in ("#", "+") or not set(level) & {"#", "+"} for level in levels)


def matches(topic_filter: str, topic: str) -> bool:
    """Does the filter take the topic (4.7)? Wildcards in front do not take topics in "$..."."""
    if topic.startswith("$") and topic_filter[:1] in ("#", "+"):
        return False
    wanted, levels = topic_filter.split("/"), topic.split("/")
    for at, level in enumerate(wanted):
        if level == "#":
            return True
        if at >= len(levels) or level not in ("+", levels[at]):
            return False
    return len(wanted) == len(levels)
