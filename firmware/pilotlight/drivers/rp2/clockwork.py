"""Pilots, select lines and converter of an RP2040, running by themselves in lock-step.

    PWM slices   pilots 1 kHz, select lines 4 kHz ... 125 Hz; one store starts all at count 0
    ADC          4 inputs in turn, 256 000 samples/s, from the same crystal
    2 DMA        in turn fill a ring of 16 KiB (32 ms); no CPU, no interrupt, no end

So the place of a sample in the ring tells which signal it shows and at which phase of the pilot.
All of it depends on a system clock of 125 MHz, which is set here.
"""

from array import array
from time import sleep_us, ticks_diff, ticks_ms

import gc
import machine
import rp2
import uctypes
from micropython import const

from pilotlight.drivers.rp2 import samples

CLOCK_HZ = 125_000_000

_RING_BYTES = const(16384)
_RING_BITS = const(14)
_RING_MS = const(32)
_MOST_COUNTS = const(62500)  # of a PWM counter here: 1/62500 is the resolution of the duty

_PWM = const(0x40050000)
_SLICE = const(0x14)
_CSR, _DIV, _CTR, _CC, _TOP = 0x00, 0x04, 0x08, 0x0C, 0x10
_ALL_ENABLE = const(0xA0)

_ADC = const(0x4004C000)
_ADC_CS, _ADC_FCS, _ADC_FIFO, _ADC_DIV = 0x00, 0x08, 0x0C, 0x10
_ADC_DIVIDER = const(186 << 8 | 128)  # 1 + 186.5 cycles of 48 MHz a sample
_CS_ON = const(15 << 16 | 1)  # inputs 0...3 in turn; on
_CS_RUN = const(1 << 3)
_FCS_RUN = const(1 << 24 | 1 << 11 | 1 << 10 | 1 << 3 | 1)  # a request per sample; errors cleared
_TREQ_ADC = const(36)
_DMA = const(0x50000000)
_DMA_CHANNELS = const(12)
_DMA_STRIDE = const(0x40)
_DMA_CONTROL = const(0x10)
_DMA_ABORT = const(0x50000444)
_DMA_COUNT = const(0xFFFFE000)  # a whole number of rings, 4.6 hours: then the other one goes on

_FIRST_WORD = const(4)  # samples.py: two DMA channels and the counter


def stop_sampling():
    """Converter and DMA off, before a program begins and after it has ended.

    Neither its end nor a soft reset stops them by itself; after both the memory of the ring is
    somebody else's. A channel is disabled before it is aborted (RP2040-E13).
    """
    machine.mem32[_ADC + _ADC_CS] = 0
    for channel in range(_DMA_CHANNELS):
        machine.mem32[_DMA + _DMA_STRIDE * channel + _DMA_CONTROL] = 0
    machine.mem32[_DMA_ABORT] = (1 << _DMA_CHANNELS) - 1
    sleep_us(10)


