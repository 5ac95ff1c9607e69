"""Asks a time server, without ever waiting, and keeps the site's clock. Times in ms.

Two answers, some seconds apart, must agree before either is believed; then one every 17 minutes.
What disagrees with the clock by more than a minute must be said twice as well.
"""

import os

from micropython import const
from time import ticks_add, ticks_diff, ticks_ms

from pilotlight.services.resolver import Resolver
from pilotlight.wire import sntp
from pilotlight.wire.address import is_numeric

_PORT = const(123)
_STEP_MS = const(200)
_WAIT_MS = const(2000)  # for an answer
_TWIN_MS = const(8000)  # between two answers that must agree
_EVERY_MS = const(1024000)
_AGAIN_MS = const(60000)  # after a failure
_AGREE_MS = const(1000)
_OWN_MS = const(10)  # how exactly times of arrival are known


class Timekeeper:
    """`host`: of the time server, an address or a name. `times`: timesources.TimeSources."""

    def __init__(self, board, host, times, journal):
        self.trouble = None
        self._board = board
        self._host = host
        self._times = times
        self._clock = times.clock
        self._journal = journal
        self._resolver = None if is_numeric(host) else Resolver(board.network, host)
        self._datagrams = None  # while a question is open
        self._token = b""
        self._asked_ms = ticks_ms()
        self._due_ms = ticks_ms()
        self._first = None  # (s, ms, ticks) of the first of two answers

    async def run(self):
        """For ever."""
        pace = self._board.pace(_STEP_MS)
        while True:
            await pace.next(self)
            self.look(ticks_ms())

    def is_settled(self):
        """No answer is awaited."""
        return self._datagrams is None

    def due_ms(self, now_ms):
        """When somebody is asked again, and a beat that must not be left out (ticks)."""
        return self._due_ms

    def look(self, now_ms):
        """Once."""
        self._clock.advance(now_ms)
        try:
            if self._datagrams is not None:
                self._hear(now_ms, self._datagrams)
            elif ticks_diff(now_ms, self._due_ms) >= 0:
                self._ask(now_ms)
        except sntp.SntpError as error:
            self._fail(now_ms, str(error))
        except OSError as error:
            self._fail(now_ms, "no answer from " + self._host + " (" + str(error) + ")")

    def _ask(self, now_ms):
        if not self._board.network.is_up:
            self._due_ms = ticks_add(now_ms, _WAIT_MS)
            return
        address = self._host if self._resolver is None else self._resolver.address(now_ms)
        if address is None:
            return
        self._datagrams = self._board.network.datagrams(address, _PORT)
        self._token = os.urandom(8)
        self._asked_ms = now_ms
        self._datagrams.send(sntp.question(self._token))

    def _hear(self, now_ms, datagrams):
        packet = datagrams.receive(2 * sntp.SIZE)
        found = sntp.answer(packet, self._token) if packet else None
        took_ms = ticks_diff(now_ms, self._asked_ms)
        if found is not None:
            self._close()
            self._take(now_ms, found, took_ms)
        elif took_ms >= _WAIT_MS:
            raise OSError("nothing within 2 s")

    def _take(self, now_ms, found, took_ms):
        """On the way back it took between nothing and all of the time: half is within half."""
        utc_s, utc_ms, within_ms = found
        utc_ms += took_ms // 2
        utc_s, utc_ms = utc_s + utc_ms // 1000, utc_ms % 1000
        within_ms += took_ms // 2 + _OWN_MS
        self.trouble = None
        if self._resolver is not None:
            self._resolver.is_right()
        if not self._agrees(now_ms, utc_s, utc_ms):
            self._first = utc_s, utc_ms, now_ms
            self._due_ms = ticks_add(now_ms, _TWIN_MS)
            return
        self._first = None
        self._due_ms = ticks_add(now_ms, _EVERY_MS)
        self._times.offer(now_ms, utc_s, utc_ms, within_ms, "sntp")

    def _agrees(self, now_ms, utc_s, utc_ms):
        """With the answer before, or with a clock that this server has set."""
        if self._first is None:
            own_s = self._clock.utc_s(now_ms)
            return own_s is not None and self._clock.source == "sntp" and abs(own_s - utc_s) < 60
        first_s, first_ms, at_ms = self._first
        if abs(utc_s - first_s) > 3600:
            return False
        off_ms = (utc_s - first_s) * 1000 + utc_ms - first_ms - ticks_diff(now_ms, at_ms)
        return abs(off_ms) <= _AGREE_MS

    def _fail(self, now_ms, text):
        self._close()
        if self._resolver is not None:
            self._resolver.is_wrong()
        if text != self.trouble:
            self.trouble = text
            self._journal.note(now_ms, "clock: " + text)
        self._due_ms = ticks_add(now_ms, _AGAIN_MS)

    def _close(self):
        if self._datagrams is not None:
            self._datagrams.close()
            self._datagrams = None
