"""The other side of ../remote/README.md on USB: readings out, outputs in. No policy.

Clock: ticks (ms). Nothing in the loop allocates. Outputs expire in interrupt context
(io_guard.py), so nothing that takes its time here can hold them.
"""

import select
import sys
from array import array
from time import sleep_ms, ticks_add, ticks_diff, ticks_ms

from io_lines import facts, or_none, put_reading
from io_text import numbers, put, put_hex, put_word
from micropython import const

from pilotlight.drivers.rp2.resets import WATCHDOG_MS

_STEP_MS = const(5)
_SLOW_MS = const(200)
_FIRST_LOOKS_MS = const(10)  # of the guard
_SILENT_MS = const(1000)  # nothing heard for so long: whoever was there is gone
_X1 = const(10000)
_LF = const(10)
_LONGEST = const(100)  # bytes of a line that is taken
_AT_ONCE = const(64)  # bytes read before readings have their turn
_PIECE = const(256)  # bytes written at once: what the chip's USB buffers
_TEXT = const(1024)  # bytes of a step: an `in` line for every outlet and one line of a clamp


class Server:
    """Serves one computer on `board`'s USB: sys.stdin and sys.stdout."""

    def __init__(self, board):
        self._board = board
        self._ports = board.outlets
        clamps = board.clamps
        self._windows = [array("H", bytes(2 * clamps.samples)) for _ in range(clamps.channels)]
        self._window = 0
        self._window_ms = None  # when the window that is being sent ended
        self._channel = 0  # the next one of it
        self._duties = [_X1] * len(self._ports)
        self._coils = [0] * len(self._ports)
        self._is_served = self._is_fed = self._is_testing = False
        self._heard_ms = self._fed_ms = self._slow_ms = ticks_ms()
        self._line = bytearray(_LONGEST)
        self._size = 0
        self._one = bytearray(1)
        self._numbers = array("i", bytes(4 * 2 * len(self._ports)))
        self._text = bytearray(_TEXT)
        self._at = self._end = 0  # what of the text is to be written
        self._readable = select.poll()
        self._readable.register(sys.stdin, select.POLLIN)
        self._writable = select.poll()
        self._writable.register(sys.stdout, select.POLLOUT)
        self._rest_of_gear = b" - 0" * len(self._ports)
        # an empty line first: another one may have been cut short
        self._hello = b"\nhello 1\n"
        self._dead = self._hello + b"no beat of the guard, is its wire there?\n"
        self._greeting = self._hello + facts(board)

    def run(self):
        """For ever. A beat is a deadline, not a sleep."""
        sleep_ms(_FIRST_LOOKS_MS)
        next_ms = ticks_ms()
        self._step(next_ms)  # nobody is greeted before it is known whether the guard lives
        while True:
            left_ms = ticks_diff(next_ms, ticks_ms())
            self._listen(max(0, left_ms))
            now_ms = ticks_ms()
            late_ms = ticks_diff(now_ms, next_ms)
            if late_ms >= 0:
                next_ms = ticks_add(next_ms, late_ms - late_ms % _STEP_MS + _STEP_MS)
                self._step(now_ms)

    def _step(self, now_ms):
        board = self._board
        board.latch(now_ms)
        board.commit(now_ms)
        if self._is_served:
            is_silent = ticks_diff(now_ms, self._heard_ms) >= _SILENT_MS
            if is_silent or self._is_starved(now_ms) or not board.is_guarded:
                self._leave()
            elif self._at == self._end:
                self._compose(now_ms)
        if self._is_testing and board.has_expired:
            self._test(0)
        self._write()
        board.feed()

    def _is_starved(self, now_ms):
        return self._is_fed and ticks_diff(now_ms, self._fed_ms) >= WATCHDOG_MS

    # ------------------------------------------------------------------ lines in

    def _listen(self, wait_ms):
        """Take what bytes there are, and wait so long for the first of them."""
        for _ in range(_AT_ONCE):
            is_there = False
            for _ in self._readable.ipoll(wait_ms):
                is_there = True
            if not is_there:
                return
            sys.stdin.buffer.readinto(self._one)
            self._take(self._one[0])
            wait_ms = 0

    def _take(self, byte):
        size = self._size
        if byte == _LF:
            self._size = 0
            if size <= _LONGEST:
                self._heard_ms = ticks_ms()
                self._obey(size)
        elif size < _LONGEST:
            self._line[size] = byte
            self._size = size + 1
        else:
            self._size = _LONGEST + 1

    def _obey(self, size):
        """Do what a line says; one that is not as it must be does nothing."""
        if self._begins(b"hello", size):
            self._greet(size)
        elif not self._is_served:
            return
        elif self._begins(b"out", size):
            self._set_outputs(size)
        elif self._begins(b"feed", size):
            self._is_fed = True
            self._fed_ms = self._heard_ms
        elif self._begins(b"gear", size):
            self._set_gear(size)
        elif self._begins(b"safe", size):
            self._off()
        elif self._begins(b"edges", size):
            self._set_edges(size)

    def _begins(self, word, size):
        """The first word of the line is this one."""
        if size < len(word):
            return False
        for i in range(len(word)):
            if self._line[i] != word[i]:
                return False
        return size == len(word) or self._line[len(word)] == 32

    def _greet(self, size):
        """Begin anew with whoever says that. Who speaks another version hears ours."""
        self._leave()
        self._is_served = numbers(self._line, 5, size, self._numbers, 1) == 1
        self._is_served = self._is_served and self._numbers[0] == 1 and self._board.is_guarded
        said = self._greeting if self._is_served else self._hello
        if not self._board.is_guarded:
            said = self._dead
        self._end = put_word(self._text, 0, said, len(said))
        self._at = 0
        self._board.panel.set_led(self._is_served)

    def _set_outputs(self, size):
        found, count = self._numbers, len(self._ports)
        if numbers(self._line, 3, size, found, 2 * count) != 2 * count:
            return
        for i in range(count):
            if not (0 <= found[2 * i] <= _X1 and 0 <= found[2 * i + 1] <= 1):
                return
        if self._board.refresh():
            for i in range(count):
                self._duties[i] = _X1
        for i in range(count):
            duty, coil = found[2 * i], found[2 * i + 1]
            if duty != self._duties[i]:
                self._duties[i] = duty
                self._ports[i].set_duty(duty)
            if coil != self._coils[i]:  # the guard is told of changes only
                self._coils[i] = coil
                self._ports[i].set_contactor(coil == 1)

    def _set_gear(self, size):
        """Test current; locks and fans there are none."""
        line, rest = self._line, self._rest_of_gear
        if size != 6 + len(rest) or not 48 <= line[5] <= 49:
            return
        for i in range(len(rest)):
            if line[6 + i] != rest[i]:
                return
        self._test(line[5] - 48)

    def _set_edges(self, size):
        found = self._numbers
        if numbers(self._line, 5, size, found, 3) == 3 and 1 <= found[0] <= len(self._ports):
            if -13200 <= found[1] <= found[2] <= 13200:
                self._ports[found[0] - 1].set_edges(found[1], found[2])

    def _test(self, is_on):
        self._is_testing = is_on == 1
        self._board.set_residual_test(is_on)

    def _off(self):
        for i in range(len(self._ports)):
            self._ports[i].set_contactor(False)
            self._ports[i].set_duty(_X1)
            self._coils[i] = 0
            self._duties[i] = _X1
        self._test(0)

    def _leave(self):
        """Nobody is served: everything off, and no level is one of C."""
        self._off()
        for port in self._ports:
            port.set_edges(-13200, -13200)
        self._is_served = self._is_fed = False
        self._board.panel.set_led(False)

    # ------------------------------------------------------------------ lines out

    def _compose(self, now_ms):
        """The readings of now; behind them a clamp's window, or what is told now and then."""
        at, text = 0, self._text
        for i in range(len(self._ports)):
            port = self._ports[i]
            if port.high_mv is not None:
                at = put_reading(text, at, i + 1, port)
        if self._window_ms is None:
            self._window_ms = self._board.clamps.read(self._windows)
            self._window = (self._window + 1) & 0xFFFFFF
            self._channel = 0
        if self._window_ms is not None:
            at = self._put_window(text, at, now_ms)
        elif ticks_diff(now_ms, self._slow_ms) >= _SLOW_MS:
            self._slow_ms = now_ms
            at = put_word(text, at, b"slow", 4)
            at = put(text, at, self._board.is_dimmed)
            for port in self._ports:
                at = put(text, at, or_none(port.plug_c()))
            at = put_word(text, at, b"\n", 1)
        self._at, self._end = 0, at

    def _put_window(self, text, at, now_ms):
        counts = self._windows[self._channel]
        self._channel += 1
        at = put_word(text, at, b"clamps", 6)
        at = put(text, at, self._channel)
        at = put(text, at, self._window)
        at = put(text, at, ticks_diff(now_ms, self._window_ms))
        at = put_hex(text, at, counts, len(counts))
        if self._channel == len(self._windows):
            self._window_ms = None
        return put_word(text, at, b"\n", 1)

    def _write(self):
        """As much as the computer takes. Each line begun is ended."""
        while self._at < self._end:
            has_room = False
            for _ in self._writable.ipoll(0):
                has_room = True
            if not has_room:
                return
            size = min(_PIECE, self._end - self._at)
            self._at += sys.stdout.buffer.write(self._text, self._at, size)
