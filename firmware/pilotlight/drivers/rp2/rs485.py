"""A serial port behind an RS-485 driver with an enable pin. A stream of the board contract.

The driver is enabled before the first byte and released by a timer within about 1 ms of the last
stop bit, while a meter waits at least 3.5 characters before it answers.
"""

from machine import UART, Pin, Timer
from micropython import const

_BUFFER = const(256)  # longer than any request or answer
_PARITIES = {"N": None, "E": 0, "O": 1}


class Rs485:
    """UART `number` on `tx`, `rx`, its driver enabled by a high `enable`: GPIO numbers."""

    def __init__(self, number, tx, rx, enable, baud, parity, stop):
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
        self._timer = Timer()

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
        self._wait((count or 0) * self._char_us // 1000 + 1)
        return count

    def _wait(self, ms):
        self._timer.init(period=ms, mode=Timer.ONE_SHOT, callback=self._release)

    def _release(self, _):
        if self._uart.txdone():
            self._enable.value(0)
        else:
            self._wait(1)

    def close(self):
        """Give the port up."""
        self._timer.deinit()
        self._enable.value(0)
        self._uart.deinit()
