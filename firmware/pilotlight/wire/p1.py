"""DSMR P1: telegrams of Dutch, Belgian, Luxembourg, Swedish and like meters to integers.

A telegram is lines of text, "/" to "!" and its CRC (DSMR 5.0 P1 companion standard, 5.2 and 6.12;
units, decimals and widths as met in public telegrams of 12 kinds of meter). Pure: bytes in,
integers out, no stream and no clock. Lines are judged one by one, so a text message of 2048 hex
digits needs no buffer of that size.
"""

from micropython import const
from pilotlight.wire.p1line import code_text, digits_of, is_name
from pilotlight.wire.parity import seven_bits
from pilotlight.wire.p1values import CONFLICT, MALFORMED, Values

WAITING = const(0)
DONE = const(1)
FAILED = const(2)

# Telegram.error; NAMES are the keys of counters and logs
OK = const(0)
NO_TELEGRAM = const(1)
NOISE = const(2)
CUT_SHORT = const(3)
NO_CRC = const(4)
BAD_CRC = const(5)
# 6 MALFORMED, 7 CONFLICT: p1values
OVERFLOW = const(8)
PARITY = const(9)
ENCRYPTED = const(10)
NAMES = (
    "ok",
    "no telegram",
    "noise",
    "cut short",
    "no crc",
    "bad crc",
    "malformed",
    "conflict",
    "overflow",
    "parity",
    "encrypted",
)

_LINE_BYTES = const(64)  # the longest line used has 37 bytes; of longer ones the head is kept
_MOST_BYTES = const(16384)  # five text messages of 2048 hex digits, and the rest
_CIPHER_HEAD = const(13)  # 0xDB, 8, system title, 0x82, length: DLMS general-glo-ciphering

_HUNT = const(0)  # for "/" or 0xDB
_TEXT = const(1)
_CIPHER = const(2)
_SKIP = const(3)

_LF = const(10)
_CR = const(13)
_SLASH = const(47)
_END = const(33)  # "!"

# CRC-16/ARC (reflected 0xA001, begins with 0) of the 16 half bytes
_CRC = (
    0x0000, 0xCC01, 0xD801, 0x1400, 0xF001, 0x3C00, 0x2800, 0xE401,
    0xA001, 0x6C00, 0x7800, 0xB401, 0x5000, 0x9C01, 0x8801, 0x4400,
)  # fmt: skip


