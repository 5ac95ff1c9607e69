"""What stands around an outlet: its second contactor, the bolt of its lock, its monitor of
residual current, its plug.

Clock: the agenda's ms. `touched()` is called whenever a contact or an output has changed.
"""

from collections.abc import Callable

from .agenda import Agenda


class Bolt:
    """A motor that carries a bolt from free to locked in `travel_ms`, and back.

    Its one contact is closed at the locked end only. Nobody drives it at the start: it is free.
    """

    def __init__(self, agenda: Agenda, travel_ms: int, touched: Callable[[], None]):
        self.drive: bool | None = None
        self.is_locked = False
        self.is_jammed = False
        self.driven_ms = 0  # in all, for what wears and warms a motor
        self._agenda = agenda
        self._travel_ms = travel_ms
        self._touched = touched
        self._at_ms = 0  # way from the free end when `drive` or the jam last changed
        self._since_ms = 0
        self._end: list | None = None

    @property
    def at_ms(self) -> int:
        """Way from the free end, in ms of travel."""
        span_ms = self._agenda.now_ms - self._since_ms
        if self.drive is None or self.is_jammed:
            return self._at_ms
        moved_ms = self._at_ms + (span_ms if self.drive else -span_ms)
        return max(0, min(self._travel_ms, moved_ms))

    def set_drive(self, drive: bool | None) -> None:
        """True towards locked, False towards free, None off."""
        self._stop()
        self.drive = drive
        self._start()

    def jam(self, is_jammed: bool) -> None:
        """It does not move while it is jammed, whatever drives it."""
        self._stop()
        self.is_jammed = is_jammed
        self._start()

    def _stop(self) -> None:
        if self.drive is not None:
            self.driven_ms += self._agenda.now_ms - self._since_ms
        self._at_ms = self.at_ms
        self._since_ms = self._agenda.now_ms
        self._agenda.cancel(self._end)
        self._end = None

    def _start(self) -> None:
        if self.is_jammed or self.drive is None:
            return
        if self.drive:
            self._end = self._agenda.after(self._travel_ms - self._at_ms, self._contact, True)
        elif self.is_locked:
            self._end = self._agenda.after(1, self._contact, False)

    def _contact(self, is_locked: bool) -> None:
        self._end = None
        if is_locked != self.is_locked:
            self.is_locked = is_locked
            self._touched()


class Second:
    """The contactor of an outlet's L2 and L3: contacts follow the coil, if they are not stuck."""

    def __init__(self, agenda: Agenda, close_ms: int, release_ms: int, moved: Callable[[], None]):
        self.coil = False
        self.is_closed = False
        self.is_stuck = False
        self._agenda = agenda
        self._close_ms = close_ms
        self._release_ms = release_ms
        self._moved = moved
        self._next: list | None = None

    def set_coil(self, is_on: bool) -> None:
        """Coil on or off; the contacts follow."""
        self.coil = is_on
        self._agenda.cancel(self._next)
        delay_ms = self._close_ms if is_on else self._release_ms
        self._next = self._agenda.after(delay_ms, self._move)

    def stick(self, is_stuck: bool) -> None:
        """Welded, or jammed: the contacts stay where they are."""
        self.is_stuck = is_stuck
        self.set_coil(self.coil)

    def _move(self) -> None:
        self._next = None
        if self.is_closed != self.coil and not self.is_stuck:
            self.is_closed = self.coil
            self._moved()


class Warm:
    """Something that grows warm, with a sensor on it."""

    def __init__(self, agenda: Agenda, celsius: int, touched: Callable[[], None]):
        self._celsius = celsius
        self._has_sensor = True
        self._agenda = agenda
        self._touched = touched
        self._next: list | None = None

    @property
    def celsius(self) -> int | None:
        """What its sensor shows, whole degrees; None without one."""
        return self._celsius if self._has_sensor else None

    def lose_sensor(self, is_lost: bool) -> None:
        """The wire of the temperature sensor breaks, or makes contact again."""
        self._has_sensor = not is_lost
        self._touched()

    def warm(self, celsius: int, within_ms: int) -> None:
        """Go evenly to `celsius` within that time, degree by degree."""
        self._agenda.cancel(self._next)
        self._next = None
        steps = abs(celsius - self._celsius)
        if within_ms < steps:  # at once
            self._celsius = celsius
            self._touched()
        if self._celsius == celsius:
            return
        wait_ms = within_ms // steps
        self._next = self._agenda.after(wait_ms, self._step, celsius, within_ms - wait_ms)

    def _step(self, celsius: int, left_ms: int) -> None:
        self._celsius += 1 if celsius > self._celsius else -1
        self._touched()
        self.warm(celsius, left_ms)


class Plug(Warm):
    """The contacts of socket and plug, and whether proximity makes contact."""

    is_parted = False

    def part(self, is_parted: bool) -> None:
        """The wire of proximity breaks, or makes contact again."""
        self.is_parted = is_parted
        self._touched()


class ResidualMonitor:
    """Trips `answer_ms` after a residual current or the test current begins, and clears as long
    after it ends. A dead one never trips.
    """

    def __init__(self, agenda: Agenda, answer_ms: int, touched: Callable[[], None]):
        self.is_tripped = False
        self.is_dead = False
        self._agenda = agenda
        self._answer_ms = answer_ms
        self._touched = touched
        self._is_leaking = False
        self._is_tested = False
        self._next: list | None = None

    def leak(self, is_leaking: bool) -> None:
        """A residual current large enough to trip it at once."""
        self._is_leaking = is_leaking
        self._show(self._feels())

    def set_test(self, is_on: bool) -> None:
        """The test current, on or off."""
        if is_on == self._is_tested:
            return
        self._is_tested = is_on
        self._agenda.cancel(self._next)
        self._next = self._agenda.after(self._answer_ms, lambda: self._show(self._feels()))

    def die(self, is_dead: bool) -> None:
        """It feels nothing while it is dead."""
        self.is_dead = is_dead
        self._show(self._feels())

    def _feels(self) -> bool:
        return (self._is_leaking or self._is_tested) and not self.is_dead

    def _show(self, is_tripped: bool) -> None:
        if is_tripped != self.is_tripped:
            self.is_tripped = is_tripped
            self._touched()
