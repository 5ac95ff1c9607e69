"""The first hour with a board, lived through on an emulated Pico, as docs/first-hour.md tells it.

`python host_tests/first_hour.py` writes that page and its picture anew.
"""

import io
import json
import re
import tempfile
from pathlib import Path

from pico_helpers import CLAMPS, B, C, Rig, rig
from pico_person import Person
from pilotlight_host.paths import ROOT
from rich.console import Console
from rich.text import Text
from terminal import Terminal

PAGE = ROOT / "docs/first-hour.md"
PICTURE = ROOT / "docs/first-hour.svg"
HOUSE_MA = (4000, 3000, 2000)
SITE = {
    "site": {"id": "home"},
    "feeders": [
        {"id": "main", "rating_a": 35, "breaker": "B", "base_max_a": 20, "clamps": CLAMPS}
    ],
    "outlets": [
        {"name": "left", "feeder": "main", "max_a": 16},
        {"name": "right", "feeder": "main", "max_a": 16},
    ],
}
WRONG = {**SITE, "feeders": [SITE["feeders"][0] | {"rating_a": "35 A"}]}
HEAD = """# The first hour with a board

From a Pico on its carrier ([boards/pico](../boards/pico/README.md)) with an image on it (`make firmware`, BOOTSEL, copy) to a
tuned site. What stands in boxes was said by the tools and by the firmware on an emulated Pico: `host_tests/test_first_hour.py` lives
through it again. Commands stand behind `$`, what is typed at the site behind `>`.
"""


class Hour:
    """Tells what it does."""

    def __init__(self, board: Rig, folder: Path) -> None:
        self.board = board
        self.folder = folder
        self.person = Person(board)
        self.told = [HEAD]
        self.picture = ""
        self._draws_ma = 0

    def say(self, text: str) -> None:
        """A paragraph."""
        self.told.append(text + "\n")

    def command(self, *words: str) -> None:
        """One of the tool, with its exit code where it is not 0."""
        code, said = self.person.pilotlight(*words, cwd=self.folder)
        shown = " ".join(words).replace(self.person.path, "/dev/ttyACM0")
        tail = f"(exit code {code})\n" if code else ""
        said = said.replace(self.person.path, "/dev/ttyACM0")
        self.told.append(f"```\n$ pilotlight {shown}\n{said}{tail}```\n")

    def type(self, *lines: str) -> None:
        """At the console of the site."""
        file = self.folder / "typed"
        file.write_text("".join(f"{line}\n" for line in lines))
        with file.open() as typed:
            words = ("console", "--port", self.person.path)
            _, said = self.person.pilotlight(*words, cwd=self.folder, stdin=typed)
        self.told.append(f"```\n{said}```\n")

    def live(self, seconds: int) -> None:
        """Time passes; the car on three phases takes what it is offered."""
        for _ in range(seconds):
            offered_a = self.board.snapshot()["outlets"][0]["offered_a"]
            self._draws_ma = round(1000 * offered_a) if self.board.coils[1] else 0
            for clamp, house_ma in enumerate(HOUSE_MA, 1):
                self.board.pico.analog.clamp(clamp, house_ma, self._draws_ma)
            self.board.go(900)

    def draw(self) -> None:
        """A picture of the console, with a person at it."""
        terminal = Terminal(self.person, self.folder, 20)
        terminal.shows("feeder main:", "outlet 1 (C2)")
        terminal.type("why(1)\r")
        terminal.shows("> why(1)\noutlet 1 (C2)")
        terminal.type("li\t")
        terminal.shows("> limit(")
        self.picture = _svg(terminal)
        terminal.close()


def _svg(terminal: Terminal) -> str:
    """What stands on its screen."""
    console = Console(
        width=terminal.screen.columns, record=True, highlight=False, file=io.StringIO()
    )
    screen = terminal.screen
    for row, line in enumerate(screen.display):
        text = Text(line)
        marked = [at for at in range(screen.columns) if screen.buffer[row][at].reverse]
        if marked:
            text.stylize("reverse", marked[0], marked[-1] + 1)
        console.print(text)
    return console.export_svg(title="pilotlight console", unique_id="console")


def live_through(folder: Path) -> tuple[str, str]:
    """The page and its picture."""
    (folder / "site.json").write_text(json.dumps(SITE, indent=1))
    (folder / "wrong.json").write_text(json.dumps(WRONG))
    with rig() as board:
        board.go(2000)
        hour = Hour(board, folder)
        port = ("--port", hour.person.path)
        hour.say("## A site file")
        hour.say("What is wrong in it is said at the desk; nothing has been stopped or written:")
        hour.command("flash", "pico", *port, "--site", "wrong.json")
        hour.say("Mended, it goes onto the board, which says how it is:")
        hour.command("flash", "pico", *port, "--site", "site.json")
        hour.say("## At the console")
        hour.say("`help()` lists all functions. No car is there yet:")
        hour.live(5)
        hour.type("status()", "why(1)", "calibrate(1)")
        hour.live(6)
        hour.type("calibrate()")
        hour.say("A car on three phases comes to the left outlet and asks:")
        board.show(B, 1)
        hour.live(3)
        board.show(C, 1)
        hour.live(25)
        hour.type("status()", "log()", "decisions(1)")
        hour.say("In a terminal it looks so, with the state of the site below what is typed:")
        hour.draw()
        hour.told.append("![the console](first-hour.svg)\n")
        hour.say("## Tune")
        hour.say("What does not fit is refused and changes nothing. What fits acts at once:")
        hour.type('tune("outlets[0].max_a", 90)', 'tune("feeders[0].limit_a", 18)')
        hour.live(12)
        hour.type("why(1)", "save()")
        hour.say("## A question to somebody else")
        hour.say("All about the site in one file, without passwords, while it charges:")
        hour.command("diagnose", "home.zip", *port)
        hour.person.close()
        return "\n".join(hour.told), hour.picture


def masked(page: str) -> str:
    """Without what is another one each time: numbers, and what was rising at that moment."""
    page = re.sub(r"\d+(\.\d+)?", "#", page)
    return re.sub(r"supply: [^\n]*", "supply", page)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as _folder:
        _page, _picture = live_through(Path(_folder))
    PAGE.write_text(_page)
    PICTURE.write_text(_picture)
