"""Serial ports of a Linux computer, by pyserial. Nothing blocks; what is wrong is said."""

import errno
import os
import termios

import serial

_WORDS = {
    errno.ENOENT: "is not there; is it plugged in?",
    errno.EACCES: "may not be opened; is this user in the group dialout?",
    errno.EPERM: "may not be opened; is this user in the group dialout?",
    errno.ENOTTY: "is no serial port",
    errno.EAGAIN: "is used by another program",
    errno.EBUSY: "is used by another program",
}


class SerialStream:
    """The port at `path`, for nobody else meanwhile. A stream of the board contract."""

    def __init__(self, path, baud, parity, stop):
        try:
            self._port = serial.Serial(
                path, baud, 8, parity, stop, timeout=0, write_timeout=0, exclusive=True
            )
        except (serial.SerialException, ValueError) as error:
            raise OSError(_words(error)) from None
        os.set_blocking(self._port.fd, False)
        attributes = termios.tcgetattr(self._port.fd)
        attributes[6][termios.VMIN] = 1  # of 0 nothing there and the end look alike
        termios.tcsetattr(self._port.fd, termios.TCSANOW, attributes)

    # pyserial's own `write` of a port without a timeout waits in circles for room

    def readinto(self, buf):
        """Bytes put into `buf`, None if there are none now, 0 if the port is gone."""
        try:
            return os.readv(self._port.fd, [buf])
        except BlockingIOError:
            return None

    def write(self, data):
        """Bytes taken, None if none can be taken now."""
        try:
            return os.write(self._port.fd, data)
        except BlockingIOError:
            return None

    def close(self):
        """Give it up."""
        self._port.close()


def _words(error):
    number = getattr(error, "errno", None)
    if number is None and error.__context__ is not None:  # pyserial has not passed it on
        number = error.__context__.args[0]
    return _WORDS.get(number) or str(error)
