"""A talk with a site at its console: what is typed goes there, what begins with a dot is for this
tool. No key stops the site, as Ctrl-C does at MicroPython's own prompt. Times in s.
"""

import threading
import time
from collections.abc import Callable

from pilotlight_host.errors import UserError

from . import bundle
from .hour import Hour
from .prompt import NotRunningError, Prompt
from .told import progress

LOOK_S = 2.0
HELP = """.log FILE        write the events there
.plot FILE.png   draw what flowed and what was offered since you came, an hour at most
.diagnose FILE   all about the site in one .zip, for a question
.help            this text; help() is the site's
.quit            leave (or Ctrl-D); the site goes on"""
_ERRORS = ("Error:", "Exception:")
_NO_SITE = (
    "the site does not run, MicroPython's own prompt is there: `pilotlight diagnose` says why"
)


def is_error(answer: str) -> bool:
    """The site has not done it: the name of an exception stands first."""
    return answer.partition(" ")[0].endswith(_ERRORS)


class Talk:
    """With the site at `port`. `status` is what it said last of itself, or why it does not."""

    def __init__(self, port: str) -> None:
        self.port = port
        self.hour = Hour()
        self.status = ""
        self._lock = threading.Lock()  # a question and its answer are one
        self._prompt: Prompt | None = None
        self._is_over = threading.Event()

    def __enter__(self) -> "Talk":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the port."""
        self._is_over.set()
        with self._lock:
            self._let_go()

    def _let_go(self) -> None:
        if self._prompt is not None:
            self._prompt.close()
            self._prompt = None

    def ask(self, line: str) -> str:
        """The site's answer. UserError if there is none; the port is opened anew the next time."""
        with self._lock:
            try:
                if self._prompt is None:
                    self._prompt = Prompt(self.port)
                return self._prompt.ask(line)
            except NotRunningError:
                self._let_go()
                raise UserError(_NO_SITE, 1) from None
            except UserError:
                self._let_go()
                raise

    def watch(self) -> None:
        """Ask for the status now and then, until `close`: for a thread of its own."""
        while not self._is_over.wait(LOOK_S):
            self.look()

    def look(self) -> None:
        """Ask for the status."""
        try:
            self.status = self.ask("status()")
        except UserError as error:
            self.status = error.lines[0]
        else:
            self.hour.take(time.monotonic(), self.status)

    # what is typed

    def say(self, text: str, show: Callable[[str], None]) -> bool:
        """Carry out what was typed or pasted, line by line, up to the first that goes wrong; False
        if one did.
        """
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        for number, line in enumerate(lines, 1):
            try:
                answer = self._own(line) if line.startswith(".") else self.ask(line)
            except UserError as error:
                answer, is_wrong = "\n".join(error.lines), True
            else:
                is_wrong = is_error(answer)
            if answer:
                show(answer)
            if is_wrong:
                if number < len(lines):
                    show(f"not sent: {len(lines) - number} more lines, from {lines[number]!r} on")
                return False
        return True

    def _own(self, line: str) -> str:
        word, _, file = line.partition(" ")
        file = file.strip()
        work = {".log": self._save_log, ".plot": self._plot, ".diagnose": self._diagnose}.get(word)
        if word == ".help":
            return HELP
        if work is None:
            raise UserError(f"{word}: try .help")
        if not file:
            raise UserError(f"{word}: say into which file")
        return work(file)

    def _save_log(self, file: str) -> str:
        text = self.ask("log()")
        try:
            with open(file, "w", encoding="utf-8") as out:
                out.write(text + "\n")
        except OSError as error:
            raise UserError(f"{file}: {error.strerror}") from None
        return f"{file}: {len(text.splitlines())} events"

    def _plot(self, file: str) -> str:
        self.hour.draw(file)
        return f"{file}: {len(self.hour.samples)} samples"

    def _diagnose(self, file: str) -> str:
        with self._lock:
            self._let_go()
            bundle.save(file, self.port, progress)
        return f"{file}: {bundle.HINT}"
