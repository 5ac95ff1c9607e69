"""A serial port behind an RS-485 driver with an enable pin. A stream of the board contract.

The driver is enabled before the first byte and released within about 1 ms of the last stop bit by
a hardware interrupt, in the middle of whatever runs: a meter may answer after 3.5 characters, 1.75
ms at high speed, and a control step takes longer. A timer, which has to wait for the step's end,
sees to it where that interrupt does not come.
"""

from machine import UART, Pin, Timer
from micropython import const

_BUFFER = const(256)  # longer than any request or answer
_PARITIES = {"N": None, "E": 0, "O": 1}


class Rs485:
    """UART `number` on `tx`, `rx`, its driver enabled by a high `enable`: GPIO numbers. `clock` is
    one that moves every ms.
    """

    def __init__(self, number, tx, rx, enable, clock, baud, parity, stop):
        self._enable = Pin(enable, Pin.OUT, value=0)
        self._uart = UART(
            number,
            baudrate=baud,
            bits=8,
            parity=_PARITIES[parity],
            stop=stop,
            tx=Pin(tx),
            rx=Pin(rx),
            timeout=0,
            timeout_char=0,
            txbuf=_BUFFER,
            rxbuf=_BUFFER,
        )
        self._char_us = 1_000_000 * (10 if parity == "N" and stop == 1 else 11) // baud
        self._clock = Pin(clock)
        self._beats = self._clock.irq(self._on_beat, 0, hard=True)
        self._timer = Timer(-1)
        # made once: it runs in the middle of a control step, where nothing may be allocated
        self._when_due = self._on_time

    def readinto(self, buf):
        """Bytes put into `buf`, None if there are none now."""
        count = min(self._uart.any(), len(buf))
        if count == 0:
            return None
        return self._uart.readinto(buf, count)

    def write(self, data):
        """Bytes taken: all of them, if they are not more than 256."""
        self._enable.value(1)
        count = self._uart.write(data)
        self._listen(Pin.IRQ_RISING)
        self._wait(2 + len(data) * self._char_us // 1000)
        return count

    def _listen(self, edges):
        self._beats.trigger(edges)  # pyright: ignore - the stubs have another chip's

    def _on_beat(self, _):
        if self._uart.txdone():
            self._enable.value(0)
            self._listen(0)

    def _wait(self, ms):
        self._timer.init(mode=Timer.ONE_SHOT, period=ms, callback=self._when_due)

    def _on_time(self, _):
        self._on_beat(None)
        if self._enable.value():
            self._wait(1)

    def close(self):
        """Give the port up."""
        self._timer.deinit()
        self._listen(0)
        self._enable.value(0)
        self._uart.deinit()
