"""One outlet's terminals on the carrier (boards/pico/README.md): pilot, proximity, contacts.

Levels in mV at the pilot terminal, times in ticks (ms). Everything but the coil is read from the
ring of samples (samples.py).
"""

from micropython import const

from pilotlight.drivers.rp2 import samples

# sums of 6 samples: mv * 6 * 4095 / 3300
_TOP = const(24570)  # 3300 mV
_MIRROR_OPEN = const(8190)  # 1100 mV
_MIRROR_CLOSED = const(16380)  # 2200 mV
_TRIPPED = const(2978)  # 400 mV
_NOTHING = const(23500)  # 22 kohm: nothing is plugged in
_PULL_UP_OHM = const(1000)
_SHORT = const(480)  # 65 mV: no plug is at 150 C, but an NTC may be shorted
_PLUG_NTC = const(12)  # number of the first one's turn

# 10 kohm NTC, B 3950, against 10 kohm: degrees C at 1, 2 ... 9 tenths of the full scale
_NTC_C = (84, 60, 45, 34, 25, 16, 7, -3, -17)


class OutletPort:
    """Outlet `index` (0...3) of `clockwork` and `guard`, its pilot on `pilot_pin`."""

    def __init__(self, index, clockwork, guard, pilot_pin):
        self._index = index
        self._clockwork = clockwork
        self._guard = guard
        self._pilot_pin = pilot_pin
        self.high_mv = None
        self.low_mv = None
        self.taken_ms = None
        self.proximity_ohm = None
        self.contactor_is_closed = None
        self.residual_tripped = False
        self.opened_by_guard = False

    def latch(self, now_ms, is_sound, opened):
        """Take this outlet's inputs; none of them is known if the sampling is not sound. `opened`:
        what Guard.opened says.
        """
        self.opened_by_guard = opened >> self._index & 1 == 1
        if not is_sound:
            self.high_mv = self.low_mv = self.proximity_ohm = None
            self.contactor_is_closed = None
            self.residual_tripped = False  # a missing pilot reading opens; a trip would latch
            return
        words = self._clockwork.words
        samples.outlet(words, self._clockwork.ring, self._index)
        self.high_mv = words[samples.HIGH_MV]
        self.low_mv = words[samples.LOW_MV]
        self.taken_ms = now_ms
        total = words[samples.PROXIMITY]
        self.proximity_ohm = None if total > _NOTHING else total * _PULL_UP_OHM // (_TOP - total)
        total = words[samples.MIRROR]
        self.contactor_is_closed = True if total > _MIRROR_CLOSED else None
        if total < _MIRROR_OPEN:
            self.contactor_is_closed = False
        self.residual_tripped = words[samples.RESIDUAL] > _TRIPPED

    def plug_c(self):
        """Temperature at the plug, degrees C within 3; 84 if it is hotter, None without a sensor
        (or below -17), and if it is shorted.
        """
        clockwork = self._clockwork
        total = samples.slow(clockwork.words, clockwork.ring, _PLUG_NTC + self._index) * 10
        if total < _SHORT * 10:
            return None
        step = total // _TOP - 1
        if step < 0:
            return _NTC_C[0]
        if step >= 8:  # 2970 mV
            return None
        return _NTC_C[step] + (_NTC_C[step + 1] - _NTC_C[step]) * (total % _TOP) // _TOP

    def set_duty(self, duty):
        """Pilot duty in 1/100 %."""
        self._clockwork.set_duty(self._pilot_pin, duty)

    def set_edges(self, from_mv, below_mv):
        """Levels, as measured, between which the guard leaves a closed contactor closed."""
        self._guard.set_edges(self._index, from_mv, below_mv)

    def set_contactor(self, closed):
        """Coil on, watched by the guard, or off."""
        if closed:
            self._guard.close(self._index)
        else:
            self._guard.open(self._index)
