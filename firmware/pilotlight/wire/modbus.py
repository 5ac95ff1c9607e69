"""Modbus RTU, client side: requests out, replies in.

Pure: bytes and integers, no stream and no clock; who calls decides about timeouts and quiet time.
Frames are address, function, data, CRC-16 with the low byte first (Modbus over serial line 1.02,
2.5.1). The silent intervals t1.5 and t3.5 are not used to find a frame's end: the length comes
from the byte count, so a pause of the garbage collector does not break a frame.
"""

from micropython import const

WAITING = const(0)
DONE = const(1)
FAILED = const(2)

# Reply.error; NAMES are the keys of counters and logs
OK = const(0)
NO_REPLY = const(1)
CUT_SHORT = const(2)
BAD_CRC = const(3)
WRONG_ADDRESS = const(4)
WRONG_FUNCTION = const(5)
WRONG_COUNT = const(6)
EXCEPTION = const(7)
TRAILING = const(8)
OVERFLOW = const(9)
NOISE = const(10)
NAMES = (
    "ok",
    "no reply",
    "cut short",
    "bad crc",
    "wrong address",
    "wrong function",
    "wrong count",
    "exception",
    "trailing",
    "overflow",
    "noise",
)

EXCEPTIONS = {
    1: "illegal function",
    2: "illegal address",
    3: "illegal count",
    4: "device failure",
    5: "acknowledge, later",
    6: "busy",
    8: "parity",
    10: "gateway path",
    11: "gateway target silent",
}

REQUEST_BYTES = const(8)
DATA_AT = const(3)  # where the first register stands in Reply.buf
_ADU_BYTES = const(256)
_CAPACITY = const(264)  # one frame behind the echo of the request

# CRC-16/MODBUS of the 16 half bytes: reflected 0xA001; half bytes keep the table at 16 entries.
_CRC = (
    0x0000, 0xCC01, 0xD801, 0x1400, 0xF001, 0x3C00, 0x2800, 0xE401,
    0xA001, 0x6C00, 0x7800, 0xB401, 0x5000, 0x9C01, 0x8801, 0x4400,
)  # fmt: skip


def crc16(buf, start: int, end: int) -> int:
    """Return CRC-16/MODBUS of buf[start:end], 0...0xFFFF; 0 over a whole frame with its CRC."""
    table = _CRC
    crc = 0xFFFF
    for at in range(start, end):
        crc ^= buf[at]
        crc = (crc >> 4) ^ table[crc & 15]
        crc = (crc >> 4) ^ table[crc & 15]
    return crc


def read_request(address: int, function: int, start: int, count: int, into) -> None:
    """Write the 8 bytes of a register read into `into`.

    address 1...247 (0 is broadcast, and some meters answer it), function 3 or 4, start 0...65535,
    count 1...125 registers. Raises ValueError naming what is out of range.
    """
    _check("address", address, 1, 247)
    _check("function", function, 3, 4)
    _check("start", start, 0, 65535)
    _check("count", count, 1, 125)
    into[0] = address
    into[1] = function
    into[2] = start >> 8
    into[3] = start & 255
    into[4] = 0
    into[5] = count
    crc = crc16(into, 0, 6)
    into[6] = crc & 255
    into[7] = crc >> 8


def _check(key, value, low, high):
    if not low <= value <= high:
        raise ValueError("modbus %s: %s is out of range (%d...%d)" % (key, value, low, high))


