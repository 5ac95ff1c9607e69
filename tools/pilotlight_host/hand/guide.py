"""Goes through all that can be calibrated at a site, with a person who plugs and measures."""

import re
import time
from collections.abc import Callable

from .talk import Talk, is_error

_WITHIN_S = 15.0
_LOOK_S = 0.5
_OUTLET = re.compile(r"^outlet (\d+) ", re.MULTILINE)
_FEEDER = re.compile(r'^feeders\[(\d+)\]\.id = "(.*)"$', re.MULTILINE)
_CLAMP = re.compile(r"^feeders\[(\d+)\]\.clamps\[(\d+)\]\.channel = ", re.MULTILINE)
_VOLTAGE = re.compile(r"^feeders\[(\d+)\]\.voltage\.channel = ", re.MULTILINE)
_BUSY = "being calibrated"
_FAILED = ": not calibrated: "


class Guide:
    """Goes through a site with a person: `read(question)` gives what is typed, `show` tells.
    `done`: what was gone through.
    """

    def __init__(
        self, talk: Talk, read: Callable[[str], str], show: Callable[[str], None]
    ) -> None:
        self._talk = talk
        self._read = read
        self._show = show
        self.done: list[str] = []

    def _numbers(self) -> list[str]:
        """Of all outlets."""
        return _OUTLET.findall(self._talk.ask("status()"))


class Calibrating(Guide):
    """`done`: what is calibrated now."""

    def pilots(self) -> None:
        """Of every outlet. The board saves what it finds."""
        for number in self._numbers():
            name = f"outlet {number}"
            question = (
                f"{name}: with nothing plugged in, Enter measures its pilot; s leaves it out: "
            )
            while self._read(question).strip() != "s":
                if self._has_worked(f"calibrate({number})", name):
                    break

    def clamps(self) -> None:
        """Of every clamp, and of every voltage reference. `save()` keeps what is found."""
        for name, unit in inputs(self._talk.ask("tune()")):
            question = f"{name}: {unit} there now, by a meter beside it; Enter leaves it out: "
            while word := self._read(question).strip():
                try:
                    value = float(word.replace(",", "."))
                except ValueError:
                    self._show(f"{word!r} is no number of {unit}")
                    continue
                if self._has_worked(f'calibrate("{name}", {value:g})', name):
                    break

    def _has_worked(self, line: str, name: str) -> bool:
        told = self._talk.ask(line)
        end_s = time.monotonic() + _WITHIN_S
        if not is_error(told):
            while (told := self._talk.ask("calibrate()")).endswith(_BUSY):
                if time.monotonic() > end_s:
                    break
                time.sleep(_LOOK_S)
        self._show(told)
        is_good = not (is_error(told) or _FAILED in told or told.endswith(_BUSY))
        if is_good:
            self.done.append(name)
        return is_good


def inputs(settings: str) -> list[tuple[str, str]]:
    """Names and units of what `tune()` shows of clamps and references."""
    feeders = dict(_FEEDER.findall(settings))
    found = [(f"{feeders[at]} L{int(i) + 1}", "A") for at, i in _CLAMP.findall(settings)]
    return found + [(f"{feeders[at]} voltage", "V") for at in _VOLTAGE.findall(settings)]