class Clockwork:
    """Pins as GPIO numbers: `pilots` (channel A and B of two slices), `lines` (slowest last) with
    their Hz. Raises OSError if the converter does not run.
    """

    def __init__(self, pilots, lines, adc_pins):
        stop_sampling()
        machine.freq(CLOCK_HZ)
        self.ring = _aligned_ring()
        self.words = array("i", bytes(4 * samples.WORDS))
        self._pilots = pilots
        self._stop_pwm()
        for pin in pilots:
            _set_up_slice(pin, 1000, False)
        for pin, hz in lines:
            _set_up_slice(pin, hz, True)
        for pin in pilots:
            self.set_duty(pin, 10000)
        self._set_up_adc(adc_pins)
        self._set_up_dma(lines[-1][0])
        machine.mem32[_PWM + _ALL_ENABLE] = 0xFF
        machine.mem32[_ADC + _ADC_CS] = _CS_ON | _CS_RUN
        for pin in pilots + tuple([line[0] for line in lines]):
            machine.Pin(pin, machine.Pin.ALT, alt=machine.Pin.ALT_PWM)
        self.located_ms = self._started_ms = ticks_ms()
        self._is_filled = False

    def _stop_pwm(self):
        machine.mem32[_PWM + _ALL_ENABLE] = 0

    def _set_up_adc(self, pins):
        for pin in pins:
            machine.ADC(pin)
        machine.mem32[_ADC + _ADC_CS] = _CS_ON  # not running; input 0 is the first
        while machine.mem32[_ADC + _ADC_FCS] >> 16 & 15:
            machine.mem32[_ADC + _ADC_FIFO]
        machine.mem32[_ADC + _ADC_DIV] = _ADC_DIVIDER
        machine.mem32[_ADC + _ADC_FCS] = _FCS_RUN

    def _set_up_dma(self, slowest_pin):
        self._dma = (rp2.DMA(), rp2.DMA())
        for i in (1, 0):  # the first one is started last
            dma = self._dma[i]
            control = dma.pack_ctrl(
                size=1,
                inc_read=False,
                inc_write=True,
                ring_size=_RING_BITS,
                ring_sel=True,
                treq_sel=_TREQ_ADC,
                chain_to=_number(self._dma[1 - i]),
                irq_quiet=True,
                high_pri=True,
            )
            dma.config(
                read=_ADC + _ADC_FIFO,
                write=uctypes.addressof(self.ring),
                count=_DMA_COUNT,
                ctrl=control,
                trigger=i == 0,
            )
            self.words[_FIRST_WORD + i] = _DMA + _DMA_STRIDE * _number(dma)
        self.words[_FIRST_WORD + 2] = _slice_of(slowest_pin) + _CTR

    def set_duty(self, pin, duty):
        """Pilot duty in 1/100 % at the next period, rounded down to 1/625 of that; 1000 is exact.

        10000 is above the counter's end: constantly high.
        """
        _set_compare(pin, duty * (_MOST_COUNTS // 100) // 100)

    def locate(self):
        """Measure where the converter is, and when that was (`located_ms`, ticks); True if it has
        moved and nothing was lost.
        """
        before, before_ms = self.words[3], self.located_ms
        state = machine.disable_irq()
        self.located_ms = ticks_ms()
        samples.locate(self.words)
        machine.enable_irq(state)
        # after a whole turn of the ring it stands at the same place
        has_moved = self.words[3] != before or ticks_diff(self.located_ms, before_ms) >= _RING_MS
        return has_moved and not self.words[samples.LOST] and self._has_filled()

    def _has_filled(self):
        if not self._is_filled:
            self._is_filled = ticks_diff(ticks_ms(), self._started_ms) > 2 * _RING_MS
        return self._is_filled

    def supply_mv(self):
        """Voltage at the Pico's VSYS, mV, or None before the ring is full; 512 samples."""
        return samples.supply_sum(self.ring) * 99 // 20966 if self._is_filled else None


def _number(dma):
    return dma.channel


def _slice_of(pin):
    return _PWM + _SLICE * (pin >> 1 & 7)


def _set_up_slice(pin, hz, is_line):
    """Period by whole numbers; a select line is low first, so that the lines count upwards."""
    counts = CLOCK_HZ // hz
    divider = 1
    while counts // divider > _MOST_COUNTS:
        divider *= 2
    counts //= divider
    base = _slice_of(pin)
    machine.mem32[base + _DIV] = divider << 4
    machine.mem32[base + _CSR] = (8 if pin & 1 else 4) if is_line else 0  # stopped
    machine.mem32[base + _CTR] = 0
    machine.mem32[base + _TOP] = counts - 1
    if is_line:
        _set_compare(pin, counts // 2)


def _set_compare(pin, count):
    """The compare value of one of a slice's two channels; it acts from the next period on."""
    at = _slice_of(pin) + _CC
    both = machine.mem32[at]
    if pin & 1:
        machine.mem32[at] = both & 0xFFFF | count << 16
    else:
        machine.mem32[at] = both & ~0xFFFF | count


def _aligned_ring():
    """A buffer at a multiple of its own size, as the DMA's ring wants it.

    A filler is put before it for as long as it takes to place it, a large one: a small one would
    fall into some gap. If memory is too patchy for that, the buffer is a part of one twice as
    large.
    """
    gc.collect()
    trial = bytearray(3 * _RING_BYTES)
    missing = -uctypes.addressof(trial) % _RING_BYTES
    if missing < _RING_BYTES // 2:
        missing += _RING_BYTES
    del trial
    gc.collect()
    filler = bytearray(missing)
    ring = bytearray(_RING_BYTES)
    if uctypes.addressof(ring) % _RING_BYTES == 0:
        return ring
    del filler, ring
    gc.collect()
    double = bytearray(2 * _RING_BYTES)
    missing = -uctypes.addressof(double) % _RING_BYTES
    return memoryview(double)[missing : missing + _RING_BYTES]
