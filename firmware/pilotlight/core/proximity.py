"""The plugged cable: the resistor from proximity to protective earth codes what it can carry.

    above 2460 ohm   no cable          0 A
    936...2460       1500 ohm         13 A
    308...936         680 ohm         20 A
    140...308         220 ohm         32 A
     80...140         100 ohm         63 A on three phases, 70 A on one
    below 80 ohm     a short           0 A

Between the tolerance bands the lower ampacity counts (EVerest bring-up guide): each band therefore
reaches down to the upper end of the next one. Only for sockets: with a tethered cable nothing is
read, and with a J1772 plug (150 ohm, 480 ohm with its button pressed) the car reads proximity.

What changes the say of a cable:

- Without a car (A) it follows the reading: the cable is read before anything can be offered.
- With a car in B it follows too. In C or D the current only falls: no cable changes its coding
  under load, so a resistance that falls then is a disturbance and must not raise it. (REC)
- Proximity that breaks while a car is there is 0 A until the car is gone (vector 65). A reading
  that returns does not lift it: proximity is the contact that parts early, and a plug that has
  moved in its socket is to be plugged in anew, not loaded again on a contact that comes and goes.

Currents in mA per phase. No clock: two equal readings in a row are accepted.
"""

from pilotlight.core import pilot

UNREAD, NONE, SHORTED, A13, A20, A32, A63, BROKEN = range(8)
REASONS = (
    "cable not read yet",
    "no cable in the socket",
    "proximity shorted to earth",
    "the cable carries 13 A",
    "the cable carries 20 A",
    "the cable carries 32 A",
    "the cable carries 63 A, 70 A on one phase",
    "proximity broke while plugged in, until unplugged",
)
_LIMITS_MA = (0, 0, 0, 13000, 20000, 32000, 63000, 0)
_SINGLE_MA = 70000


def rating_of(ohm):
    """One of NONE...A63 for a resistance in ohm, None: nothing is connected."""
    if ohm is None or ohm > 2460:
        return NONE
    if ohm > 936:
        return A13
    if ohm > 308:
        return A20
    if ohm > 140:
        return A32
    return A63 if ohm >= 80 else SHORTED


class Cable:
    """The cable in one socket. `phases`: how many the socket has, 1 or 3."""

    def __init__(self, phases):
        self.rating = UNREAD
        self.is_steady = False  # the last two readings were equal
        self._phases = phases
        self._read = UNREAD  # the reading before

    @property
    def limit_ma(self):
        """What may be offered through this cable, mA per phase."""
        if self.rating == A63 and self._phases == 1:
            return _SINGLE_MA
        return _LIMITS_MA[self.rating]

    @property
    def reason(self):
        """The same in words."""
        return REASONS[self.rating]

    def look(self, letter, ohm):
        """Take a reading, with the letter on the pilot. What is read while the pilot itself shows
        no car and no absence of one (E, F, disturbed, not sampled) says nothing about the cable.
        """
        if letter > pilot.D:
            return
        read = rating_of(ohm)
        self.is_steady = read == self._read
        self._read = read
        if letter == pilot.A:
            if self.is_steady:
                self.rating = read
            elif self.rating == BROKEN:  # unplugged: what is in the socket shows with the next one
                self.rating = UNREAD
        elif self.is_steady and self.rating != BROKEN:
            self._compare(letter, read)

    def _compare(self, letter, read):
        """A car is there."""
        was_there = self.rating > NONE
        if read == NONE:
            self.rating = BROKEN if was_there else NONE
        elif letter == pilot.B or not was_there or read < self.rating:
            self.rating = read
