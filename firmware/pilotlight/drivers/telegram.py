"""A meter that tells by itself: telegrams on a serial port, values with their age.

The same values as drivers.meter. No policy. Times are ticks_ms.
"""

from micropython import const
from time import ticks_ms

_CHUNK_BYTES = const(64)
_DONE, _FAILED = const(1), const(2)  # of every telegram


class TelegramMeter:
    """`stream` as in the board contract; `telegram`: p1.Telegram, sml.Telegram or
    iec62056.Readout, `names` of its errors. `is_on_l1`: all that it measures is there; then
    nothing flows in L2 and L3 if the meter has only one phase. Else their currents are not known.

    current_ma, power_w, voltage_mv, energy_wh, export_wh, total_w   as of SerialMeter
    clock_s     the meter's time at taken_ms, as of wire.p1; None while it is silent
    taken_ms    ticks when the newest good telegram began to come in: the values are a little older
    sequence    grows by 1 with every good telegram
    counts      telegrams per outcome: "ok", `names`, "port" for a broken stream
    lately      as of SerialMeter
    last_error  text of the latest failure, None before the first
    """

    def __init__(self, stream, telegram, names, is_on_l1=False):
        self._stream = stream
        self._telegram = telegram
        self._names = names
        self._is_on_l1 = is_on_l1
        self._chunk = bytearray(_CHUNK_BYTES)
        self._began_ms = None
        self.current_ma = telegram.current_ma
        self.power_w = telegram.power_w
        self.voltage_mv = telegram.voltage_mv
        self.taken_ms = None
        self.sequence = 0
        self.counts: "dict[str, int]" = dict.fromkeys(names, 0)
        self.counts["port"] = 0
        self.lately = 65536
        self.last_error = None
        self._is_told = False  # what is wrong since the last good one
        self._is_silent = False

    @property
    def energy_wh(self):
        """Energy imported, Wh, or None."""
        return self._telegram.energy_wh

    @property
    def export_wh(self):
        """Energy exported, Wh, or None."""
        return self._telegram.export_wh

    @property
    def total_w(self):
        """Power of all phases, W, or None."""
        return self._telegram.total_w

    @property
    def clock_s(self):
        """Seconds from the beginning of 2000, winter time, or None."""
        return None if self._is_silent else self._telegram.clock_s

    def poll(self) -> bool:
        """Take a chunk of what has come in, at most 64 bytes; True if there may be more."""
        try:
            count = self._stream.readinto(self._chunk)
        except OSError as error:
            self._fail("port", "serial port: %s" % error)
            return False
        telegram = self._telegram
        if not count and not telegram.is_within():
            return False
        if self._began_ms is None:
            self._began_ms = ticks_ms()
        state = telegram.feed(self._chunk, count or 0)  # it may still be reading
        if state == _DONE:
            self.counts["ok"] += 1
            self.lately += 1024 - (self.lately >> 6)
            self.taken_ms = self._began_ms
            self.sequence += 1
            self._is_told = self._is_silent = False
            if self._is_on_l1 and telegram.phase_count == 1 and self.current_ma[0] is not None:
                self.current_ma[1] = self.current_ma[2] = 0
        elif state == _FAILED:
            self._fail(self._names[telegram.error], telegram.text())
        if not telegram.is_within():
            self._began_ms = None
        return count == _CHUNK_BYTES

    def give_up(self):
        """Nothing good has come for too long: say why, and begin anew."""
        self._telegram.give_up()
        self._began_ms = None
        self._is_silent = True
        if not self._is_told:
            self._fail(self._names[self._telegram.error], self._telegram.text())

    def _fail(self, name, text):
        self.counts[name] += 1
        self.lately -= self.lately >> 6
        self.last_error = text
        self._is_told = True
