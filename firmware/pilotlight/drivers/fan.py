"""The ventilation of one outlet's room, over an outlet port of the board. No policy."""


class Fan:
    """`port`: outlet port of a board with the capability `ventilation` (boards/README.md). Off on
    construction.
    """

    def __init__(self, port):
        self._port = port
        self.is_on = False
        port.set_ventilation(False)

    def set_fan(self, is_on):
        """On or off; nothing is written if it is already so."""
        if is_on is not self.is_on:
            self.is_on = is_on
            self._port.set_ventilation(is_on)
