"""Where things are: in a checkout, or in what a plain `pip install` has carried along."""

import os
from pathlib import Path

_CARRIED = Path(__file__).resolve().parent / "carried"
IS_CHECKOUT = not _CARRIED.is_dir()
ROOT = Path(__file__).resolve().parents[2] if IS_CHECKOUT else _CARRIED
FIRMWARE = ROOT / "firmware"
BOARDS = ROOT / "boards"
HOST_TESTS = ROOT / "host_tests"


def _cache() -> Path:
    """Where an installed program keeps what it has fetched (XDG base directories)."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "pilotlight"


DEPS = ROOT / ".deps" if IS_CHECKOUT else _cache()  # fetched, git-ignored, safe to delete
OUT = ROOT / "out" if IS_CHECKOUT else Path("out")  # made, git-ignored, safe to delete
