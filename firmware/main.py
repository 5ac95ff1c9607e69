"""Outputs safe first; run the site; whatever happens, outputs safe last."""

import asyncio
import gc
import sys

from board import Board

# Collect after so many bytes: what stays then lies together and the free heap stays in one piece.
# On a 32-bit MicroPython with 192 KB, source imported, its largest piece is 67 KB instead of 2 KB.
_COLLECT_BYTES = 16384


def main():
    """Run until something ends it.

    Returns 0 if somebody stopped it, 1 if the site file is wrong or there is no board.
    """
    if hasattr(gc, "threshold"):
        gc.threshold(_COLLECT_BYTES)
    try:
        board = Board()
    except OSError as error:  # a board that is not there has nothing to make safe
        sys.stderr.write("board: " + str(error) + "\n")
        return 1
    try:
        # imported late: the outputs are safe before anything else can go wrong
        from pilotlight.app import App, SiteError

        try:
            app = App(board)
        except SiteError as error:
            for line in error.errors:
                sys.stderr.write("site.json: " + line + "\n")
            return 1
        asyncio.run(app.run())
    except KeyboardInterrupt:
        pass
    finally:
        board.safe()
    return 0


if __name__ == "__main__":
    sys.exit(main())
