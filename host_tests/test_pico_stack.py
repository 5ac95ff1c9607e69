"""How deep the stack of the real firmware goes on the emulated Pico. The guard's interrupt comes on
top of whatever runs: where the stack ends it would be switched off, and every contactor opened.
"""

from pico_helpers import OUTLETS, Rig, charging, site

BOTTOM, TOP = 0x2003F000, 0x20042000
LEFT_BYTES = 2048
WORDS = (
    "status()",
    "snapshot()",
    "log()",
    "ledger()",
    "dim(4200)",
    "dim()",
    "tune()",
    'tune("outlets[0].max_a", 12)',
    'tune("outlets[0].max_a", "much")',
    "revert()",
    "record(True)",
    "record(False)",
    "commission()",
    "nonsense",
)


def never_used(board: Rig) -> int:
    """Bytes from the end of the stack that nothing was ever written to."""
    words: list[int] = []
    for at in range(BOTTOM, TOP, 1024):
        words += board.pico.peek(at, 256)
        if any(words):
            return 4 * next(i for i, word in enumerate(words) if word)
    return TOP - BOTTOM


def test_there_is_room_for_the_guard_whatever_is_asked() -> None:
    with charging(site(), *OUTLETS) as board:
        left = {"charging": never_used(board)}
        for words in WORDS:
            board.ask(words)
            board.go(200)
            left[words] = never_used(board)
        assert board.resets() == [] and board.runs()
    print(left)
    assert min(left.values()) >= LEFT_BYTES