class Telegram(Values):
    """Telegrams out of a stream; feeding allocates nothing. Values are of the last whole one.

    `needs_crc=False` lets telegrams without CRC count too, as DSMR 2.2 and 3 and Mode D meters
    send them: then only the form of lines protects their values. `is_7e1` is for a line of 7
    bits and even parity that is read as 8N1: bit 7 is checked as parity, then taken off.
    """

    def __init__(self, needs_crc=True, is_7e1=False):
        super().__init__()
        self.needs_crc = needs_crc
        self.is_7e1 = is_7e1
        self.state = WAITING
        self.error = OK
        self.detail = 0
        self._line = bytearray(_LINE_BYTES)
        self._length = 0
        self._mode = _HUNT
        self._bytes = 0
        self._skip = 0
        self._crc = self._sum = 0  # up to the last byte, up to "!"

    def feed(self, data, count: int) -> int:
        """Take the first `count` bytes of `data`, any bytes; return `state`.

        DONE: a telegram ended within them and the values are new. FAILED: one was refused, `error`
        says why and `detail` is the OBIS code or the number of bytes. Else WAITING.
        """
        self.state = WAITING
        self.error = OK
        at = 0
        while at < count:
            if self._mode == _TEXT:
                at = self._take_text(data, at, count)
            elif self._mode == _HUNT:
                at = self._hunt(data, at, count)
            elif self._mode == _CIPHER:
                at = self._take_cipher(data, at)
            else:
                step = min(self._skip, count - at)
                self._skip -= step
                at += step
                self._mode = _SKIP if self._skip else _HUNT
        return self.state

    def is_within(self) -> bool:
        """A telegram is coming in."""
        return self._mode != _HUNT

    def give_up(self) -> None:
        """The time is over: FAILED as NO_TELEGRAM, NOISE or CUT_SHORT; begin anew."""
        self.state = WAITING
        if self._mode == _TEXT:
            self._fail(CUT_SHORT, self._bytes)
        else:
            self._fail(NOISE if self._bytes else NO_TELEGRAM, self._bytes)
        self._bytes = 0

    def text(self) -> str:
        """Return the error in words, for logs; "ok" if there is none."""
        name, detail = NAMES[self.error], self.detail
        if self.error in (MALFORMED, CONFLICT):
            return "%s: %s" % (name, code_text(detail))
        if self.error in (NOISE, CUT_SHORT, OVERFLOW, ENCRYPTED):
            return "%s: %d bytes" % (name, detail)
        return name

    def _fail(self, error, detail):
        """Refuse what is coming in; a telegram that was whole within the same bytes stays."""
        self._mode = _HUNT
        if self.state != DONE:
            self.state = FAILED
            self.error = error
            self.detail = detail

    def _hunt(self, data, at, count):
        for i in range(at, count):
            byte = data[i]
            if byte == 0xDB:
                self._mode = _CIPHER
                self._length = 0
                return i
            if (seven_bits(byte) if self.is_7e1 else byte) == _SLASH:
                self._begin()
                return i
        self._bytes = min(_MOST_BYTES, self._bytes + count - at)
        return count

    def _begin(self):
        self._mode = _TEXT
        self._bytes = self._length = 0
        self._crc = self._sum = 0
        self.clear()

    def _take_text(self, data, at, count):
        """Take bytes up to the end of a line or of the chunk; return where the next one is."""
        line, table, is_7e1 = self._line, _CRC, self.is_7e1
        crc, length = self._crc, self._length
        end, byte = count, 0
        for i in range(at, count):
            byte = seven_bits(data[i]) if is_7e1 else data[i]
            crc ^= byte
            crc = (crc >> 4) ^ table[crc & 15]
            crc = (crc >> 4) ^ table[crc & 15]
            if length < _LINE_BYTES:
                line[length] = byte
            length += 1
            if 47 < byte < 127 or 33 < byte < 47 or byte == _CR:
                continue
            if byte == _LF:
                end = i + 1
                break
            self._crc = crc
            self._length = length
            if not self._may_be_here(byte):
                return i
        self._crc = crc
        self._length = length
        self._bytes += end - at
        if self._bytes > _MOST_BYTES:
            self._fail(OVERFLOW, self._bytes)
        elif byte == _LF:
            self._end_line()
        return end

    def _may_be_here(self, byte):
        """Judge "!", "/", a space, or a byte that is no text; the telegram is over if False."""
        if byte == _END:
            if self._length == 1:
                self._sum = self._crc
        elif byte == _SLASH:
            # a meter has one in its name: /HLY5/D545-METER (esphome issue 3042)
            if self._length > 1 and (self._line[0] != _SLASH or self._length < 6):
                self._fail(CUT_SHORT, self._bytes)
        elif byte != 32:
            self._fail(PARITY if self.is_7e1 and byte == 255 else NOISE, self._bytes)
        return self._mode == _TEXT

    def _end_line(self):
        line, length = self._line, self._length
        self._length = 0
        is_whole = 1 < length <= _LINE_BYTES and line[length - 2] == _CR
        if line[0] == _END:
            self._finish(length - 2 if is_whole else 0)
        elif line[0] == _SLASH:
            if not is_name(line):
                self._fail(NOISE, self._bytes)
        elif is_whole:
            self.note(line, length - 2, True)
        else:
            self.note(line, min(length, _LINE_BYTES), False)

    def _finish(self, end):
        """Judge the telegram by its last line, "!" and the digits before `end`."""
        if end == 1 and (self.needs_crc or self.has_version):
            self._fail(NO_CRC, self._bytes)
        elif end != 1 and digits_of(self._line, 1, end, 16) != self._sum:
            self._fail(BAD_CRC, self._bytes)
        elif self.fault:
            self._fail(self.fault, self.fault_code)
        else:
            self.publish()
            self._mode = _HUNT
            self._bytes = 0
            self.state = DONE
            self.error = OK
            self.detail = 0

    def _take_cipher(self, data, at):
        """Take a byte of an encrypted frame's head, to know how many bytes to pass over."""
        line, length = self._line, self._length
        byte = data[at]
        line[length] = byte
        self._length = length + 1
        if (length == 1 and byte != 8) or (length == 10 and byte != 0x82):
            self._mode = _HUNT
            return at  # it may be a "/"
        if length == _CIPHER_HEAD - 1:
            self._skip = line[11] << 8 | byte
            if 0 < self._skip <= _MOST_BYTES:
                self._fail(ENCRYPTED, self._skip)
                self._mode = _SKIP
            else:
                self._mode = _HUNT
        return at + 1
