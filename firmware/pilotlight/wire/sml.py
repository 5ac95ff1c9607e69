"""SML 1.04, the telegrams German meters push every 1 to 4 s: bytes to integers.

Pure: no stream and no clock; who calls decides about timeouts. Transport: 1B1B1B1B 01010101,
messages, 1B1B1B1B 1A, number of padding bytes, CRC-16; four 1B within data come doubled. Only
GetListResponse is read, and its own CRC is checked, too: cut and merged telegrams have to pass
both. Both have one polynomial: 1 to 3 wrong bits and bursts up to 16 never pass, of other changes
within a message one in 65 536.

CRC: X.25, low byte first, or Kermit, high byte first, as early Holley DTZ541 have it. AUTO is
safe: for one length the two differ by a constant, so no frame suits both; one kind is tried per
frame, the other after a bad one, and the kind of the first good telegram stays until `give_up`.

Sources: BSI TR-03109-1 LMN for the format, dumps of real meters for what is sent.
"""

from micropython import const
from pilotlight.wire.phase import current_ma
from pilotlight.wire.smlbytes import CRC_TABLE, crc16, crc_as_sent, crc_begin
from pilotlight.wire.smllist import CURRENT, ENERGY, FREQUENCY, IMPORT, POWER, TARIFFS, TOTAL
from pilotlight.wire.smllist import VOLTAGE, Lists

WAITING = const(0)
DONE = const(1)
FAILED = const(2)

# Telegram.error; NAMES are the keys of counters and logs
OK = const(0)
NO_TELEGRAM = const(1)
NOISE = const(2)
CUT_SHORT = const(3)
OVERFLOW = const(4)
BAD_ESCAPE = const(5)
BAD_CRC = const(6)
BAD_MESSAGE_CRC = const(7)
MALFORMED = const(8)
NO_LIST = const(9)
NAMES = (
    "ok", "no telegram", "noise", "cut short", "overflow", "bad escape", "bad crc",
    "bad message crc", "malformed", "no list of values",
)  # fmt: skip

# kinds of CRC
AUTO = const(0)
X25 = const(1)
KERMIT = const(2)

CAPACITY = const(1024)  # bytes of messages in one telegram; the longest seen has 512
_MAX = const(0x3FFFFFFF)  # largest small int of a 32-bit MicroPython
_START = b"\x1b\x1b\x1b\x1b\x01\x01\x01\x01"
_ESCAPE = const(0x1B)
_AGAIN = const(0x01)
_END = const(0x1A)


