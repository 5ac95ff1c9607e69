"""What outlives the end of the program, but no loss of the computer's power: a number for each
outlet, in a file that counts as long as the computer has not been started anew.

Resets of a watchdog do not latch here: is_latched is always False. The control step keeps numbers,
and a card may stall: so they are written by a thread.
"""

import json
import os
import threading

_BOOT = "/proc/sys/kernel/random/boot_id"  # of Linux: another one after each start


class Resets:
    """`resets` of the board contract for `outlets` outlets, in the file at `path`. A file that
    cannot be written is left: then faults end with the program.
    """

    is_latched = False

    def __init__(self, path, outlets):
        self._path = path
        self._lock = threading.Lock()
        self._writer = None
        with open(_BOOT) as file:
            self._boot = file.read().strip()
        numbers = self._read()
        self.had_no_power = numbers is None or len(numbers) != outlets
        self._numbers = [0] * outlets if self.had_no_power else numbers
        self._write()

    def _read(self):
        try:
            with open(self._path) as file:
                boot, numbers = json.load(file)
        except (OSError, ValueError, TypeError):
            return None
        return numbers if boot == self._boot else None

    def _write(self):
        with self._lock:
            try:
                with open(self._path + ".new", "w") as file:
                    json.dump([self._boot, self._numbers], file)
                os.replace(self._path + ".new", self._path)
            except OSError:  # a full card is no reason to stop
                pass

    def kept(self, index):
        """What was kept for outlet `index` (from 0), 0...15."""
        return self._numbers[index]

    def keep(self, index, number):
        """Keep `number` (0...15) for it. Written, soon, only if it is another one."""
        if number != self._numbers[index]:
            self._numbers[index] = number
            self._writer = threading.Thread(target=self._write, daemon=True)
            self._writer.start()

    def close(self):
        """Wait until all is written."""
        if self._writer is not None:
            self._writer.join()

    def acknowledge(self):
        """There is nothing to take back."""
