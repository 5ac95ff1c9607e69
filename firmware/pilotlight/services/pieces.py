"""Long text for a person, made piece by piece."""


class Pieces:
    """Text of several pieces, which are made when they are asked for: all at once would delay the
    control step. A REPL shows all of it.
    """

    def __init__(self, pieces, between="\n"):
        self._pieces = iter(pieces)
        self._between = between
        self._before = ""

    def next(self):
        """The next one, with what stands before it; None: that was the last."""
        piece = next(self._pieces, None)
        if piece is None:
            return None
        piece = self._before + piece
        self._before = self._between
        return piece

    def __repr__(self):
        return self._between.join(self._pieces)
