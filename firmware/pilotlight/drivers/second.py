"""The second contactor of one outlet, for L2 and L3: coil out, mirror contact in. No policy."""


class Second:
    """`port`: outlet port of a board with the capability `switching` (boards/README.md). Open on
    construction.
    """

    def __init__(self, port):
        self._port = port
        self.is_commanded = False
        port.set_phases(False)

    @property
    def is_closed(self):
        """Mirror contact: True, False, or None if it is not known."""
        return self._port.three_is_closed

    def set_three(self, three):
        """Coil on or off; nothing is written if it is already there."""
        if three is not self.is_commanded:
            self.is_commanded = three
            self._port.set_phases(three)
