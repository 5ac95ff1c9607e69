"""Outputs safe first; run the site; whatever happens, outputs safe last."""

import asyncio
import gc
import sys

from board import Board

# Collect after so many bytes: what stays then lies together and the free heap stays in one piece.
# On a 32-bit MicroPython with 192 KB, source imported, its largest piece is 67 KB instead of 2 KB.
_COLLECT_BYTES = 16384

STOPPED, REFUSED, FAILED = 0, 1, 2


def main():
    """Run until something ends it, and tell the board how it ended (boards/README.md)."""
    if hasattr(gc, "threshold"):
        gc.threshold(_COLLECT_BYTES)
    try:
        board = Board()
    except OSError as error:  # a board that is not there has nothing to make safe
        sys.stderr.write("board: " + str(error) + "\n")
        sys.exit(REFUSED)
    code = FAILED
    try:
        code = _run(board)
    except KeyboardInterrupt:
        code = STOPPED
    finally:
        board.safe()
        board.ended(code)


def _run(board):
    # imported late: the outputs are safe before anything else can go wrong
    from pilotlight.app import App, SiteError

    try:
        app = App(board)
    except SiteError as error:
        for line in error.errors:
            sys.stderr.write("site.json: " + line + "\n")
        return REFUSED
    asyncio.run(app.run())
    return STOPPED


if __name__ == "__main__":
    main()
