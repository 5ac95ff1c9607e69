"""Outputs safe first; serve whoever speaks on USB; whatever happens, outputs safe last."""

from board import Board

STOPPED, FAILED = 0, 2


def main():
    """Until Ctrl-C, which leaves the prompt, or an error, after which the watchdog resets."""
    board = Board()
    code = FAILED
    try:
        # imported late: the outputs are safe before anything else can go wrong
        from io_server import Server

        Server(board).run()
    except KeyboardInterrupt:
        code = STOPPED
    finally:
        board.safe()
        board.ended(code)


if __name__ == "__main__":
    main()
