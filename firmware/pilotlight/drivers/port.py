"""A serial port that may not be there: opened when it is needed, and again after it broke."""


class SerialPort:
    """A stream (boards/README.md) over `open_port()`, which returns one or raises OSError."""

    def __init__(self, open_port):
        self._open_port = open_port
        self._stream = None

    def readinto(self, buffer):
        """Bytes put into `buffer`, or None. OSError while the port is not there."""
        try:
            count = self._opened().readinto(buffer)
        except OSError:
            self.close()
            raise
        if count == 0:
            self.close()
            raise OSError("closed by the other side")
        return count

    def write(self, data):
        """Bytes taken, or None. OSError while the port is not there."""
        try:
            return self._opened().write(data)
        except OSError:
            self.close()
            raise

    def close(self):
        """Give the port up until it is needed again."""
        if self._stream is not None:
            self._stream.close()
            self._stream = None

    def _opened(self):
        if self._stream is None:
            self._stream = self._open_port()
        return self._stream


def on_board(board, *settings):
    """A port of `board`: name, baud, parity, stop bits as in boards/README.md."""
    return SerialPort(lambda: board.uart(*settings))
