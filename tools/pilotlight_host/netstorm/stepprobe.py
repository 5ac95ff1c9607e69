"""A file on the board's flash that notes how late each control step begins, in a ring that is read
from outside: nothing is printed, no flash is written, and the image stays as it is. `START`
is typed on the console.
"""

import re
from collections.abc import Iterator

from pilotlight_host.emulated import Pico

STEP_MS = 20
_ROOM = 255  # steps, 5 s
_CODE = f"""
from array import array
from uctypes import addressof
from pilotlight.drivers.pace import TidyPace
late = array("H", bytes(2 * ({_ROOM} + 1)))  # how many so far; then the ring
_next = TidyPace.next
async def next_and_note(self, sleeper):
    late_ms = await _next(self, sleeper)
    late[0] = (late[0] + 1) % {_ROOM}
    late[1 + late[0]] = min(late_ms, 65535)
    return late_ms
TidyPace.next = next_and_note
print("steps are at", addressof(late))
"""
FILES = {"stepprobe.py": _CODE.encode()}
START = b"exec(open('stepprobe.py').read(), {})"
_ANSWER = re.compile(rb"steps are at (\d+)")


def answered(said: bytes) -> int:
    """The ring's address out of the console's answer."""
    found = _ANSWER.search(said)
    if found is None:
        raise RuntimeError(f"the board does not start its probe: {said!r}")
    return int(found[1])


class Ring:
    """Read at least every 4 s."""

    def __init__(self, address: int) -> None:
        self._address = address
        self._seen: int | None = None

    def taken(self, pico: Pico, now_ms: float) -> Iterator[tuple[float, int]]:
        """(ms, ms late) of the steps since the latest call; when they were is reckoned back."""
        words = pico.peek(self._address, (_ROOM + 1) // 2)
        halves = [half for word in words for half in (word & 0xFFFF, word >> 16)]
        latest = halves[0]
        count = 0 if self._seen is None else (latest - self._seen) % _ROOM
        self._seen = latest
        for back in range(count - 1, -1, -1):
            yield now_ms - STEP_MS * back, halves[1 + (latest - back) % _ROOM]
