"""Outputs safe first; run the site; whatever happens, outputs safe last."""

import asyncio
import sys

from board import Board


def main():
    """Run until something ends it. Returns 0 if somebody stopped it, 1 if the site file is wrong."""
    board = Board()
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
