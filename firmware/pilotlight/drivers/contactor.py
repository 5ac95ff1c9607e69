"""One contactor over an outlet port of the board: coil out, mirror contact in. No policy."""

from micropython import const

_SMALL_INT_MAX = const(0x3FFFFFFF)


class Contactor:
    """`port`: outlet port (boards/README.md). Opens on construction.

    is_closed           mirror contact: True, False, or None: not known
    is_opened_by_guard  the board has switched the coil off by itself, and was not told so yet
    """

    def __init__(self, port):
        self._port = port
        self.is_commanded = False
        self.is_closed = None
        self.is_opened_by_guard = False
        self.cycles = 0  # closings since the start
        port.set_contactor(False)

    def latch(self):
        """Take what the port knows."""
        self.is_closed = self._port.contactor_is_closed
        self.is_opened_by_guard = self._port.opened_by_guard

    def set_contactor(self, closed):
        """Coil on or off; nothing is written if it is already there."""
        if closed == self.is_commanded:
            return
        if closed and self.cycles < _SMALL_INT_MAX:
            self.cycles += 1
        self.is_commanded = closed
        self._port.set_contactor(closed)
