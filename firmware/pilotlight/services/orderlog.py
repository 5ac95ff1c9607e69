"""The record of the grid operator's orders: lines (wire/sealed.py) that are only ever added, in
two files. docs/limits.md has what they hold.

A line begins with its separator: whatever a power cut or a full storage leaves of one stays a line
by itself, which nobody takes for a record, and the next one is whole.
"""

import os

from micropython import const

from pilotlight.wire.sealed import seal, unseal

_FILE_BYTES = const(65536)  # then it becomes the old one
_LOOK_BYTES = const(2048)


class OrderLog:
    """In the folder `storage`."""

    def __init__(self, storage):
        self._path = storage + "/orders.log"
        self._old_path = storage + "/orders.old"

    def append(self, records):
        """Add records (lists). Raises OSError."""
        if _size(self._path) > _FILE_BYTES:
            os.rename(self._path, self._old_path)
        with open(self._path, "ab") as file:
            file.write(b"".join([b"\n" + seal(record) for record in records]))

    def last(self):
        """The last records, 20 or so, oldest first."""
        return (_tail(self._old_path) + _tail(self._path))[-20:]


def _size(path):
    try:
        return os.stat(path)[6]
    except OSError:
        return 0  # there is none


def _tail(path):
    try:
        with open(path, "rb") as file:
            file.seek(max(0, _size(path) - _LOOK_BYTES))
            found = [unseal(line) for line in file.read(_LOOK_BYTES).split(b"\n")]
    except OSError:
        return []  # there is none, or it is not to be read
    return [record for record in found if record is not None]
