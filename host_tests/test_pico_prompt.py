"""A person at the prompt of the real firmware's board: Ctrl-C, then MicroPython's own tool over the
USB line. Times in ms.
"""

import json
from pathlib import Path

import pytest
from pico_helpers import AFTER_RESET_MS, OUTLETS, C, charging, rig, site
from pico_person import Person

INTERRUPTED_MS = 20  # machine code of a control step is not interrupted by Ctrl-C
WORK_MS = 125_000


@pytest.mark.parametrize("words", ["", "any(i < 0 for i in range(1 << 30))"])
def test_ctrl_c_opens_at_once(words: str) -> None:
    """At any time of the control step's 20 ms."""
    took_ms = []
    with rig(site()) as board:
        for turn in range(4):
            board.charge(*OUTLETS)
            if words:
                board.type(words)
            board.go(100 + 4.3 * turn)
            typed_us = board.now_us
            board.pico.console_write(b"\x03")
            board.go(50)
            opened = board.switched(typed_us)
            assert [(outlet, on) for _, outlet, on in opened] == [(o, False) for o in OUTLETS]
            took_ms.append(max(ms for ms, _, _ in opened))
            board.power_cycle()
    print("coils off " + ", ".join(f"{ms:.1f}" for ms in took_ms) + " ms after Ctrl-C")
    assert max(took_ms) <= INTERRUPTED_MS


def test_mpremote_works_on_the_board_and_the_site_runs_with_the_new_file(tmp_path: Path) -> None:
    new = tmp_path / "new.json"
    new.write_text(json.dumps(site(2) | {"site": {"id": "garage"}}))
    with charging(site(), *OUTLETS) as board:
        person = Person(board)
        started_us = board.now_us
        assert person.mpremote("exec", "print(6 * 7)") == "42\n"
        assert not any(board.coils.values())
        person.mpremote("cp", ":site.json", tmp_path / "old.json")
        assert json.loads((tmp_path / "old.json").read_text()) == site()
        person.mpremote("cp", new, ":site.json")
        person.mpremote("cp", ":site.json", tmp_path / "again.json")
        assert (tmp_path / "again.json").read_bytes() == new.read_bytes()
        assert "site.json" in person.mpremote("ls")
        memory = "import gc; b = [bytearray(16384) for _ in range(8)]; gc.collect(); print(sum(map(sum, b)))"
        assert person.mpremote("exec", memory) == "0\n"  # nothing writes into what was the ring
        person.go(WORK_MS - (board.now_us - started_us) / 1000)
        assert person.mpremote("resume", "exec", "print(sum(map(sum, b)))") == "0\n"
        assert board.resets() == []
        assert len(board.switched(started_us)) == len(OUTLETS)  # each opened, once
        person.mpremote("reset")
        person.go(50)
        assert [reset.cause for reset in board.resets()] == ["force"]
        board.show(C)
        board.until(AFTER_RESET_MS, lambda: board.coils[1] and board.coils[2])
        assert len(board.snapshot()["outlets"]) == 2
        assert board.ask("tune()").count('site.id = "garage"') == 1
        assert not board.coils[3] and not board.coils[4]
        person.close()