class Reply:
    """One reply, collected byte by byte into its own buffer; feeding allocates nothing.

    Accepted only if address, function, byte count and CRC are those of the request and nothing
    follows. `state` is WAITING, DONE or FAILED; `error` one of the constants above, `detail` what
    came instead: exception code, address, function, byte count, or number of bytes.
    With DONE the registers stand in `buf` from DATA_AT on, high byte first. `turn_ms` is for its
    user: how long the latest good one took, beside the time of both frames.
    """

    def __init__(self):
        self.buf = bytearray(_CAPACITY)
        self.length = 0
        self.state = FAILED
        self.error = NO_REPLY
        self.detail = 0
        self.turn_ms = 0
        self._request = bytes(REQUEST_BYTES)
        self._echo_gone = False

    def expect(self, request) -> None:
        """Wait for the reply to `request`, the bytes of `read_request`; kept, not copied."""
        self._request = request
        self.length = 0
        self.state = WAITING
        self.error = OK
        self.detail = 0
        self._echo_gone = False

    def feed(self, data, count: int) -> int:
        """Take the first `count` bytes of `data`; return `state`.

        Bytes after DONE fail the reply: then it is not known what the frame was.
        """
        if count and self.state == DONE:
            self._fail(TRAILING, count)
        if self.state != WAITING:
            return self.state
        if self.length + count > _CAPACITY:
            self._fail(OVERFLOW, self.length + count)
            return self.state
        buf = self.buf
        at = self.length
        for i in range(count):
            buf[at + i] = data[i]
        self.length = at + count
        if not self._is_echo():
            self._look()
        return self.state

    def give_up(self) -> None:
        """The time is over: a reply still awaited has failed as NO_REPLY or CUT_SHORT."""
        if self.state == WAITING:
            self._fail(CUT_SHORT if self.length else NO_REPLY, self.length)

    @property
    def is_refused(self) -> bool:
        """True for exceptions 1-3: the request does not suit this device, asking again is idle."""
        return self.error == EXCEPTION and 1 <= self.detail <= 3

    @property
    def is_owed(self) -> bool:
        """The reply has not been here, not even spoiled: it may still come, too late."""
        error = self.error
        if error == CUT_SHORT or error == BAD_CRC:
            return not 3 <= self.length - 2 * self._request[5] <= 7
        return error != OK and error != EXCEPTION

    def text(self) -> str:
        """Return the error in words, for logs; "ok" if there is none."""
        error = self.error
        if error == EXCEPTION:
            name = EXCEPTIONS.get(self.detail, "unknown")
            return "exception %d (%s)" % (self.detail, name)
        if error == WRONG_ADDRESS:
            return "address %d answered instead of %d" % (self.detail, self._request[0])
        if error == WRONG_FUNCTION:
            return "function %d came instead of %d" % (self.detail, self._request[1])
        if error == WRONG_COUNT:
            return "%d data bytes came instead of %d" % (self.detail, 2 * self._request[5])
        if error in (CUT_SHORT, TRAILING, OVERFLOW):
            return "%s: %d bytes" % (NAMES[error], self.detail)
        return NAMES[error]

    def _fail(self, error, detail):
        self.state = FAILED
        self.error = error
        self.detail = detail

    def _is_echo(self):
        """True while all that came may be our own request, heard back by a two-wire transceiver.

        A whole echo is dropped, once. A reply cannot be taken for it by chance: 8 bytes, CRC and
        all, would have to agree.
        """
        if self._echo_gone:
            return False
        for i in range(min(self.length, REQUEST_BYTES)):
            if self.buf[i] != self._request[i]:
                self._echo_gone = True
                return False
        if self.length < REQUEST_BYTES:
            return True
        self._echo_gone = True
        self.length -= REQUEST_BYTES
        for i in range(self.length):
            self.buf[i] = self.buf[i + REQUEST_BYTES]
        return False

    def _look(self):
        """Judge the frame as soon as its length is known and its bytes are there."""
        if self.length < DATA_AT:
            return
        function = self.buf[1]
        if function & 0x80:  # any of them: one server answers 0x80 to a read of 126 registers
            end = 5
        elif function == self._request[1]:
            end = 5 + self.buf[2]
        elif self.buf[0] == self._request[0]:
            return self._fail(WRONG_FUNCTION, function)
        else:
            return self._fail(NOISE, self.length)
        if end > _ADU_BYTES:
            self._fail(OVERFLOW, end)
        elif self.length >= end:
            self._judge(end)

    def _judge(self, end):
        buf = self.buf
        if crc16(buf, 0, end) != 0:
            self._fail(BAD_CRC, end)
        elif self.length > end:
            self._fail(TRAILING, self.length - end)
        elif buf[0] != self._request[0]:
            self._fail(WRONG_ADDRESS, buf[0])
        elif buf[1] & 0x80:
            self._fail(EXCEPTION, buf[2])
        elif buf[2] != 2 * self._request[5]:
            self._fail(WRONG_COUNT, buf[2])
        else:
            self.state = DONE
