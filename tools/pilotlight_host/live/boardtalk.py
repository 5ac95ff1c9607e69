"""An emulated board's console, shared by whoever types at its pty and the run's own questions.

A person comes first: from the first byte typed on, the run asks nothing more. Times in ms of the
run.
"""

from pilotlight_host.emulated import Pico, UsbPty

ASK_MS = 1000
_GIVE_UP_MS = 4000
SNAPSHOT = "snapshot()"
WITH_LOG = 'str(log()) + "\\n" + str(snapshot())'  # at once, so that nothing happens in between
_ANSWERED = b"\r\n> "
_ENDED = b"\r\n>>> "  # MicroPython's own prompt: the firmware does not run
_BANNER = b"MicroPython v"
_KEPT = 2000


class BoardTalk:
    """`step` is called after every stretch of time. `typed_ms`: when somebody has first typed."""

    def __init__(self, pico: Pico, pty: UsbPty) -> None:
        self._pico = pico
        self._pty = pty
        self._due_ms = float(ASK_MS)
        self._asked_ms: float | None = None
        self._answer = b""
        self._answer_ms = 0.0
        self._held = b""  # typed in the middle of an answer
        self._latest = b""
        self.typed_ms: float | None = None

    def step(self, now_ms: float, question: str | None) -> tuple[int, str] | None:
        """Carry bytes; ask, if it is time to and there is something to ask. An answer that is
        complete: (when it was made, the text).
        """
        said, typed = self._pico.console_read(), self._pty.typed()
        self._latest = (self._latest + said)[-_KEPT:]
        if typed and self.typed_ms is None:
            self.typed_ms = now_ms
        self._held += typed
        if self._asked_ms is not None:
            return self._listen(now_ms, said)
        self._pty.show(said)
        self._pass_on()
        if question is not None and self.typed_ms is None and now_ms >= self._due_ms:
            self._ask(now_ms, question)
        return None

    def starts_again(self) -> None:
        """The board was reset: what was asked will not be answered."""
        self._asked_ms = None
        self._latest = b""

    @property
    def last_words(self) -> str | None:
        """What the firmware said before it ended by itself; None while it runs, or where a person
        may have ended it.
        """
        if _ENDED not in self._latest or self.typed_ms is not None:
            return None
        before = self._latest.partition(_ENDED)[0].partition(_BANNER)[0]
        lines = [line.strip() for line in before.decode(errors="replace").splitlines()]
        told = [line for line in lines if line and not line.startswith((">", SNAPSHOT, WITH_LOG))]
        return told[-1] if told else "it said nothing"

    def _pass_on(self) -> None:
        """What was typed goes to the board."""
        if self._held:
            self._pico.console_write(self._held)
            self._held = b""

    def _ask(self, now_ms: float, question: str) -> None:
        self._asked_ms, self._answer = now_ms, b""
        self._pico.console_write(question.encode() + b"\r")

    def _listen(self, now_ms: float, said: bytes) -> tuple[int, str] | None:
        if b"\n" not in self._answer:
            self._answer_ms = now_ms
        self._answer += said
        _, _, text = self._answer.partition(b"\n")
        whole, end, rest = text.partition(_ANSWERED)
        if not end and self._asked_ms is not None and now_ms - self._asked_ms < _GIVE_UP_MS:
            return None
        self._due_ms = max(now_ms, (self._asked_ms or 0) + ASK_MS)
        self._asked_ms = None
        self._pty.show(rest)
        self._pass_on()
        return (int(self._answer_ms), whole.decode(errors="replace")) if end else None
