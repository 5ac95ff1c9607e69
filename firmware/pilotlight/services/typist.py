"""Reads lines that a person types at a board's console stream, and writes the answers."""

from time import ticks_diff, ticks_ms

from micropython import const

_LOOK_MS = const(50)
_LONGEST = const(200)
_PIECE_MS = const(3)  # what is made in one look, and the piece that was begun then
_ENDS = (10, 13)
_ERASERS = (8, 127)


async def serve(board, console):
    """Read lines from the board's console stream and answer them, for ever."""
    pace = board.pace(_LOOK_MS)
    typist = Typist(board.console, console)
    while True:
        await pace.next(None)
        typist.look()


class Typist:
    """Lines in, answers out, over a stream that takes only so much at a time."""

    def __init__(self, stream, console):
        self._stream = stream
        self._console = console
        self._buffer = bytearray(64)
        self._line = bytearray()
        self._answer = b""
        self._pieces = []  # what answers are to be made of

    def look(self):
        """Write what the stream takes; then go on with an answer, or read."""
        if self._answer:
            self._answer = self._answer[self._stream.write(self._answer) or 0 :]
            return
        if not self._pieces:
            count = self._stream.readinto(self._buffer)
            for i in range(count or 0):
                self._take(self._buffer[i])
        if self._pieces:
            self._make()

    def _make(self):
        """Pieces of the first answer that is not made."""
        began_ms = ticks_ms()
        while ticks_diff(ticks_ms(), began_ms) < _PIECE_MS:
            piece = self._next()
            if piece is None:
                self._pieces.pop(0)
                self._answer += b"\r\n> "
                return
            self._answer += piece.replace("\n", "\r\n").encode()

    def _next(self):
        try:
            return self._pieces[0].next()
        except Exception as error:  # noqa: BLE001 - the others are still to come
            return "\n" + type(error).__name__ + ": " + str(error)

    def _take(self, byte):
        if byte in _ENDS:
            if self._line:
                self._pieces.append(self._console.answer(bytes(self._line).decode()))
            self._line = bytearray()
        elif byte in _ERASERS:
            self._line = self._line[:-1]
        elif byte < 128 and len(self._line) < _LONGEST:
            self._line.append(byte)
