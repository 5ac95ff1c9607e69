"""One TCP connection to the broker in memory: the client's end is a stream of the board contract.

It models what TCP and the kernels on the way do; what the broker says stands in `simbroker`.
Clock: the broker's, milliseconds that only grow.
"""

from __future__ import annotations

import errno
from typing import Any, Protocol

from .mqttpacket import Connect, Message

SOCKET_BYTES = 16384  # what the kernels on the way keep while nobody reads


class Broker(Protocol):
    """What a connection asks of its broker."""

    @property
    def up(self) -> bool: ...

    @property
    def reachable(self) -> bool: ...

    def poll(self) -> None: ...

    def stand(self, connection: Connection) -> None: ...

    def serve(self, connection: Connection) -> None: ...

    def hung_up(self, connection: Connection) -> None: ...


class Connection:
    """One TCP connection; the client's end is a stream of the board contract."""

    def __init__(self, broker: Broker, now_ms: int) -> None:
        self._broker = broker
        self._closed = False
        self.stands = False
        self.ended = False  # the broker's end is gone
        self.to_broker = bytearray()
        self.to_client = bytearray()
        self.connect: Connect | None = None
        self.will: Message | None = None
        self.filters: dict[str, int] = {}
        self.inflight: dict[int, Message] = {}
        self.last_id = 0
        self.heard_ms = now_ms

    def readinto(self, buf: Any) -> int | None:
        """Bytes put into `buf`; None: nothing now; 0: the broker has closed; OSError: refused."""
        if not self._ready():
            return None
        count = min(len(buf), len(self.to_client))
        if not count:
            return 0 if self.ended else None
        buf[:count] = self.to_client[:count]
        del self.to_client[:count]
        return count

    def write(self, data: Any) -> int | None:
        """Bytes taken, None while nothing can be; OSError after the broker has gone."""
        if not self._ready():
            return self._keep(data) if self.stands else None
        if self.ended:
            raise OSError(errno.ECONNRESET, "the broker has closed the connection")
        count = self._keep(data)
        self._broker.serve(self)
        return count

    def close(self) -> None:
        """The client hangs up; without a DISCONNECT before, the broker publishes the will."""
        if not self._closed:
            self._closed = True
            self._broker.hung_up(self)

    @property
    def closed(self) -> bool:
        """Has the client hung up?"""
        return self._closed

    @property
    def deadline_ms(self) -> int | None:
        """When the broker gives the silent client up: 1.5 keepalives after its last packet."""
        if self.connect is None or not self.connect.keepalive_s:
            return None
        return self.heard_ms + 1500 * self.connect.keepalive_s

    def _ready(self) -> bool:
        if self._closed:
            raise OSError(errno.EBADF, "the connection is closed")
        self._broker.poll()
        if self._broker.reachable and not self.stands:
            if not self._broker.up:
                raise OSError(errno.ECONNREFUSED, "the broker is down")
            self._broker.stand(self)
        return self._broker.reachable

    def _keep(self, data: Any) -> int | None:
        count = min(len(data), SOCKET_BYTES - len(self.to_broker))
        self.to_broker += bytes(data[:count])
        return count or None
