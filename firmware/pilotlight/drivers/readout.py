"""A meter that is asked for its readout: IEC 62056-21 mode C, for energy only.

It is called at 300 baud, names a rate, and goes on at that one; from the request to the last byte
it takes 2 to 20 s. The line is 7E1, sent and read as 8N1. Times are ticks_ms.
"""

from micropython import const
from time import ticks_add, ticks_diff, ticks_ms

from pilotlight.drivers.port import SerialPort
from pilotlight.drivers.telegram import TelegramMeter
from pilotlight.wire import iec62056
from pilotlight.wire.parity import with_parity

_CALL_BAUD = const(300)
_SENT_MS = const(230)  # six characters at 300 baud; the answer begins 200 ms later at the earliest
_REST_MS = const(60000)  # from the end of one readout to the next request


class ReadoutMeter(TelegramMeter):
    """`open_at(baud)` returns a stream of the board contract, or raises OSError. `most_baud`: the
    highest rate to change to; if the meter names a higher one, it stays at 300. Values as of
    TelegramMeter.
    """

    def __init__(self, open_at, most_baud):
        self._baud = _CALL_BAUD
        self._most_baud = most_baud
        self._due_ms = None  # nothing is done before
        self._is_asked = False
        port = SerialPort(lambda: open_at(self._baud))
        TelegramMeter.__init__(self, port, iec62056.Readout(True, True), iec62056.NAMES)

    def poll(self) -> bool:
        """Ask if it is time, and take a chunk of what has come in; True if there may be more."""
        now_ms = ticks_ms()
        if self._due_ms is not None:
            if ticks_diff(now_ms, self._due_ms) < 0:
                return False
            self._due_ms = None
            self._stream.close()  # to be opened at another rate
        if not self._is_asked:
            self._is_asked = True
            self._send(iec62056.REQUEST)
        self._telegram.state = iec62056.WAITING
        more = TelegramMeter.poll(self)
        if self._telegram.state == iec62056.IDENTIFIED:
            baud = self._telegram.baud
            if baud > self._most_baud:
                baud = _CALL_BAUD
            self._send(iec62056.acknowledge(baud))
            if baud != _CALL_BAUD:
                self._baud = baud
                self._due_ms = ticks_add(now_ms, _SENT_MS)
        elif self._telegram.state == iec62056.DONE:
            self._rest()
        return more

    def give_up(self):
        """As of TelegramMeter; asks again a minute later."""
        TelegramMeter.give_up(self)
        self._rest()

    def _fail(self, name, text):
        TelegramMeter._fail(self, name, text)
        self._rest()

    def _send(self, text):
        try:
            self._stream.write(with_parity(text))
        except OSError as error:
            self._fail("port", "serial port: %s" % error)

    def _rest(self):
        self._is_asked = False
        self._baud = _CALL_BAUD
        self._due_ms = ticks_add(ticks_ms(), _REST_MS)
