"""An MQTT 3.1.1 broker in memory, for virtual time: what stands behind the network port.

It behaves as Mosquitto without persistence: retained messages and subscriptions are gone after a
crash. Not modelled: QoS 2 (granted as 1; a QoS 2 PUBLISH ends the connection) and sessions that
outlive their connection. Clock: `now_ms`, milliseconds that only grow. Time-outs fall due when
anything is asked of the broker or in `poll()`, and carry the time at which they were due.
"""

from __future__ import annotations

import errno
from collections.abc import Callable

from . import mqttpacket as mqtt
from .brokerlink import Connection
from .mqttpacket import Malformed, Message

ACCEPTED, BAD_LEVEL, BAD_CLIENT = 0, 1, 2


class SimBroker:
    """The broker. `messages` is all it ever accepted: (t_ms, topic, payload, retain), wills too.

    `complaints` are the breaches of the standard it has seen, as (t_ms, text).
    """

    def __init__(self, now_ms: Callable[[], int]) -> None:
        self._now_ms = now_ms
        self._up, self._frozen, self._reachable = True, False, True
        self._retained: dict[str, Message] = {}
        self._waiting: list[Message] = []
        self.connections: list[Connection] = []
        self.messages: list[tuple[int, str, bytes, bool]] = []
        self.complaints: list[tuple[int, str]] = []

    # ---- what the world does to it

    @property
    def up(self) -> bool:
        """False: the process is dead. Connections break, new ones are refused, memory is lost."""
        return self._up

    @up.setter
    def up(self, value: bool) -> None:
        if self._up and not value:
            self.poll()
            for connection in self.connections:
                connection.ended = True
            self.connections.clear()
            self._retained.clear()
            self._waiting.clear()
        self._up = value

    @property
    def frozen(self) -> bool:
        """True: connections are accepted and bytes taken, nothing is answered until it thaws."""
        return self._frozen

    @frozen.setter
    def frozen(self, value: bool) -> None:
        if value == self._frozen:
            return
        if value:
            self.poll()
        self._frozen = value
        self._catch_up()

    @property
    def reachable(self) -> bool:
        """False: the cable is cut. Nobody hears anything; the keepalive finds out."""
        return self._reachable

    @reachable.setter
    def reachable(self, value: bool) -> None:
        if value == self._reachable:
            return
        self.poll()
        self._reachable = value
        self._catch_up()

    def connect(self) -> Connection:
        """A client's TCP connection, as `network.connect` of the board contract gives it.

        OSError (ECONNREFUSED) when the broker is down. With the cable cut the stream never stands.
        """
        self.poll()
        if self._reachable and not self._up:
            raise OSError(errno.ECONNREFUSED, "the broker is down")
        connection = Connection(self, self._now_ms())
        if self._reachable:
            self.stand(connection)
        return connection

    def publish(self, topic: str, payload: bytes, retain: bool = False, qos: int = 0) -> None:
        """Publish as another client on the broker's side of the cable would."""
        if not self._up:
            raise OSError(errno.ECONNREFUSED, "the broker is down")
        self.poll()
        message = Message(topic, payload, qos, retain)
        if self._frozen:
            self._waiting.append(message)
        else:
            self._accept(message, self._now_ms())

    # ---- what it knows

    @property
    def retained(self) -> dict[str, bytes]:
        """Topic -> payload of every retained message."""
        self.poll()
        return {topic: message.payload for topic, message in self._retained.items()}

    def next_ms(self) -> int | None:
        """When the next keepalive runs out, if nothing is heard until then."""
        if self._frozen:
            return None
        due = [c.deadline_ms for c in self.connections if c.deadline_ms is not None]
        return min(due, default=None)

    def poll(self) -> None:
        """Give up every client whose time was up by now, in the order of those times."""
        while (due_ms := self.next_ms()) is not None and due_ms <= self._now_ms():
            silent = next(c for c in self.connections if c.deadline_ms == due_ms)
            self._drop(silent, due_ms, "silent for 1.5 keepalives (3.1.2.10)")

    # ---- called by its connections

    def stand(self, connection: Connection) -> None:
        """The TCP handshake is done; a frozen broker's kernel does it as well."""
        connection.stands = True
        self.connections.append(connection)

    def serve(self, connection: Connection) -> None:
        """Handle every whole packet that has arrived from this client."""
        if self._frozen or not self._up or connection.ended:
            return
        try:
            while not connection.ended:
                taken = mqtt.take_packet(connection.to_broker)
                if taken is None:
                    return
                connection.heard_ms = self._now_ms()
                self._handle(connection, *taken)
        except Malformed as error:
            self._drop(connection, self._now_ms(), str(error))

    def hung_up(self, connection: Connection) -> None:
        """The client has closed its end; a broker that is frozen or cut off learns it later."""
        if self._reachable and not self._frozen:
            self.serve(connection)
            self._drop(connection, self._now_ms(), None)

    # ---- inside

    def _catch_up(self) -> None:
        if self._frozen or not self._reachable or not self._up:
            return
        waiting, self._waiting = self._waiting, []
        for message in waiting:
            self._accept(message, self._now_ms())
        for connection in list(self.connections):
            self.serve(connection)
            if connection.closed:
                self._drop(connection, self._now_ms(), None)
        self.poll()

    def _handle(self, client: Connection, kind: int, flags: int, body: bytes) -> None:
        if (client.connect is None) != (kind == mqtt.CONNECT):
            raise Malformed(f"packet type {kind}: CONNECT comes first and once (3.1)")
        if kind == mqtt.CONNECT:
            self._welcome(client, body)
        elif kind == mqtt.PUBLISH:
            self._take_message(client, flags, body)
        elif kind == mqtt.PUBACK:
            client.inflight.pop(mqtt.parse_packet_id(body), None)
        elif kind == mqtt.SUBSCRIBE:
            self._subscribe(client, *mqtt.parse_filters(kind, flags, body))
        elif kind == mqtt.UNSUBSCRIBE:
            packet_id, filters = mqtt.parse_filters(kind, flags, body)
            for topic_filter, _ in filters:
                client.filters.pop(topic_filter, None)
            client.to_client += mqtt.packet(mqtt.UNSUBACK, 0, packet_id.to_bytes(2, "big"))
        elif kind == mqtt.PINGREQ:
            client.to_client += mqtt.packet(mqtt.PINGRESP, 0)
        elif kind == mqtt.DISCONNECT:
            client.will = None
            self._drop(client, self._now_ms(), None)
        else:
            raise Malformed(f"packet type {kind} is not for a broker of QoS 0 and 1")

    def _welcome(self, client: Connection, body: bytes) -> None:
        try:
            said = mqtt.parse_connect(body)
        except mqtt.UnknownLevel:
            client.to_client += mqtt.packet(mqtt.CONNACK, 0, bytes((0, BAD_LEVEL)))
            raise
        if not said.client and not said.clean:
            client.to_client += mqtt.packet(mqtt.CONNACK, 0, bytes((0, BAD_CLIENT)))
            raise Malformed("no client identifier without a clean session (3.1.3.1)")
        for other in list(self.connections):
            if said.client and other.connect and other.connect.client == said.client:
                self._drop(other, self._now_ms(), f"{said.client!r} has connected again")
        client.connect, client.will = said, said.will
        client.to_client += mqtt.packet(mqtt.CONNACK, 0, bytes((0, ACCEPTED)))

    def _take_message(self, client: Connection, flags: int, body: bytes) -> None:
        message, packet_id = mqtt.parse_publish(flags, body)
        if message.qos > 1:
            raise Malformed("PUBLISH with QoS 2, which this broker does not model")
        self._accept(message, self._now_ms())
        if packet_id is not None:
            client.to_client += mqtt.packet(mqtt.PUBACK, 0, packet_id.to_bytes(2, "big"))

    def _subscribe(self, client: Connection, packet_id: int, wanted: list) -> None:
        codes, granted = bytearray(), []
        for topic_filter, qos in wanted:
            legal = mqtt.is_filter(topic_filter)
            codes.append(min(qos, 1) if legal else 0x80)
            if legal:
                client.filters[topic_filter] = min(qos, 1)
                granted.append((topic_filter, min(qos, 1)))
        body = packet_id.to_bytes(2, "big") + bytes(codes)
        client.to_client += mqtt.packet(mqtt.SUBACK, 0, body)
        for topic_filter, qos in granted:
            for message in self._retained.values():
                if mqtt.matches(topic_filter, message.topic):
                    self._deliver(client, message, qos, True)

    def _accept(self, message: Message, t_ms: int) -> None:
        self.messages.append((t_ms, message.topic, message.payload, message.retain))
        if message.retain and message.payload:
            self._retained[message.topic] = message
        elif message.retain:
            self._retained.pop(message.topic, None)
        for client in self.connections:
            taken = [q for f, q in client.filters.items() if mqtt.matches(f, message.topic)]
            if taken:
                self._deliver(client, message, max(taken), False)

    def _deliver(self, client: Connection, message: Message, qos: int, retain: bool) -> None:
        out = Message(message.topic, message.payload, min(qos, message.qos))
        if out.qos:
            client.last_id = client.last_id % 65535 + 1
            client.inflight[client.last_id] = out
        client.to_client += mqtt.encode_publish(out, client.last_id, retain)

    def _drop(self, client: Connection, t_ms: int, complaint: str | None) -> None:
        """End a connection; its will, unless taken back by DISCONNECT, is published."""
        client.ended = True
        if client in self.connections:
            self.connections.remove(client)
        if complaint:
            self.complaints.append((t_ms, complaint))
        will, client.will = client.will, None
        if will:
            self._accept(will, t_ms)
