"""One outlet's terminals on the carrier (boards/pico/README.md): pilot, proximity, contacts.

Levels in mV at the pilot terminal, times in ticks (ms). Everything but the coil is read from the
ring of samples (samples.py).
"""

from micropython import const

from pilotlight.drivers.rp2 import samples

# mv = 8 * (mv_at_adc - 1650), mv_at_adc = count * 3300 / 4095: sums of 32 and of 8 samples
_FULL_SCALE = const(4095)
_HIGH_MV = const(825)
_LOW_MV = const(3300)
_OFFSET_MV = const(13200)

# the slow signals, by the number of their turn
_PROXIMITY = const(0)
_MIRROR = const(4)
_RESIDUAL = const(8)
_PLUG_NTC = const(12)

# sums of 6 samples: mv * 6 * 4095 / 3300
_TOP = const(24570)  # 3300 mV
_MIRROR_OPEN = const(8190)  # 1100 mV
_MIRROR_CLOSED = const(16380)  # 2200 mV
_TRIPPED = const(2978)  # 400 mV
_NOTHING = const(23500)  # 22 kohm: nothing is plugged in
_PULL_UP_OHM = const(1000)

# Tenths of the full scale of an NTC of 10 kohm, B 3950, against 10 kohm: degrees C there
_NTC_C = (110, 80, 62, 49, 39, 30, 22, 14, 5, -8, -30)


class OutletPort:
    """Outlet `index` (0...3) of `clockwork` and `guard`, its pilot on `pilot_pin`."""

    def __init__(self, index, clockwork, guard, pilot_pin):
        self._index = index
        self._channel = index >> 1
        self._shift = (index & 1) * 64
        self._clockwork = clockwork
        self._guard = guard
        self._pilot_pin = pilot_pin
        self.high_mv = None
        self.low_mv = None
        self.taken_ms = None
        self.proximity_ohm = None
        self.contactor_is_closed = None
        self.residual_tripped = True

    @property
    def opened_by_guard(self):
        """The guard has opened this contactor; until `set_contactor(False)`."""
        return self._guard.has_opened(self._index)

    def latch(self, now_ms, is_sound):
        """Take this outlet's inputs; none of them is known if the sampling is not sound."""
        if not is_sound:
            self.high_mv = self.low_mv = self.proximity_ohm = None
            self.contactor_is_closed = None
            self.residual_tripped = True
            return
        words, ring = self._clockwork.words, self._clockwork.ring
        samples.level(words, ring, self._channel, self._shift, samples.PERIODS)
        self.high_mv = words[7] * _HIGH_MV // _FULL_SCALE - _OFFSET_MV
        self.low_mv = words[8] * _LOW_MV // _FULL_SCALE - _OFFSET_MV
        self.taken_ms = now_ms
        self._latch_slow(words, ring)

    def _latch_slow(self, words, ring):
        index = self._index
        total = samples.slow(words, ring, _PROXIMITY + index)
        missing = _TOP - total
        self.proximity_ohm = None if total > _NOTHING else total * _PULL_UP_OHM // missing
        total = samples.slow(words, ring, _MIRROR + index)
        self.contactor_is_closed = True if total > _MIRROR_CLOSED else None
        if total < _MIRROR_OPEN:
            self.contactor_is_closed = False
        self.residual_tripped = samples.slow(words, ring, _RESIDUAL + index) > _TRIPPED

    def plug_c(self):
        """Temperature at the plug, degrees C within 3; None without a sensor (or below -30)."""
        clockwork = self._clockwork
        total = samples.slow(clockwork.words, clockwork.ring, _PLUG_NTC + self._index) * 10
        step = total // _TOP
        if total < _TOP or step >= 9:  # above 80 C the scale is too coarse; 2970 mV is no sensor
            return _NTC_C[1] if total < _TOP else None
        return _NTC_C[step] + (_NTC_C[step + 1] - _NTC_C[step]) * (total % _TOP) // _TOP

    def set_duty(self, duty):
        """Pilot duty in 1/100 %."""
        self._clockwork.set_duty(self._pilot_pin, duty)

    def set_contactor(self, closed):
        """Coil on, watched by the guard, or off."""
        if closed:
            self._guard.close(self._index)
        else:
            self._guard.open(self._index)
