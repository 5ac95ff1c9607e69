"""The 32-bit MicroPython of this machine, plain or under valgrind, on code of `device`."""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
from pathlib import Path

from pilotlight_host.debian import ensure_micropython
from pilotlight_host.paths import FIRMWARE

from .site import site
from .valgrind import ensure_callgrind

DEVICE = Path(__file__).parent / "device"
HEAP = "heapsize=512k"  # with the code, which is in flash on a board; compiling it leaves holes
MOST_OUTLETS = 8
_TIMEOUT_S = 900  # under valgrind, on a busy machine
_COLLECTED = re.compile(r"Collected : (\d+)")


def said(script: str, *words: object) -> dict[str, int]:
    """Run it; its output, lines of a name and a number."""
    printed = _run([str(ensure_micropython())], {}, script, words).stdout
    rows = [line.rsplit(" ", 1) for line in printed.splitlines()]
    return {name: int(number) for name, number in rows}


def instructions(script: str, *words: object) -> int:
    """Machine instructions of the whole process."""
    callgrind, environment = ensure_callgrind()
    done = _run([*callgrind, *_program(ensure_micropython())], environment, script, words)
    found = _COLLECTED.search(done.stderr)
    if found is None:
        raise RuntimeError(f"callgrind told no count: {done.stderr[-300:]!r}")
    return int(found[1])


def _run(
    start: list[str], environment: dict[str, str], script: str, words: tuple[object, ...]
) -> subprocess.CompletedProcess[str]:
    """In a folder that has a site file of 8 outlets."""
    content = site(MOST_OUTLETS, rating_a=250, meter=True)
    with tempfile.TemporaryDirectory(prefix="pilotlight-") as folder:
        Path(folder, "site.json").write_text(json.dumps(content))
        done = subprocess.run(
            [*start, "-X", HEAP, str(DEVICE / script), *map(str, words)],
            cwd=folder,
            env=os.environ | {"MICROPYPATH": f"{FIRMWARE}:.frozen"} | environment,
            capture_output=True,
            text=True,
            timeout=_TIMEOUT_S,
            check=False,
        )
    if done.returncode != 0:
        told = (done.stderr + done.stdout).strip().splitlines()
        raise RuntimeError(f"{script}: {told[-1] if told else done.returncode}")
    return done


def _program(micropython: Path) -> list[str]:
    """The program itself: behind its start script valgrind would see a shell."""
    lib = micropython.parent / "root/usr/lib"
    loader = lib / "ld-linux.so.2"
    if not loader.exists():
        return [str(micropython)]
    libs = str(lib / "i386-linux-gnu")
    return [str(loader), "--library-path", libs, str(lib.parent / "bin/micropython")]
