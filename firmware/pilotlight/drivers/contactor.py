"""One contactor over an outlet port of the board: coil out, mirror contact in. No policy."""

from micropython import const

_SMALL_INT_MAX = const(0x3FFFFFFF)


class Contactor:
    """`port`: outlet port (boards/README.md). Opens on construction."""

    def __init__(self, port):
        self._port = port
        self.is_commanded = False
        self.cycles = 0  # closings since the start
        port.set_contactor(False)

    @property
    def is_closed(self):
        """Mirror contact: True, False, or None if there is none."""
        return self._port.contactor_is_closed

    @property
    def is_opened_by_guard(self):
        """The board has switched the coil off by itself, and has not been told so yet."""
        return self._port.opened_by_guard

    def set_contactor(self, closed):
        """Coil on or off; nothing is written if it is already there."""
        if closed == self.is_commanded:
            return
        if closed and self.cycles < _SMALL_INT_MAX:
            self.cycles += 1
        self.is_commanded = closed
        self._port.set_contactor(closed)
