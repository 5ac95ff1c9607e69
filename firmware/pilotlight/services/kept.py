"""One value that survives a power cut: two files by turns, so that one is whole while the other is
written. The whole one with the higher number counts.
"""

from errno import ENOENT

from micropython import const

from pilotlight.wire.sealed import seal, unseal

_MOST_BYTES = const(2048)  # what is longer is no file of this


class Kept:
    """In `path`.a and `path`.b."""

    def __init__(self, path):
        self._paths = (path + ".a", path + ".b")
        self._number = 0  # of the newest

    def load(self):
        """(The newest value that is whole, or None; the paths of files that are damaged.)"""
        newest, damaged = None, []
        for path in self._paths:
            found = None
            try:
                with open(path, "rb") as file:
                    found = unseal(file.read(_MOST_BYTES))
            except OSError as error:
                if error.errno == ENOENT:
                    continue
            if found is None:
                damaged.append(path)
            elif found[0] > self._number:
                self._number, newest = found
        return newest, damaged

    def save(self, value):
        """In place of the older one. Raises OSError; the newest is still whole then."""
        number = self._number + 1
        with open(self._paths[number % 2], "wb") as file:
            file.write(seal([number, value]))
        self._number = number
