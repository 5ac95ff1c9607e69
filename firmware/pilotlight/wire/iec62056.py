"""IEC 62056-21 readout: lines of text to integers. For energy only, never for balancing.

A readout takes 2 to 20 s and is checked too weakly for a limit: in mode C by BCC, the exclusive
or of all bytes, which two equal errors pass. Mode D has no sum: there a telegram counts only if it
has the structure of the one before (codes, units, number of digits): lost characters are noticed,
a changed digit that keeps its parity is not.

Mode C, 300 baud 7E1: send REQUEST, feed until IDENTIFIED, send `acknowledge(baud)`, change to
that rate, feed until DONE. Mode D: listen. No stream and no clock, who calls gives up in time.
"""

from micropython import const
from pilotlight.wire import obistext
from pilotlight.wire.parity import seven_bits

WAITING = const(0)
DONE = const(1)
FAILED = const(2)
IDENTIFIED = const(3)

# Readout.error; NAMES are the keys of counters and logs
OK = const(0)
NO_REPLY = const(1)
CUT_SHORT = const(2)
OVERFLOW = const(3)
BAD_BCC = const(4)
BAD_CHARACTER = const(5)
BAD_LINE = const(6)
CONFLICT = const(7)
NEW_STRUCTURE = const(8)
NOT_OFFERED = const(9)
NAMES = (
    "ok", "no reply", "cut short", "overflow", "bad bcc", "bad character", "bad line",
    "one code with two values", "structure unlike the one before", "mode C not offered",
)  # fmt: skip

REQUEST = b"/?!\r\n"
BAUDS = (300, 600, 1200, 2400, 4800, 9600, 19200)

_LINE_BYTES = const(80)
_MOST_BYTES = const(16384)  # of one readout: 17 s at 9600 baud

_HUNT = const(0)  # phases
_IDENTIFICATION = const(1)
_DATA = const(2)
_BCC = const(3)


def acknowledge(baud: int) -> bytes:
    """Return what asks for the readout at `baud`, one of BAUDS; ValueError for any other."""
    return b"\x060%d0\r\n" % BAUDS.index(baud)


class Readout:
    """One readout after the other, of mode C with `has_bcc`, else D, from a stream cut anywhere.

    The values are those of the last good one, None where it had none: energies in Wh (1.8.0, else
    1.8.1 + 1.8.2), powers in W with import positive. Those of earlier months (*01) or without a
    unit are not taken. `baud` is what was offered last. `is_7e1` is for a line of 7 bits and even
    parity that is read as 8N1: bit 7 is checked as parity, then taken off.
    """

    current_ma = voltage_mv = (None, None, None)  # not read: nothing here is for balancing
    phase_count = 0
    clock_s = None

    def __init__(self, has_bcc: bool, is_7e1: bool = False):
        self.energy_wh = None
        self.export_wh = None
        self.total_w = None
        self.power_w = [None, None, None]
        self.baud = None
        self.state = WAITING
        self.error = NO_REPLY
        self._has_bcc = has_bcc
        self._is_7e1 = is_7e1
        self._former = -1  # structure of the telegram before, mode D
        self._new = [None] * obistext.PLACES  # type: list
        self._line = bytearray(_LINE_BYTES)
        self._begin(_HUNT)

    def feed(self, data, count: int) -> int:
        """Take the first `count` bytes of `data`; return `state`, told anew by each call.

        DONE if they ended a good readout, else IDENTIFIED or FAILED if one of these, or WAITING.
        """
        self.state = WAITING
        for i in range(count):
            self._take(seven_bits(data[i]) if self._is_7e1 else data[i])
        return self.state

    def is_within(self) -> bool:
        """A readout is coming in."""
        return self._phase != _HUNT

    def give_up(self) -> None:
        """The time is over: FAILED as NO_REPLY or CUT_SHORT."""
        self.state = WAITING
        self._fail(NO_REPLY if self._phase == _HUNT else CUT_SHORT)

    def text(self) -> str:
        """Return the error in words, for logs; "ok" if there is none."""
        return NAMES[self.error]

    def _begin(self, phase):
        self._phase = phase
        self._length = 0  # of the line
        self._count = 0  # of the readout
        self._bcc = 0
        self._structure = 0
        self._is_inside = False  # of brackets
        self._is_over = False
        for i in range(obistext.PLACES):
            self._new[i] = None

    def _fail(self, error):
        if self.state != DONE:
            self.state = FAILED
            self.error = error
        self._begin(_HUNT)

    def _take(self, byte):
        if self._phase == _BCC:
            if byte == self._bcc:
                self._publish()
            else:
                self._fail(BAD_BCC)
        elif byte == 0x2F and not (self._has_bcc and self._phase == _DATA):
            if self._phase == _DATA:
                self._fail(CUT_SHORT)  # a slash begins a telegram and stands nowhere else
            self._begin(_IDENTIFICATION)
            self._add(byte)
        elif self._phase != _HUNT:
            self._add(byte)
        elif byte == 2 and self._has_bcc:
            self._begin(_DATA)

    def _add(self, byte):
        self._bcc ^= byte
        self._count += 1
        if byte == 3 and self._is_over and self._has_bcc:
            self._phase = _BCC
        elif not 0x20 <= byte <= 0x7E and byte != 13 and byte != 10:
            self._fail(BAD_CHARACTER)
        elif self._count > _MOST_BYTES:
            self._fail(OVERFLOW)
        else:
            if byte == 0x28 or byte == 0x29:
                self._is_inside = byte == 0x28
            self._structure = obistext.structure(self._structure, byte, self._is_inside)
            if self._length < _LINE_BYTES:
                self._line[self._length] = byte
            self._length += 1
            if byte == 10:
                self._end_line(bytes(self._line[: self._length]))

    def _end_line(self, line):
        self._length = 0
        if self._phase == _IDENTIFICATION:
            self._identify(line)
        elif self._is_over:
            self._fail(BAD_LINE)
        elif line == b"!\r\n":
            self._is_over = True
            former = self._former
            self._former = self._structure
            if not self._has_bcc and former == self._former:
                self._publish()
            elif not self._has_bcc:
                self._fail(NEW_STRUCTURE)
        else:
            self._read_line(line)

    def _identify(self, line):
        """A slash, three letters, a character for the baud rate, and any name."""
        if not line[1:4].isalpha() or line[-2:] != b"\r\n":
            self._begin(_HUNT)  # our own request, heard back
        elif not self._has_bcc:
            self._phase = _DATA
        elif not b"0" <= line[4:5] <= b"6":
            self._fail(NOT_OFFERED)
        else:
            self.baud = BAUDS[line[4] - 48]
            self.state = IDENTIFIED if self.state != DONE else DONE
            self._begin(_HUNT)

    def _read_line(self, line):
        code, _, text = line.partition(b"(")
        place = obistext.place(code)
        if place is None:
            return
        try:
            value = obistext.value(place, text)
        except ValueError:
            self._fail(BAD_LINE)
            return
        if self._new[place] is not None and self._new[place] != value:
            self._fail(CONFLICT)
        else:
            self._new[place] = value

    def _publish(self):
        new = self._new
        self.energy_wh = obistext.energy(new, obistext.ENERGY)
        self.export_wh = obistext.energy(new, obistext.ENERGY + 3)
        self.total_w = obistext.total(new)
        for phase in range(3):
            self.power_w[phase] = obistext.net(new, obistext.POWER + phase, 3)
        self._begin(_HUNT)
        self.state = DONE
        self.error = OK
