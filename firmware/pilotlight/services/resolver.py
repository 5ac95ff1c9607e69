"""Looks up the address of a name, without ever waiting. Times in ticks (ms).

A name server is asked three times, 1.5 s each; two take turns. An address that has led to a peer
is kept: while no name server answers it goes on being used. One that has not is asked for anew.
"""

import os

from micropython import const
from time import ticks_add, ticks_diff

from pilotlight.core.deadline import unless_passed
from pilotlight.wire import dns

_PORT = const(53)
_TRIES = const(3)
_TRY_MS = const(1500)
_MOST_BYTES = const(512)
_READS = const(4)
_LEAST_S = const(60)
_MOST_S = const(86400)


class Resolver:
    """Of one `name`, through the network port `network`."""

    def __init__(self, network, name):
        self._network = network
        self._name = name
        self._address = None  # what was told last
        self._until_ms = None  # it holds
        self._good = None  # the last one that led to the peer
        self._datagrams = None  # while a question is open
        self._asked = b""
        self._tries = 0
        self._due_ms = 0

    def address(self, now_ms):
        """The address, or None while it is asked for. Raises OSError if it cannot be known."""
        self._until_ms = unless_passed(now_ms, self._until_ms)
        if self._until_ms is not None:
            return self._address
        try:
            if self._tries == 0:
                self._ask(now_ms)
            found = self._heard()
        except dns.DnsError as error:
            self._close()
            raise OSError(self._name + ": " + str(error))
        except OSError:
            found = None  # nobody listens there: as good as silence
        if found is not None:
            addresses, ttl_s = found
            self._close()
            self._keep(now_ms, addresses[0], min(max(ttl_s, _LEAST_S), _MOST_S))
            return self._address
        if ticks_diff(now_ms, self._due_ms) >= 0:
            return self._try_again(now_ms)
        return None

    def is_right(self):
        """The peer has been met at the address."""
        self._good = self._address

    def is_wrong(self):
        """It has not: the next time it is asked for anew."""
        self._until_ms = None

    def _keep(self, now_ms, address, for_s):
        self._address = address
        self._until_ms = ticks_add(now_ms, for_s * 1000)

    def _try_again(self, now_ms):
        if self._tries < _TRIES:
            try:
                self._ask(now_ms)
            except OSError:
                self._due_ms = ticks_add(now_ms, _TRY_MS)
            return None
        self._close()
        if self._good is None:
            is_known = self._network.name_servers
            raise OSError(
                self._name + ": no name server " + ("answers" if is_known else "is known")
            )
        self._keep(now_ms, self._good, _LEAST_S)
        return self._address

    def _ask(self, now_ms):
        self._drop_datagrams()
        self._due_ms = ticks_add(now_ms, _TRY_MS)
        servers = self._network.name_servers
        self._tries += 1
        if servers:
            self._asked = dns.question(self._name, int.from_bytes(os.urandom(2), "big"))
            server = servers[(self._tries - 1) % len(servers)]
            self._datagrams = self._network.datagrams(server, _PORT)
            self._datagrams.send(self._asked)

    def _heard(self):
        for _ in range(_READS):
            packet = None if self._datagrams is None else self._datagrams.receive(_MOST_BYTES)
            if not packet:
                return None
            found = dns.answer(packet, self._asked)
            if found is not None:
                return found
        return None

    def _close(self):
        self._drop_datagrams()
        self._tries = 0

    def _drop_datagrams(self):
        if self._datagrams is not None:
            self._datagrams.close()
            self._datagrams = None
