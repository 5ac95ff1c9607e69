"""Goes through the outlets of a site with a person who plugs a car in: what is wired where?

The board proves it (`commission()`); here it is asked for, waited for, and what it proposes is put
to the person, line by line. Nothing is changed unless that is wanted.
"""

import re
import time
from typing import Any

from .guide import Guide
from .talk import is_error

_LOOK_S = 2.0
_UNDER_WAY = re.compile(r"^begins$|: \d+ pulses so far, ")
_PROPOSED = re.compile(r"^  (tune\(.*\))$", re.MULTILINE)
STOP = "commission(stop=True)"


class Wiring(Guide):
    """`done`: outlets that were gone through. `put`: lines that the person wanted."""

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self.put: list[str] = []

    def outlets(self) -> None:
        """Every outlet of the site."""
        for number in self._numbers():
            question = (
                f"outlet {number}: with a car there that charges, Enter begins (2 to 20 minutes); "
                "s leaves it out: "
            )
            while self._read(question).strip() != "s":
                told = self._pulse(number)
                self._show(told)
                if not is_error(told):
                    self.done.append(f"outlet {number}")
                    self._propose(told)
                    break

    def _pulse(self, number: str) -> str:
        """What is found there. Whoever interrupts it ends it on the board, too."""
        said = self._talk.ask(f"commission({number})")
        if is_error(said):
            return said
        try:
            while _UNDER_WAY.search(told := self._talk.ask("commission()")):
                if told != said:
                    self._show(told)
                said = told
                time.sleep(_LOOK_S)
        except KeyboardInterrupt:
            self._talk.ask(STOP)
            raise
        return told

    def _propose(self, told: str) -> None:
        for line in _PROPOSED.findall(told):
            if line not in self.put and self._read(f"{line}: y types it: ").strip() == "y":
                answer = self._talk.ask(line)
                self._show(answer)
                if not is_error(answer):
                    self.put.append(line)
