"""A terminal for people at a path of their choice: a pty with a link to it."""

import os
import tty


class Console:
    """`path` is what terminal programs and `pilotlight console --port` are given. A stream of the
    board contract. OSError if the link cannot be made.
    """

    def __init__(self, path):
        # the other end is held open too: without it, reading fails before and after somebody is
        # there
        self._fd, self._held = os.openpty()
        tty.setraw(self._held)
        os.set_blocking(self._fd, False)
        self._path = path
        if os.path.islink(path):  # of a run before
            os.unlink(path)
        os.symlink(os.ttyname(self._held), path)

    def readinto(self, buf):
        """Bytes put into `buf`, None if there are none now."""
        try:
            return os.readv(self._fd, [buf])
        except BlockingIOError:
            return None

    def write(self, data):
        """Bytes taken, None if none can be taken now."""
        try:
            return os.write(self._fd, data)
        except BlockingIOError:
            return None

    def close(self):
        """Take the terminal away."""
        os.close(self._fd)
        os.close(self._held)
        os.unlink(self._path)
