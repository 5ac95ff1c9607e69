"""Where things are in a checkout. Pilotlight's host package is always installed editable."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FIRMWARE = ROOT / "firmware"
BOARDS = ROOT / "boards"
HOST_TESTS = ROOT / "host_tests"
DEPS = ROOT / ".deps"  # fetched, git-ignored, safe to delete
OUT = ROOT / "out"  # made, git-ignored, safe to delete
