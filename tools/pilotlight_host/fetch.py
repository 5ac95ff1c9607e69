"""Fetched things in `.deps`: each folder appears whole or not at all, also with several fetchers.

Progress goes to stderr, one line at the start and one at the end; times in s.
"""

import fcntl
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pilotlight_host.paths import DEPS


class ToolMissing(RuntimeError):
    """Something outside the project is not there; the text is one line: what to install or set."""


def say(text: str) -> None:
    """One progress line."""
    print(f"pilotlight: {text}", file=sys.stderr, flush=True)


@contextmanager
def locked(name: str) -> Iterator[None]:
    """Nobody else holds the lock of this name meanwhile, in no process of this checkout."""
    DEPS.mkdir(parents=True, exist_ok=True)
    with open(DEPS / f".{name}", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def ensure_folder(name: str, what: str, fill: Callable[[Path], None]) -> Path:
    """`.deps/<name>`; if it is not there yet, `fill(folder)` makes it in a temporary place.

    `what` is for the progress line. What `fill` raises is passed on and leaves nothing behind.
    """
    target = DEPS / name
    if target.exists():
        return target
    with locked("lock"):
        if not target.exists():
            _make(target, what, fill)
    return target


def _make(target: Path, what: str, fill: Callable[[Path], None]) -> None:
    say(f"fetching {what} ...")
    started = time.monotonic()
    work = Path(tempfile.mkdtemp(prefix=".new-", dir=DEPS))
    work.chmod(0o755)
    try:
        fill(work)
        work.rename(target)
    except BaseException:
        shutil.rmtree(work, ignore_errors=True)
        raise
    say(f"{what} is in {target.parent.name}/{target.name} ({time.monotonic() - started:.0f} s)")
