"""The run as plain lines, where there is no terminal: state every few s, events as they come."""

from typing import Any, TextIO

from pilotlight_host.live.view import View, assumed_heat


class PlainLines:
    """Writes to `stream` a line of state every `every_ms` of the run."""

    def __init__(self, stream: TextIO, every_ms: int) -> None:
        self._stream = stream
        self._every_ms = every_ms
        self._due_ms = 0
        self._shown = 0
        self._last: list[tuple[int, str]] = []

    def show(self, view: View) -> None:
        """Take a view; it becomes a line if it is time for one."""
        for event in view.events:
            if event not in self._last:
                self._write(event[0], "- " + event[1])
        self._last = view.events
        if view.t_ms >= self._due_ms:
            self._due_ms = view.t_ms - view.t_ms % self._every_ms + self._every_ms
            self._write(view.t_ms, state(view))

    def close(self) -> None:
        """Nothing to tidy up."""

    def _write(self, t_ms: int, text: str) -> None:
        self._stream.write(f"{t_ms / 1000:7.1f} s  {text}\n")
        self._stream.flush()


def state(view: View) -> str:
    """The whole site in one line."""
    parts = [_feeder(feeder) for feeder in view.feeders]
    parts += [_outlet(outlet) for outlet in view.outlets]
    parts += view.links
    if view.late_ms is not None:
        parts.append(f"late at most {view.late_ms} ms")
    return " | ".join(parts)


def _feeder(feeder: dict[str, Any]) -> str:
    phases = " ".join("?" if amps is None else f"{amps:.1f}" for amps in feeder["measured_a"])
    return (
        f"{feeder['feeder']} {phases} of {feeder['limit_a']:g} A, {feeder['trust']}, "
        f"heat {assumed_heat(feeder)} %"
    )


def _outlet(outlet: dict[str, Any]) -> str:
    contactor = "closed" if outlet["contactor_is_closed"] else "open"
    return (
        f"{outlet['outlet']} {outlet['state']} offers {outlet['offered_a']:g} A, "
        f"draws {outlet['drawn_a']:.1f} A, {contactor}"
    )