class Telegram:
    """The newest telegram of a meter, collected from a stream cut anywhere; allocates nothing.

    `error` is that of the last telegram that ended, OK or not. The values are those of the last
    good one, None where it had none: currents in mA with the sign the meter gives (mostly a
    magnitude), powers in W with import positive, voltages in mV, energies in Wh, frequency in
    mHz. Energies are 1.8.0 and 2.8.0, else the sum of both tariffs. `is_rounded` tells that
    energy comes in whole kWh, as most meters send it until the PIN is entered. `steps` bounds what
    one call does behind the last byte (a step is one entry or 32 bytes of CRC); 0 is all at once.
    """

    phase_count = 0  # not counted
    clock_s = None  # meters tell the seconds since they were switched on, and no date

    def __init__(self, kind: int = AUTO, steps: int = 0):
        self.current_ma = [None, None, None]
        self.power_w = [None, None, None]
        self.voltage_mv = [None, None, None]
        self.total_w = None
        self.energy_wh = None
        self.export_wh = None
        self.frequency_mhz = None
        self.is_rounded = False
        self.state = WAITING
        self.error = NO_TELEGRAM
        self._kind = kind
        self._steps = steps
        self._is_kermit = kind == KERMIT
        self._is_settled = kind != AUTO
        self._is_known = False
        self._is_noisy = False
        self._buf = bytearray(CAPACITY + 4)  # and the four 1B before its end
        self._lists = Lists(self._buf)
        self._is_reading = False
        self._matched = 0  # bytes of a start sequence
        self._hunt()

    def feed(self, data, count: int) -> int:
        """Take the first `count` bytes of `data`; return `state`, told anew by each call.

        DONE if they completed a good telegram, else FAILED if they ended a bad one, else WAITING.
        After either the next start sequence is looked for, in the bytes already here, too. With
        `steps` DONE comes some calls later: call with a count of 0 as well.
        """
        self.state = WAITING
        if self._is_reading:
            self._read(self._steps)
        at = 0
        while at < count:
            if self._length >= 0 and not self._escape:
                at = self._take_plain(data, at, count)
            if at < count:
                self._take(data[at])
                at += 1
        return self.state

    def is_within(self) -> bool:
        """A telegram is coming in, or being read."""
        return self._length >= 0 or self._is_reading

    def give_up(self) -> None:
        """The time is over: FAILED as CUT_SHORT, NOISE or NO_TELEGRAM; any kind of CRC again."""
        self.state = WAITING
        if self._length >= 0 or self._is_reading:
            self._fail(CUT_SHORT)
        else:
            self._fail(NOISE if self._is_noisy else NO_TELEGRAM)
        self._matched = 0
        self._is_noisy = False
        self._is_reading = False
        self._is_settled = self._kind != AUTO

    def text(self) -> str:
        """Return the error in words, for logs; "ok" if there is none."""
        return NAMES[self.error]

    def is_reduced(self) -> bool:
        """True if neither current nor power of some phase is known: no use for balancing."""
        for phase in range(3):
            if self.current_ma[phase] is None and self.power_w[phase] is None:
                return True
        return False

    def hint(self) -> str:
        """Return what a person can do about missing phases; "" if all is there or none came."""
        if not self._is_known or not self.is_reduced():
            return ""
        if self.is_rounded:
            return "no values per phase: enter the meter's PIN, set INF on and PIN off"
        return "no values per phase: enter the PIN, set INF on; a basic meter has none"

    def _hunt(self):
        self._length = -1  # bytes of messages in the buffer; -1 outside a telegram
        self._escape = 0  # bytes of an escape sequence, 0...7
        self._code = 0
        self._pad = 0
        self._sent = 0
        self._crc = 0

    def _fail(self, error):
        if self.state != DONE:
            self.state = FAILED
            self.error = error
        self._hunt()

    def _begin(self):
        if self._is_reading:  # this start is not waited for: the rest at one go
            self._read(0)
        self._hunt()
        self._length = 0
        self._is_noisy = False
        self._crc = crc16(_START, 0, 8, crc_begin(self._is_kermit))

    def _take(self, byte):
        matched = self._matched
        if byte == _ESCAPE:
            matched = matched + 1 if matched < 4 else 4 if matched == 4 else 1
        else:
            matched = matched + 1 if byte == _AGAIN and matched >= 4 else 0
        self._matched = matched & 7
        if self._length >= 0:
            if self._escape < 4:
                self._take_data(byte)
            else:
                self._take_code(byte)
        elif matched == 8:
            self._begin()
        elif matched == 0:
            self._is_noisy = True

    def _take_plain(self, data, at, count):
        """Take the data up to the next 1B, at one go; return where that is."""
        buf = self._buf
        table = CRC_TABLE
        length = self._length
        crc = self._crc
        while at < count and length < CAPACITY and data[at] != _ESCAPE:
            byte = data[at]
            at += 1
            buf[length] = byte
            length += 1
            crc ^= byte
            crc = (crc >> 4) ^ table[crc & 15]
            crc = (crc >> 4) ^ table[crc & 15]
        self._length = length
        self._crc = crc
        self._matched = 0
        return at

    def _take_data(self, byte):
        if self._length >= CAPACITY + 4:
            self._fail(OVERFLOW)
            return
        self._buf[self._length] = byte
        self._length += 1
        self._add(byte)
        if byte != _ESCAPE:
            self._escape = 0
        else:
            self._escape += 1
            if self._escape == 4:  # no data, or the first half of a doubled one
                self._length -= 4

    def _add(self, byte):
        """One byte more for the CRC: crc16 without its loop."""
        crc = self._crc ^ byte
        crc = (crc >> 4) ^ CRC_TABLE[crc & 15]
        self._crc = (crc >> 4) ^ CRC_TABLE[crc & 15]

    def _take_code(self, byte):
        """The four bytes after 1B1B1B1B: the same again, a new start, or the end."""
        at = self._escape
        self._escape = at + 1
        if at == 4:
            self._code = byte
        if self._code == _END:
            self._take_end(at, byte)
        elif byte != self._code or (byte != _ESCAPE and byte != _AGAIN):
            self._fail(BAD_ESCAPE)
        elif at < 7:
            self._add(byte)
        elif byte == _AGAIN:
            self._fail(CUT_SHORT)
            self._begin()
        else:
            self._add(byte)
            self._escape = 0
            self._length += 4  # they still stand in the buffer

    def _take_end(self, at, byte):
        if at < 6:
            self._add(byte)
            self._pad = byte if at == 5 else 0
            if self._pad > 4:  # DZG fills a length of whole words up with four
                self._fail(BAD_ESCAPE)
        elif at == 6:
            self._sent = byte
        else:
            self._judge(self._sent << 8 | byte)

    def _judge(self, sent):
        if crc_as_sent(self._crc, self._is_kermit) != sent:
            if not self._is_settled:
                self._is_kermit = not self._is_kermit
            self._fail(BAD_CRC)
            return
        self._lists.begin(self._length - self._pad, self._is_kermit)
        self._is_reading = True
        self._hunt()
        self._read(self._steps)

    def _read(self, steps):
        """So many steps of reading, 0 for all."""
        left = steps
        while self._lists.step():
            left -= 1
            if left == 0:
                return
        self._is_reading = False
        if self._lists.fault != OK:
            self._fail(self._lists.fault)
            return
        self._publish()
        self._is_settled = True
        self._is_known = True
        self.state = DONE
        self.error = OK

    def _publish(self):
        values = self._lists.values
        for phase in range(3):
            power_w, voltage_mv = values[POWER + phase], values[VOLTAGE + phase]
            if power_w is None:
                power_w = values[IMPORT + phase]
            told_ma = values[CURRENT + phase]
            self.current_ma[phase] = (
                current_ma(power_w, voltage_mv) if told_ma is None else told_ma
            )
            self.power_w[phase] = power_w
            self.voltage_mv[phase] = voltage_mv
        self.total_w = values[TOTAL]
        self.energy_wh = _energy(values, ENERGY, TARIFFS)
        self.export_wh = _energy(values, ENERGY + 1, TARIFFS + 2)
        self.frequency_mhz = values[FREQUENCY]
        self.is_rounded = self._lists.is_coarse


def _energy(values, total, tariffs):
    """Return the total, else the sum of both tariffs; None if it is not known."""
    first = values[tariffs]
    second = values[tariffs + 1]
    if values[total] is not None or first is None or second is None:
        return values[total]
    return first + second if first <= _MAX - second else None
