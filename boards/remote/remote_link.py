"""The line protocol to the other side (README.md): handshake, input lines in, output lines out.

Clock: ticks (ms), handed in. Levels in mV, ages in ms. `pump` parses bytes where they lie: it
makes next to no garbage, whatever arrives. Trouble ends the connection; it is opened again after 1
s.
"""

from micropython import const
from time import ticks_add, ticks_diff

VERSION = "1"
HELLO = b"hello 1\n"
KEYS = (
    "outlets",
    "clamps",
    "samples",
    "window_ms",
    "max_ma",
    "readback",
    "proximity",
    "residual",
    "watchdog_ms",
    "hold_ms",
)
GEAR = ("lock", "ventilation", "test")  # these and the following may be missing: 0
MORE = ("guard", "plug", "dimming", "skew_us")

_BUFFER = const(4096)  # also the longest line
_RETRY_MS = const(1000)
_SILENT_MS = const(1000)  # nothing at all for this long: the other side is as good as gone
_READS = const(8)  # at most 32 KiB a call
_LF = const(10)
_MINUS = const(45)
_SPACE = const(32)
_BAD = const(0x3FFFFFFF)  # no field is that large


class Link:
    """One connection over the stream that `begin()` makes. `takers`: (first word, function) for
    each kind of line; the function is called as f(link, now_ms) with the cursor behind the word,
    and returns False if the line is malformed."""

    hello = HELLO

    def __init__(self, begin, takers):
        self.is_up = False  # handshake done
        self.facts = None  # what the other side is: a dict of KEYS, GEAR and MORE
        self.malformed = 0  # lines ignored, over all connections
        self.trouble = None  # why there is no connection, text
        self.losses = 0
        self._begin = begin
        self._takers = takers
        self._stream = None
        self._retry_ms = None
        self._heard_ms = 0
        self._has_greeted = False
        self._rx = bytearray(_BUFFER)
        self._view = memoryview(self._rx)
        self._end = 0
        self._is_skipping = False
        self._rest = None  # of a line that was taken in part
        self._at = 0
        self._stop = 0

    # ------------------------------------------------------------------ connection

    def pump(self, now_ms):
        """Read and parse all there is. Never raises: trouble is kept in `trouble`."""
        try:
            if self._stream is None:
                self._open(now_ms)
            else:
                self._read(now_ms)
        except OSError as error:
            self.drop(now_ms, str(error))

    def drop(self, now_ms, trouble):
        """End the connection; the other side opens everything when it sees that."""
        self.trouble = trouble
        if self.is_up:
            self.losses += 1
        self.is_up = False
        if self._stream is not None:
            self._stream.close()
            self._stream = None
        self._retry_ms = ticks_add(now_ms, _RETRY_MS)

    def _open(self, now_ms):
        if self._retry_ms is not None and ticks_diff(now_ms, self._retry_ms) < 0:
            return
        self._stream = self._begin()
        self._end = 0
        self._is_skipping = False
        self._has_greeted = False
        self._rest = self.hello
        self._heard_ms = now_ms

    def _read(self, now_ms):
        if not self.is_up:
            self._push()
        for _ in range(_READS):
            count = self._stream.readinto(self._view[self._end :])
            if count is None:
                break
            if count == 0:
                raise OSError("closed by the other side")
            self._heard_ms = now_ms
            self._end += count
            self._parse(now_ms)
            if self._stream is None:
                return
        if ticks_diff(now_ms, self._heard_ms) >= _SILENT_MS:
            raise OSError("nothing heard for 1 s")

    # ------------------------------------------------------------------ out

    def send(self, now_ms, line):
        """Send a whole line, or nothing while the line before it is not through."""
        try:
            if self.is_up and self._push():
                count = self._stream.write(line) or 0
                if 0 < count < len(line):
                    self._rest = bytes(line[count:])
                return count > 0
        except OSError as error:
            self.drop(now_ms, str(error))
        return False

    def _push(self):
        """Send what is left of the latest line; True if nothing is left."""
        if self._rest is not None:
            count = self._stream.write(self._rest) or 0
            self._rest = self._rest[count:] or None
        return self._rest is None

    # ------------------------------------------------------------------ in

    def _parse(self, now_ms):
        """Take every whole line out of the buffer, move the rest to its front."""
        rx, begin, at = self._rx, 0, 0
        while at < self._end:
            if rx[at] == _LF:
                if not self._is_skipping:
                    self._line(now_ms, begin, at)
                    if self._stream is None:
                        return
                self._is_skipping = False
                begin = at + 1
            at += 1
        if begin:
            rest = self._end - begin
            self._view[:rest] = self._view[begin : self._end]
            self._end = rest
        elif self._end == _BUFFER:
            self._end = 0
            if not self._is_skipping:
                self.malformed += 1
            self._is_skipping = True

    def _line(self, now_ms, begin, stop):
        self._at = begin
        self._stop = stop
        if not self.is_up:
            self._handshake(bytes(self._view[begin:stop]))
            return
        for word, take in self._takers:
            if self._word(word):
                if not take(self, now_ms):
                    self.malformed += 1
                return
        self.malformed += 1

    def _handshake(self, line):
        if not self._has_greeted:
            if line + b"\n" != HELLO:
                raise OSError("does not say 'hello " + VERSION + "' but " + repr(line[:40]))
            self._has_greeted = True
            return
        facts = _facts(line)
        if self.facts is not None and facts != self.facts:
            raise OSError("is another board than before")
        self.facts = facts
        self.is_up = True
        self.trouble = None

    def _word(self, word):
        """True if the line goes on with `word`; the cursor then stands behind it."""
        at = self._at
        if at + len(word) > self._stop:
            return False
        for byte in word:
            if self._rx[at] != byte:
                return False
            at += 1
        self._at = at
        return True

    def number(self, low, high):
        """The next field: a decimal number low...high, None for `-`, or `BAD`."""
        rx, at, stop = self._rx, self._at, self._stop
        is_negative = at < stop and rx[at] == _MINUS
        if is_negative:
            at += 1
        first, value = at, 0
        while at < stop and 48 <= rx[at] <= 57 and at - first < 9:
            value = value * 10 + rx[at] - 48
            at += 1
        is_number = at > first
        if at < stop and rx[at] != _SPACE:
            return _BAD
        self._at = at + 1
        if not is_number:
            return None if is_negative else _BAD
        value = -value if is_negative else value
        return value if low <= value <= high else _BAD

    @property
    def is_at_end(self):
        """No field is left on the line."""
        return self._at > self._stop

    def copy_rest(self, into):
        """Copy the last field of the line into `into`; False if it has another length."""
        if self._stop - self._at != len(into):
            return False
        into[:] = self._view[self._at : self._stop]
        return True


BAD = _BAD


def _facts(line):
    """The dict of a `board` line. OSError if a key is missing or out of range."""
    words = line.split()
    facts = dict.fromkeys(GEAR + MORE, 0)
    if words[:1] == [b"board"]:
        for word in words[1:]:
            key, _, value = word.decode().partition("=")
            if key in KEYS + GEAR + MORE and value.isdigit() and len(value) < 7:
                facts[key] = int(value)
    for key in KEYS:
        if key not in facts:
            raise OSError("board line without " + key + ": " + repr(line[:40]))
    if not (1 <= facts["outlets"] <= 8 and facts["clamps"] <= 12):
        raise OSError("board line: outlets must be 1...8, clamps 0...12")
    if facts["clamps"] and not 100 <= facts["samples"] <= 250:
        raise OSError("board line: samples must be 100...250")
    return facts
