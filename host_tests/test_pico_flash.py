"""The real firmware's site file: power cut in the middle of any write, and no write while anything
charges, because it stops the processor. Times in ms.
"""

import json
import subprocess
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from pico_helpers import Rig, charging, rig, site, storage_bytes
from pilotlight import config
from pilotlight_host.emulated import Event
from pilotlight_host.emulated.filesystem import RESERVED
from pilotlight_host.emulated.pico import WORST_FLASH_MS
from pilotlight_host.emulated.uf2 import FLASH_SIZE

OLD = site()
FILES_AT = FLASH_SIZE - storage_bytes("pico") + RESERVED
LEAST_STEPS = 6  # erases and programs of one save
SAVES = 20
WATCHDOG_MS = 2000
STARTS_MS = 1000  # 415...610 seen: littlefs reads its log of commits, the longer the later
READ = """
import vfs
class Memory:
    def __init__(self, data):
        self.data = data
    def readblocks(self, block, buf, offset=0):
        start = block * 4096 + offset
        buf[:] = self.data[start:start + len(buf)]
    def ioctl(self, op, arg):
        return {4: len(self.data) // 4096, 5: 4096}.get(op, 0)
with open("image", "rb") as file:
    data = file.read()
vfs.mount(vfs.VfsLfs2(Memory(memoryview(data)), progsize=256), "/board", readonly=True)
print(open("/board/site.json").read())
"""


def stored(board: Rig, micropython: Path, folder: Path) -> dict[str, Any]:
    """The site file in the board's flash, read by another MicroPython."""
    (folder / "image").write_bytes(board.pico.flash_image()[FILES_AT:])
    done = subprocess.run(
        [micropython, "-X", "heapsize=8m", "-c", READ],
        check=False,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


def flash_steps(board: Rig) -> list[Event]:
    """In the file system; the ledger beside it is in test_pico_ledger.py."""
    return [e for e in board.events if e.kind == "flash" and (e.at or 0) >= FILES_AT]


def plain(site_file: Any) -> Any:
    """As it comes out of a file."""
    return json.loads(json.dumps(site_file))


@pytest.mark.parametrize(
    "fraction",
    [
        pytest.param(0.1, marks=pytest.mark.storm),
        0.5,
        pytest.param(0.9, marks=pytest.mark.storm),
    ],
)
def test_a_power_cut_leaves_the_old_file_or_the_new_one(
    fraction: float, micropython: Path, tmp_path: Path
) -> None:
    """One save after the other on one board: cut in its first step, in its second, to the last."""
    old, found = OLD, []
    with rig(OLD) as board:
        for step in count(1):
            board.until(STARTS_MS, board.runs)
            new = plain(config.check(OLD | {"site": {"id": f"save{step}"}}))
            board.ask(f'tune("site.id", "save{step}")')
            typed_us = board.now_us
            board.pico.cut_power_in_flash(step, fraction)
            board.type("save()")
            board.go(500, lambda typed_us=typed_us: bool(board.resets(typed_us)))
            if not board.resets(typed_us):  # there are no more steps
                assert stored(board, micropython, tmp_path) == new
                break
            board.said()
            board.until(STARTS_MS, board.runs)
            assert "site.json" not in board.said()
            content = stored(board, micropython, tmp_path)
            assert content in (old, new)
            assert f'"{content["site"]["id"]}"' in board.ask('str(tune()).split("site.id =")[1]')
            found.append("new" if content == new else "old")
            old = content
    print(f"cut at {100 * fraction:.0f} % of step 1...{len(found)}: {found}")
    assert len(found) >= LEAST_STEPS
    assert found[0] == "old"


def test_while_anything_charges_saving_waits(micropython: Path, tmp_path: Path) -> None:
    with charging(OLD, 1, 3) as board:
        board.ask('tune("outlets[0].max_a", 10)')
        assert board.ask("save()").startswith("will be saved as soon as no outlet charges")
        board.go(500)
        board.show((9000, -12000), 1)
        board.until(200, lambda: not board.coils[1])
        board.go(500)
        assert flash_steps(board) == []
        assert "erase" not in [event.op for event in board.events]
        left_us = board.now_us
        board.show((9000, -12000), 3)
        board.go(600)
        [(_, _, on)] = board.switched(left_us)
        opened_us = left_us + 1000 * board.switched(left_us)[0][0]
        steps = flash_steps(board)
        assert not on
        assert len(steps) >= LEAST_STEPS
        assert all(event.t_us > opened_us for event in steps)
        print(f"saved {(steps[-1].t_us - opened_us) / 1000:.0f} ms after the last coil was off")
        assert stored(board, micropython, tmp_path)["outlets"][0]["max_a"] == 10


def test_a_slow_flash_does_not_wake_the_watchdog(micropython: Path, tmp_path: Path) -> None:
    """The longest times of its data sheet, and so many saves that its blocks are made anew."""
    with rig(OLD, flash_times=WORST_FLASH_MS) as board:
        board.until(STARTS_MS, board.runs)
        longest_ms = 0.0
        for number in range(SAVES):
            board.ask(f'tune("site.id", "save{number}")')
            first = len(flash_steps(board))
            assert board.ask("save()", 6000) == "saved to /site.json"
            steps = flash_steps(board)[first:]
            longest_ms = max(longest_ms, (steps[-1].t_us - steps[0].t_us) / 1000)
        erases = sum(event.op == "erase" for event in flash_steps(board))
        print(f"{SAVES} saves with {erases} erases, the longest took {longest_ms:.0f} ms")
        assert erases > SAVES  # beside one a file
        assert board.resets() == []
        assert longest_ms < WATCHDOG_MS
        assert stored(board, micropython, tmp_path)["site"]["id"] == f"save{SAVES - 1}"
        board.charge(1)
