"""Finished runs of a comparison in a file: one that was interrupted goes on where it was.

One JSON object per line. The first names the state of the sources that the rest is of. Runs of
another state are not mixed in: Pilotlight's are made anew when its firmware has changed, all when
the world or the others' rules have.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from pilotlight_host import paths
from pilotlight_host.errors import UserError

from .study import PILOTLIGHT, Job

Row = dict[str, Any]
_TOOLS = Path(__file__).resolve().parents[1]
_OF_ALL = tuple(_TOOLS / name for name in ("sim", "shims", "compare"))
_OF_FIRMWARE = (paths.FIRMWARE, paths.BOARDS / "sim")


def state_of_sources() -> dict[str, str]:
    """Digests of what figures depend on, but for the versions of libraries."""
    return {"all": _digest(_OF_ALL), "firmware": _digest(_OF_FIRMWARE)}


def _digest(folders: tuple[Path, ...]) -> str:
    digest = hashlib.sha256()
    for folder in folders:
        for file in sorted(folder.rglob("*.py")):
            digest.update(file.relative_to(folder).as_posix().encode() + b"\0")
            digest.update(file.read_bytes() + b"\0")
    return digest.hexdigest()


class Kept:
    """The runs of one file. UserError if it cannot be read or written."""

    def __init__(self, file: str) -> None:
        self._path = Path(file)
        self._state = state_of_sources()
        self.rows: dict[Job, Row] = {}
        try:
            self.rows = dict(self._read())
            whole = [json.dumps(self._state), *(_line(job, row) for job, row in self.rows.items())]
            beside = self._path.with_name(self._path.name + ".new")
            beside.write_text("\n".join(whole) + "\n", encoding="utf-8")
            beside.replace(self._path)
        except OSError as error:
            raise UserError(f"--keep {file}: {error.strerror}") from None

    def _read(self) -> Iterator[tuple[Job, Row]]:
        if not self._path.exists():
            return
        head, *lines = map(_parsed, self._path.read_text(encoding="utf-8").splitlines() or [""])
        if head is None or head.get("all") != self._state["all"]:
            return
        is_ours = head["firmware"] == self._state["firmware"]
        for found in lines:
            if found is not None:
                seed, kind, number, name = found["job"]
                if is_ours or name != PILOTLIGHT:
                    yield (seed, kind, number, name), found["row"]

    def missing(self, todo: Iterable[Job]) -> list[Job]:
        """Those that are not there yet."""
        return [job for job in todo if job not in self.rows]

    def add(self, job: Job, row: Row) -> None:
        """One more, on the disk before this returns."""
        self.rows[job] = row
        with self._path.open("a", encoding="utf-8") as file:
            file.write(_line(job, row) + "\n")


def _parsed(line: str) -> dict[str, Any] | None:
    """None if it was being written when everything ended."""
    try:
        return json.loads(line)
    except ValueError:
        return None


def _line(job: Job, row: Row) -> str:
    return json.dumps({"job": job, "row": row})
