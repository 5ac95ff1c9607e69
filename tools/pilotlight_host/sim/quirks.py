"""What some cars do on the pilot that a well-behaved one does not. Times in ms.

A quirk sits between car and pilot: it may keep a duty from the car, and show another letter than
S2 makes for a while. Facts section 10, vectors 41-46 and 53-57.
"""

from typing import TYPE_CHECKING, Any

from .agenda import Agenda

if TYPE_CHECKING:
    from .car import Car


class Quirk:
    """A well-behaved car, and what the others build on."""

    def __init__(self, car: "Car", agenda: Agenda):
        self._car = car
        self._agenda = agenda
        self._due: list[list[Any]] = []

    def plugged(self) -> None:
        """The plug has gone in."""

    def unplugged(self) -> None:
        """The plug is out: nothing planned happens any more."""
        for entry in self._due:
            self._agenda.cancel(entry)
        self._due.clear()
        self._car.show(None)

    def hides(self, duty: int, before: int) -> bool:
        """The duty has changed; True if the car does not hear it."""
        return False

    def s2_moved(self, closed: bool) -> None:
        """S2 has closed or opened."""

    def _after(self, ms: int, call: Any, *args: Any) -> None:
        self._due = [entry for entry in self._due if entry[2] is not None]
        self._due.append(self._agenda.after(ms, call, *args))

    def _show(self, pieces: tuple[tuple[str | None, int], ...], first_ms: int) -> None:
        """Show (letter, ms) one after the other, beginning in `first_ms`; None: what S2 makes."""
        at_ms = first_ms
        for letter, ms in (*pieces, (None, 0)):
            self._after(at_ms, self._car.show, letter)
            at_ms += ms


class Pauses(Quirk):
    """Zoe: stops to cool its battery, C -> B -> C (vector 54)."""

    _CHARGE_MS = 60_000
    _PAUSES_MS = (10_000, 25_000, 60_000)
    _count = 0

    def s2_moved(self, closed: bool) -> None:
        if closed:
            self._after(self._CHARGE_MS, self._pause)

    def _pause(self) -> None:
        if self._car.s2_closed:
            pause_ms = self._PAUSES_MS[self._count % 3]
            self._count += 1
            self._after(self._car.finish() + pause_ms, self._car.go_on)


class TogglesEarly(Quirk):
    """Tesla: five times B -> C -> D -> C -> B within 16 s after the first PWM (vector 44)."""

    _ONCE = (("C", 200), ("D", 100), ("C", 200), ("B", 2600))
    _has_toggled = False

    def hides(self, duty: int, before: int) -> bool:
        if 0 < duty < 10000 and not self._has_toggled:
            self._has_toggled = True
            self._show(self._ONCE * 5, 300)
        return False

    def unplugged(self) -> None:
        self._has_toggled = False
        super().unplugged()


class StaysInC(Quirk):
    """Tesla after a power cut: in C when the outlet wakes up, whatever it says (vector 14)."""

    def plugged(self) -> None:
        self._car.close_s2()


class PulsesC(Quirk):
    """BMW iX3: C for 250 ms soon after PWM begins (vector 42)."""

    def hides(self, duty: int, before: int) -> bool:
        if 0 < duty < 10000 and before in (0, 10000) and not self._car.s2_closed:
            self._show((("C", 250),), 400)
        return False


class Glitches(Quirk):
    """BMW PHEV: R2 alone for 10 ms, 500 ms after each new duty (vector 46)."""

    def hides(self, duty: int, before: int) -> bool:
        if 0 < duty < 10000 and self._car.s2_closed:
            self._show((("B", 10),), 500)
        return False


class Sleeps(Quirk):
    """Hears no duty until state F has woken it (vector 55)."""

    _is_awake = False

    def hides(self, duty: int, before: int) -> bool:
        self._is_awake = self._is_awake or duty == 0
        return not self._is_awake

    def unplugged(self) -> None:
        self._is_awake = False
        super().unplugged()


class Bounces(Quirk):
    """Leaf: the pilot breaks for 10...20 ms while it charges (vector 45)."""

    _EVERY_MS = 15_000
    _BREAKS_MS = (10, 15, 20)
    _count = 0

    def s2_moved(self, closed: bool) -> None:
        if closed:
            self._after(self._EVERY_MS, self._bounce)

    def _bounce(self) -> None:
        if self._car.s2_closed:
            self._show((("A", self._BREAKS_MS[self._count % 3]),), 1)
            self._count += 1
            self._after(self._EVERY_MS, self._bounce)


class Chatters(Quirk):
    """S2 opens and closes twice a second for 20 s after PWM begins (vector 43)."""

    _CHATTER_MS = 20_000

    def hides(self, duty: int, before: int) -> bool:
        if 0 < duty < 10000 and before in (0, 10000) and not self._car.s2_closed:
            self._show((("C", 250), ("B", 250)) * (self._CHATTER_MS // 500), 300)
        return False


class TogglesAtLowCurrent(Quirk):
    """Opel e-Corsa: below 10 A it never settles, S2 toggles twice a second (vector 43)."""

    _ENOUGH = 1667  # 10 A
    _is_toggling = False

    def hides(self, duty: int, before: int) -> bool:
        is_low = 0 < duty < self._ENOUGH
        if is_low and not self._is_toggling:
            self._is_toggling = True
            self._after(1, self._toggle, True)
        elif not is_low and self._is_toggling:
            self.unplugged()
        return is_low

    def _toggle(self, is_c: bool) -> None:
        self._car.show("C" if is_c else "B")
        self._after(250, self._toggle, not is_c)

    def unplugged(self) -> None:
        self._is_toggling = False
        super().unplugged()


QUIRKS: dict[str, type[Quirk]] = {
    "none": Quirk,
    "pauses": Pauses,
    "toggles-early": TogglesEarly,
    "stays-in-c": StaysInC,
    "pulses-c": PulsesC,
    "glitches": Glitches,
    "sleeps": Sleeps,
    "bounces": Bounces,
    "chatters": Chatters,
    "toggles-at-low-current": TogglesAtLowCurrent,
}
