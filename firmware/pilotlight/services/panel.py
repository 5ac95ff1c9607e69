"""The status LED and the button of a board that has them.

LED     off: no program; one short flash in 2 s: all is well; half of every 200 ms: a fault
button  held for 3 s: every latched fault is acknowledged
"""

from micropython import const

_HELD_LOOKS = const(30)
_ROUND_LOOKS = const(20)


class Panel:
    """`port`: panel port of the board; `acknowledge()` is what a held button does."""

    def __init__(self, port, control, acknowledge):
        self._port = port
        self._control = control
        self._acknowledge = acknowledge
        self._held = 0
        self._looks = 0

    def look(self):
        """One look at the button and at the faults, every 100 ms."""
        self._held = self._held + 1 if self._port.is_pressed else 0
        if self._held == _HELD_LOOKS:
            self._acknowledge()
        self._looks = (self._looks + 1) % _ROUND_LOOKS
        is_faulty = any([unit.outlet.fault != 0 for unit in self._control.units])
        self._port.set_led(self._looks % 2 == 0 if is_faulty else self._looks == 0)
