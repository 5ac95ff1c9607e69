"""Time of a look of the guard, us, with CLOSED coils that it watches, without what it collects of
the clamps. After app_on_board.py.

Looks at copies of its words, whose coils have no pins. Prints `look US`.
"""

from array import array

from pilotlight.drivers.rp2 import guard


def _look_us():
    words = array("i", board._guard.words)
    found = 1 << 29
    for _ in range(50):
        words[16] = (1 << CLOSED) - 1
        for i in range(4):
            words[22 + i] = words[26 + i] = 0
        begin = ticks_us()
        guard.look(words, board._clockwork.ring)
        found = min(found, ticks_diff(ticks_us(), begin))
    return found


print("look", _look_us())
