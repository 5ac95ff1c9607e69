"""The bolt of one socket over an outlet port of the board: drive out, contact in. No policy."""


class Bolt:
    """`port`: outlet port of a board with the capability `lock` (boards/README.md)."""

    def __init__(self, port):
        self._port = port
        self.drive = None
        port.set_lock(None)

    @property
    def is_locked(self):
        """Contact: True, False, or None if it is not known."""
        return self._port.is_locked

    def set_drive(self, drive):
        """True towards locked, False towards unlocked, None rests; written only if it changes."""
        if drive is not self.drive:
            self.drive = drive
            self._port.set_lock(drive)
