"""umqtt.simple as a codec: it talks to a memory port and never sees the network.

The client file is used unmodified. Every packet it writes lands in `tx`; where it would wait for
an answer, the answer stands ready in `rx`. Only whole packets are handed over, so no call can
block. Works with the release on PyPI (1.3.4) and with the later ones of micropython-lib: the
constructor gets no `ssl`, `connect` one positional argument, `unsubscribe` is never called and
what `wait_msg` returns is not used.
"""

from umqtt import simple


class Port:
    """The only socket umqtt ever sees; also stands in for the socket module while it connects."""

    SOCK_STREAM = 1
    AF_INET = 2

    def __init__(self):
        self.tx = bytearray()
        self.rx = b""

    def write(self, data, count=None):
        """Take everything, at once."""
        self.tx.extend(data if count is None else memoryview(data)[:count])
        return len(data) if count is None else count

    send = write

    def read(self, count):
        """Give exactly what is asked for; a codec that asks for more than that is out of step."""
        out, self.rx = self.rx[:count], self.rx[count:]
        if len(out) != count:
            raise OSError(-1)
        return out

    recv = read

    def setblocking(self, flag):
        """Memory never blocks."""

    settimeout = connect = setblocking

    def close(self):
        """Nothing to close."""

    def socket(self, *_):
        """Be the socket that the client asks its socket module for."""
        return self

    def getaddrinfo(self, *_):
        """Be the resolver that the client asks: nothing is looked up."""
        return [(0, 0, 0, "", None)]


class Codec:
    """Encodes and decodes MQTT 3.1.1 packets.

    `on_message(topic, payload)` gets what is published to us.
    """

    def __init__(self, client_id, user, password, keepalive_s, on_message):
        self.port = Port()
        self.client_id = client_id
        self._client = simple.MQTTClient(
            client_id,
            "memory",
            user=user.encode() if user else None,
            password=password.encode(),
            keepalive=keepalive_s,
        )
        self._client.set_callback(on_message)

    def connect(self, will_topic, will_payload):
        """CONNECT with a clean session and a retained last will."""
        client = self._client
        client.set_last_will(will_topic, will_payload, True, 1)
        self.port.tx = bytearray()
        client.sock = None  # newer releases would close the old one
        real = simple.socket
        simple.socket = self.port
        try:
            self.port.rx = b"\x20\x02\x00\x00"
            client.connect(True)
        finally:
            simple.socket = real

    def _next_pid(self):
        self._client.pid %= 65535  # the client's own never wraps, and 0 is illegal
        return self._client.pid + 1

    def publish(self, topic, payload, is_retained):
        """PUBLISH with QoS 0."""
        self._client.publish(topic, payload, is_retained)

    def publish_surely(self, topic, payload, is_retained):
        """PUBLISH with QoS 1; returns the packet id whose PUBACK confirms it."""
        pid = self._next_pid()
        self.port.rx = bytes((0x40, 2, pid >> 8, pid & 255))
        self._client.publish(topic, payload, is_retained, 1)
        return pid

    def subscribe(self, topic_filter):
        """SUBSCRIBE with QoS 1. Filters of 123 bytes and more go out malformed before 1.8.0."""
        if len(topic_filter) > 122:
            raise ValueError(
                "subscribe: filter of " + str(len(topic_filter)) + " bytes, 122 at most"
            )
        pid = self._next_pid()
        self.port.rx = bytes((0x90, 3, pid >> 8, pid & 255, 0))
        self._client.subscribe(topic_filter, 1)

    def ping(self):
        """PINGREQ."""
        self._client.ping()

    def disconnect(self):
        """DISCONNECT: the broker then keeps the last will to itself."""
        self._client.disconnect()

    def accept(self, packet):
        """Decode one whole PUBLISH packet; calls `on_message`, and puts a PUBACK into `tx` for QoS
        1.
        """
        self.port.rx = packet
        try:
            self._client.wait_msg()
        except (AssertionError, IndexError):
            raise OSError("malformed PUBLISH")
