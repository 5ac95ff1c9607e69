"""One MQTT connection: bytes over a board stream, whole packets to the codec, timeouts by the
clock.

No call blocks: at most one write and a few reads a step, and no further packet after 6 ms. Any
trouble drops the link; it is opened again after 1, 2, 4 ... 30 s and up to a quarter more, by name
and number of tries: a street full of them does not return at once. Times in ms.
"""

from micropython import const
from time import ticks_add, ticks_diff, ticks_ms

from pilotlight.wire.address import is_numeric
from pilotlight.wire.mqttframe import FrameError, Frames

DOWN, OPENING, UP = range(3)

_CONNECT_MS = const(10000)  # from the start of connecting to CONNACK
_STALL_MS = const(10000)  # bytes that the other side does not take for so long
_BACKOFF_MS = (1000, 2000, 4000, 8000, 16000, 30000)
_TX_MOST = const(4096)
_READS = const(4)
_READING_MS = const(6)  # and the packet that was begun then: a command takes a Pico 4 ms


class _NoStream:
    """Stands where there is no connection."""

    def readinto(self, _):
        """Nothing comes."""

    def write(self, _):
        """Nothing is taken."""

    def close(self):
        """Nothing is open."""


_NO_STREAM = _NoStream()


class Link:
    """`codec`: services.mqttport.Codec. `on_up()` is called after CONNACK, `on_packet(kind,
    packet)` for every whole packet that is not CONNACK."""

    def __init__(self, network, host, port, keepalive_s, codec):
        self.state = DOWN
        self.trouble = None  # why the link was dropped last, text
        self.drops = 0
        self._network = network
        self._host, self._port = host, port
        self._resolver = None
        if not is_numeric(host):
            from pilotlight.services.resolver import Resolver

            self._resolver = Resolver(network, host)
        self._keepalive_ms = keepalive_s * 1000
        self._codec = codec
        self._salt = sum(codec.client_id)
        self._stream = _NO_STREAM
        self._frames = Frames()
        self._buffer = bytearray(256)
        self._retry_ms = None
        self._tries = 0
        self._deadline_ms = 0
        self.heard_ms = 0
        self._ping_ms = 0
        self._progress_ms = 0

    @property
    def has_room(self):
        """True while the broker takes what is sent: publish only then."""
        return self.state == UP and len(self._codec.port.tx) < _TX_MOST // 2

    @property
    def is_idle(self):
        """Nothing is waiting to be sent, and no answer to the connection is awaited."""
        return self.state != OPENING and not self._codec.port.tx

    def due_ms(self, now_ms):
        """When the link has something to do by itself (ticks)."""
        if self.state == DOWN:
            return now_ms if self._retry_ms is None else self._retry_ms
        return self._ping_ms

    def step(self, will_topic, will_payload, on_up, on_packet):
        """Move bytes, decode packets, watch the clock. Never raises; trouble drops the link."""
        now_ms = ticks_ms()
        try:
            if self.state == DOWN:
                self._open(now_ms, will_topic, will_payload)
            else:
                self._write(now_ms)
                self._read(now_ms, on_up, on_packet)
                self._watch(now_ms)
        except FrameError as error:
            self.drop(now_ms, "broker: " + str(error))
        except OSError as error:
            self.drop(now_ms, "broker: connection lost (" + str(error) + ")")

    def drop(self, now_ms, trouble):
        """Give the connection up and try again later."""
        self.trouble = trouble
        if self.state != DOWN:
            self.drops += 1
        if self._resolver is not None and self.state == OPENING:
            self._resolver.is_wrong()
        self._stream.close()
        self._stream = _NO_STREAM
        self.state = DOWN
        self._frames.clear()
        self._codec.port.tx = bytearray()
        wait_ms = _BACKOFF_MS[min(self._tries, len(_BACKOFF_MS) - 1)]
        wait_ms += wait_ms * ((self._salt * 31 + self._tries * 97) % 256) // 1024
        self._retry_ms = ticks_add(now_ms, wait_ms)
        self._tries += 1

    def _open(self, now_ms, will_topic, will_payload):
        if self._retry_ms is not None and ticks_diff(now_ms, self._retry_ms) < 0:
            return
        if not self._network.is_up:
            self._tries = 0
            self._retry_ms = ticks_add(now_ms, _BACKOFF_MS[0])
            self.trouble = "network is down"
            return
        address = self._host if self._resolver is None else self._resolver.address(now_ms)
        if address is None:
            return
        self._stream = self._network.connect(address, self._port)
        self._codec.connect(will_topic, will_payload)
        self.state = OPENING
        self._deadline_ms = ticks_add(now_ms, _CONNECT_MS)
        self.heard_ms = self._progress_ms = now_ms
        self._ping_ms = ticks_add(now_ms, self._keepalive_ms // 2)

    def _write(self, now_ms):
        tx = self._codec.port.tx
        if not tx:
            self._progress_ms = now_ms
            return
        if len(tx) > _TX_MOST:
            raise OSError("more to send than the broker takes")
        count = self._stream.write(tx)
        if count:
            self._codec.port.tx = tx[count:]
            self._progress_ms = now_ms
        elif self.state == UP and ticks_diff(now_ms, self._progress_ms) >= _STALL_MS:
            raise OSError("broker takes nothing for 10 s")

    def _read(self, now_ms, on_up, on_packet):
        reads = 0
        while ticks_diff(ticks_ms(), now_ms) < _READING_MS:
            packet = self._frames.next()
            if packet is not None:
                self._take(packet, on_up, on_packet)
                continue
            count = None if reads == _READS else self._stream.readinto(self._buffer)
            if count is None:
                return
            if count == 0:
                raise OSError("closed by the broker")
            reads += 1
            self.heard_ms = now_ms
            self._frames.feed(self._buffer, count)

    def _take(self, packet, on_up, on_packet):
        if self.state == OPENING:
            if packet[0] != 0x20 or len(packet) != 4:
                raise OSError("no CONNACK but packet type " + str(packet[0] >> 4))
            if packet[3] != 0:
                raise OSError("refused the connection, code " + str(packet[3]))
            self.state = UP
            self._tries = 0
            if self._resolver is not None:
                self._resolver.is_right()
            on_up()
        else:
            on_packet(packet[0] & 0xF0, packet)

    def _watch(self, now_ms):
        if self.state == OPENING:
            if ticks_diff(now_ms, self._deadline_ms) >= 0:
                raise OSError("no answer within 10 s")
        elif ticks_diff(now_ms, self.heard_ms) >= self._keepalive_ms * 3 // 2:
            raise OSError("silent for 1.5 x keep-alive")
        elif ticks_diff(now_ms, self._ping_ms) >= 0:
            # also shows whether the broker still lives: state alone is not answered
            self._codec.ping()
            self._ping_ms = ticks_add(now_ms, self._keepalive_ms // 2)
