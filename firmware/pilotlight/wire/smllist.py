"""The messages within an SML telegram: lists of lists to a table of integers.

Pure; wire.sml finds and checks the telegram. Every element begins with a type-length field (TL):
type in bits 6-4, length in the low half byte, bit 7 if another such byte follows. A list's length
counts elements, any other bytes, those of the TL included. Lists nest; whatever is not looked for
is skipped by counting, without recursion. Source: BSI TR-03109-1 LMN, dumps of meters.
"""

from micropython import const
from pilotlight.wire.smlbytes import crc16, crc_as_sent, crc_begin, scaled

# as in wire.sml
OK = const(0)
BAD_MESSAGE_CRC = const(7)
MALFORMED = const(8)
NO_LIST = const(9)

# What is looked for: C, D, E of the OBIS code 1-0:C.D.E*255 and the place in Lists.values. The sum
# of power is 16.7.0 only: 15.7.0 has no sign, and 1.7.0 mostly no export.
CURRENT = const(0)  # mA, of L1, L2, L3
POWER = const(3)  # W
VOLTAGE = const(6)  # mV
TOTAL = const(9)  # W
ENERGY = const(10)  # Wh, import and export
FREQUENCY = const(12)  # mHz
TARIFFS = const(13)  # Wh: 1.8.1, 1.8.2, 2.8.1, 2.8.2
IMPORT = const(17)  # W: 21.7.0..., with which EasyMeter Q3C (signed) and old MT681 tell POWER
_PLACES = {
    0x1F0700: 0, 0x330700: 1, 0x470700: 2,
    0x240700: 3, 0x380700: 4, 0x4C0700: 5,
    0x200700: 6, 0x340700: 7, 0x480700: 8,
    0x100700: 9, 0x010800: 10, 0x020800: 11, 0x0E0700: 12,
    0x010801: 13, 0x010802: 14, 0x020801: 15, 0x020802: 16,
    0x150700: 17, 0x290700: 18, 0x3D0700: 19,
}  # fmt: skip
# A W V W Wh Hz Wh W
_UNITS = b"\x21\x21\x21\x1b\x1b\x1b\x23\x23\x23\x1b\x1e\x1e\x2c\x1e\x1e\x1e\x1e\x1b\x1b\x1b"
_DECIMALS = b"\x03\x03\x03\x00\x00\x00\x03\x03\x03\x00\x00\x00\x03\x00\x00\x00\x00\x00\x00\x00"
_WATTS = const(0x1B)
_WATT_HOURS = const(0x1E)

_OCTETS = const(0x00)
_INT = const(0x50)
_UINT = const(0x60)
_LIST = const(0x70)
_GET_LIST_RESPONSE = const(0x701)
_DZG = const(0x445A47)  # the letters of that maker within a server id


class Lists:
    """Reads the values of all GetListResponses of one telegram, step by step; allocates nothing.

    `values` has what the table above names, None if it was not sent, has another unit than that
    table, or does not fit. `is_coarse` tells that energy came in whole kWh. `fault` is OK or the
    first fault: then no value counts. MALFORMED also if one code comes twice with two values.
    """

    def __init__(self, buf):
        self.values = [None] * len(_UNITS)  # type: list
        self.is_coarse = False
        self.fault = OK
        self._buf = buf
        self._is_kermit = False
        self._is_dzg = False
        self._has_list = False
        self._end = 0
        self._at = 0
        self._size = 0
        self._start = 0  # of the message
        self._left = 0  # entries
        self._sum_at = 0  # how far its CRC has come, -1 if it is not being made
        self._sum_end = 0
        self._crc = 0
        self._sent = 0

    def begin(self, end: int, is_kermit: bool) -> None:
        """Go to the first message of those in buf[0:end]."""
        self._at = 0
        self._end = end
        self._left = 0
        self._sum_at = -1
        self._is_kermit = is_kermit
        self._has_list = False
        self.is_coarse = False
        self.fault = OK if end > 0 else MALFORMED
        for i in range(len(self.values)):
            self.values[i] = None

    def step(self) -> bool:
        """Read an entry, or the CRC of 32 bytes, or the frame of a message; False at the end."""
        if self.fault != OK:
            return False
        if self._left:
            self._left -= 1
            self._read_entry()
            if not self._left:
                self._end_list()
        elif self._sum_at >= 0:
            self._sum()
        elif self._at < self._end:
            self._read_message()
        else:
            self.fault = OK if self._has_list else NO_LIST
            return False
        return True

    def _refuse(self, fault):
        if self.fault == OK:
            self.fault = fault
        self._size = 0
        self._at = self._end
        return -1

    def _tag(self):
        """Read a TL and return the type: `_size` elements or bytes follow, and are there."""
        at = self._at
        size = 0
        kind = -1
        while at < self._end and at < self._at + 3:
            byte = self._buf[at]
            at += 1
            size = size << 4 | (byte & 15)
            if kind < 0:
                kind = byte & 0x70
            if not byte & 0x80:
                break
        else:
            return self._refuse(MALFORMED)
        if kind != _LIST:
            size -= at - self._at
            if size < 0 or at + size > self._end:
                return self._refuse(MALFORMED)
        self._at = at
        self._size = size
        return kind

    def _expect(self, kind, size):
        """Step into a list of `size` elements."""
        if self._tag() != kind or self._size != size:
            self._refuse(MALFORMED)

    def _skip(self, left):
        """Pass over so many elements and all that is in them."""
        buf = self._buf
        while left > 0 and self.fault == OK:
            left -= 1
            at = self._at
            byte = buf[at] if at < self._end else 0
            if byte & 0x80 or byte & 0x70 == _LIST or not byte & 15:
                if self._tag() == _LIST:
                    left += self._size
                else:
                    self._at += self._size
            elif at + (byte & 15) > self._end:
                self._refuse(MALFORMED)
            else:
                self._at = at + (byte & 15)

    def _integer(self):
        """Return an integer of up to 3 bytes, leading zeros not counted; None if it is none."""
        at = self._at
        if at + 2 <= self._end and self._buf[at] == 0x62:  # most of them
            self._at = at + 2
            return self._buf[at + 1]
        kind = self._tag()
        if kind == _OCTETS and not self._size:  # an optional element that is not there
            return None
        if (kind != _INT and kind != _UINT) or not self._size:
            return self._refuse(MALFORMED)
        value = -1 if kind == _INT and self._buf[self._at] & 0x80 else 0
        for at in range(self._at, self._at + self._size):
            if not -0x10000 <= value <= 0xFFFF:
                return self._refuse(MALFORMED)
            value = value << 8 | self._buf[at]
        self._at += self._size
        return value

    def _three(self, at):
        return self._buf[at] << 16 | self._buf[at + 1] << 8 | self._buf[at + 2]

    def _read_message(self):
        """Six elements: id, group, abort, body of tag and content, CRC, and a zero byte."""
        self._start = self._at
        self._expect(_LIST, 6)
        self._skip(3)
        self._expect(_LIST, 2)
        if self._integer() == _GET_LIST_RESPONSE:
            self._begin_list()
        else:
            self._skip(1)
            self._end_message()

    def _begin_list(self):
        """Seven elements: client, server, name, time, entries, signature, time."""
        self._expect(_LIST, 7)
        self._skip(1)
        self._is_dzg = (
            self._tag() == _OCTETS and self._size > 4 and self._three(self._at + 2) == _DZG
        )
        self._at += self._size
        self._skip(2)
        if self._tag() != _LIST:
            self._refuse(MALFORMED)
        self._left = self._size
        self._has_list = True
        if not self._left:
            self._end_list()

    def _end_list(self):
        self._skip(2)
        self._sum_at = self._start
        self._sum_end = self._at
        self._crc = crc_begin(self._is_kermit)
        self._end_message()

    def _end_message(self):
        self._sent = self._integer()
        if self._at >= self._end or self._buf[self._at]:
            self._refuse(MALFORMED)
        self._at += 1

    def _sum(self):
        end = min(self._sum_at + 32, self._sum_end)
        self._crc = crc16(self._buf, self._sum_at, end, self._crc)
        self._sum_at = end
        if end == self._sum_end:
            self._sum_at = -1
            if crc_as_sent(self._crc, self._is_kermit) != self._sent:
                self._refuse(BAD_MESSAGE_CRC)

    def _read_entry(self):
        """Seven elements: OBIS code, status, time, unit, scaler, value, signature."""
        self._expect(_LIST, 7)
        self._expect(_OCTETS, 6)
        place = self._place()
        self._skip(2)
        unit = self._integer()
        scaler = self._integer()
        value = self._at
        self._skip(1)
        if place is not None and self.fault == OK and unit == _UNITS[place]:
            self._keep(place, value, 0 if scaler is None else scaler)
        self._skip(1)

    def _place(self):
        """Return where the value of the code at the cursor belongs, None if nowhere."""
        if self.fault != OK:
            return None
        at = self._at
        self._at = at + 6
        buf = self._buf
        if buf[at] != 1 or buf[at + 1] or buf[at + 5] != 0xFF:
            return None
        return _PLACES.get(self._three(at + 2))

    def _keep(self, place, at, scaler):
        """Take the integer whose TL is at `at`; anything but 1...8 bytes leaves None.

        Some meters of DZG drop the zero byte before a positive number, which then looks negative
        (libsml issues 59 and 125): there a negative power of up to 3 bytes is unknown.
        """
        kind = self._buf[at] & 0xF0
        size = (self._buf[at] & 15) - 1
        if (kind != _INT and kind != _UINT) or not 0 < size <= 8:
            return
        value = scaled(self._buf, at + 1, size, kind == _INT, scaler + _DECIMALS[place])
        unit = _UNITS[place]
        is_doubtful = unit == _WATT_HOURS or (unit == _WATTS and size < 4 and self._is_dzg)
        if value is None or (value < 0 and is_doubtful):
            return
        former = self.values[place]
        if former is not None and former != value:
            self._refuse(MALFORMED)
        self.values[place] = value
        if place == ENERGY and scaler >= 3:
            self.is_coarse = True
