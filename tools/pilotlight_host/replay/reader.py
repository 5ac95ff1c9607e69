"""Reads the files of services/recorder.py: records with a CRC, and in them segments of numbers.
Times in ticks (ms).
"""

import binascii
import json
import struct
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from pilotlight_host.errors import UserError
from pilotlight_host.shims.install import install

install()

from pilotlight import config  # noqa: E402 - importable since then
from pilotlight.services import arrangement  # noqa: E402
from pilotlight.wire import record  # noqa: E402

_IN_ARCHIVE = ("record.old", "record.cut", "record.bin", "record.new")
_SHORTEST = 8  # bytes of a record with nothing in it
_UNUSED = b"\xff"  # of a page of flash, between records
_PAGE = 256
_BEGINNING = record.MARK + bytes([record.HEADER])


class Ref(NamedTuple):
    """What a slot refers to: the thing or text of that index."""

    index: int


class Unknown(NamedTuple):
    """Something that the board could not name."""


class Outlet(NamedTuple):
    """How an outlet is arranged. `weights`: one for each of its pools. `need`: by the names of
    services/arrangement.py.
    """

    mode: str
    phases: int | None
    is_floored: bool
    is_dark: bool
    cloud_ms: int | None
    weights: list[int]
    need: list[int] | None


Value = int | bool | Ref | Unknown | None


@dataclass
class Segment:
    """One page of the recorder."""

    number: int
    page: bytearray

    @property
    def key(self) -> tuple[int, bytes]:
        """The same for the same segment."""
        return self.number, bytes(self.page)


@dataclass
class Recording:
    """What follows one header: what it was recorded by, and what of. `cut`: bytes of the file that
    are in no whole record; `left_out`: why other files are.
    """

    path: str
    version: str
    slots_crc: int
    site: dict[str, Any]
    texts: list[str] = field(default_factory=list)
    segments: list[Segment] = field(default_factory=list)
    cut: int = 0
    left_out: list[str] = field(default_factory=list)


def read_all(path: str) -> list[Recording]:
    """The recordings in a file, or in what `pilotlight diagnose` and `backup` write, the older
    first; what is in two of them only once. UserError if there is none.
    """
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from None
    if not zipfile.is_zipfile(path):
        return _once(_parsed(path, data))
    found: list[Recording] = []
    errors: list[UserError] = []
    with zipfile.ZipFile(path) as archive:
        for name in [name for name in _IN_ARCHIVE if name in archive.namelist()]:
            try:
                found += _parsed(f"{path}: {name}", archive.read(name))
            except UserError as error:  # one of another firmware does not spoil the others
                errors.append(error)
    if not found and errors:
        raise errors[0]
    if not found:
        raise UserError(f"{path}: nothing was recorded there: record(True) on the console")
    found[0].left_out = [str(error) for error in errors]
    return _once(found)


def _once(found: list[Recording]) -> list[Recording]:
    """What has waited in flash may be in a file, too."""
    seen: set[tuple[int, bytes]] = set()
    for recording in found:
        recording.segments = [one for one in recording.segments if one.key not in seen]
        seen |= {one.key for one in recording.segments}
    return found


def _parsed(path: str, data: bytes) -> list[Recording]:
    """The recordings in a file: it goes on as another one where something had to wait."""
    if not data.startswith(_BEGINNING):
        raise UserError(f"{path}: is no recording of decisions")
    found: list[Recording] = []
    cut = len(data.rstrip(_UNUSED))
    for kind, content, size in _records(data):
        cut -= size
        if kind == record.HEADER:
            found.append(_headed(path, content))
        elif kind == record.TEXT:
            found[-1].texts.append(content.decode())
        else:
            _add(found[-1], kind, content)
    if not found:
        raise UserError(f"{path}: is no recording of decisions, or its beginning is torn")
    found[-1].cut = cut
    return found


def _headed(path: str, content: bytes) -> Recording:
    header = json.loads(content)
    if header["format"] != record.FORMAT:
        raise UserError(
            f"{path}: its format is {header['format']}, expected {record.FORMAT}: it was recorded "
            f"by Pilotlight {header['version']}"
        )
    return Recording(path, header["version"], header["slots"], _site(path, header))


def _site(path: str, header: dict[str, Any]) -> dict[str, Any]:
    try:
        return config.check(header["site"])
    except config.SiteError as error:
        told = f"{path}: recorded by Pilotlight {header['version']}, whose site is none here:"
        raise UserError([told, *error.errors]) from None


def _add(found: Recording, kind: int, content: bytes) -> None:
    number = struct.unpack_from("<I", content)[0]
    if kind == record.SEGMENT:
        found.segments.append(Segment(number, bytearray()))
    if found.segments and found.segments[-1].number == number:
        found.segments[-1].page += content[4:]


def _records(data: bytes) -> Iterator[tuple[int, bytes, int]]:
    """Kind, content and size (with what is unused behind it) of each that is whole. What follows
    one that is not is left out, up to a header at the beginning of a page.
    """
    at = 0
    while at >= 0:
        end = _end_of(data, at)
        if end is None:
            at = _next_header(data, at)
            continue
        kind, content = data[at + 1], data[at + 4 : end - 4]
        while data[end : end + 1] == _UNUSED:
            end += 1
        yield kind, content, end - at
        at = end if end < len(data) else -1


def _end_of(data: bytes, at: int) -> int | None:
    """Of the record there, if it is whole."""
    if data[at : at + 1] != record.MARK or at + _SHORTEST > len(data):
        return None
    length = struct.unpack_from(record.HEAD, data, at + 1)[1]
    end = at + _SHORTEST + length
    if end > len(data):
        return None
    crc = binascii.crc32(data[at + 1 : end - 4])
    return end if struct.unpack_from("<I", data, end - 4)[0] == crc else None


def _next_header(data: bytes, at: int) -> int:
    """-1 if there is none."""
    for page in range((at // _PAGE + 1) * _PAGE, len(data), _PAGE):
        if data.startswith(_BEGINNING, page) and _end_of(data, page) is not None:
            return page
    return -1


class Cursor:
    """Takes numbers out of a segment, one after the other. `meant`: tells what a Ref among inputs
    and outcomes refers to.
    """

    def __init__(
        self, page: bytes | bytearray, meant: Callable[[Value], Any] = lambda value: value
    ) -> None:
        self._page = page
        self._meant = meant
        self._at = 0

    @property
    def is_at_end(self) -> bool:
        """There are no more."""
        return self._at >= len(self._page)

    def number(self) -> int:
        """One that stands for itself."""
        return self._tagged()[1]

    def value(self, old: Value) -> Value:
        """What has become of `old`."""
        tag, magnitude = self._tagged()
        if tag == record.SPECIAL:
            return Unknown() if magnitude == record.UNKNOWN else record.SPECIALS[magnitude]
        if tag == record.REFERENCE:
            return Ref(magnitude)
        base = old if type(old) is int else 0
        return base + magnitude if tag == record.PLUS else base - magnitude

    def time(self) -> int:
        """How much later than expected a half of a decision came, ms."""
        tag, magnitude = self._tagged()
        return -magnitude if tag == record.MINUS else magnitude

    def pools(self) -> list[tuple[Value, Value]]:
        """What is known of each pool that comes and goes: a text, and what others have set."""
        return [(self.value(None), self.value(None)) for _ in range(self.number())]

    @property
    def is_arranged(self) -> bool:
        """Something has been arranged anew: `pools`, then `outlet` of each."""
        return not self.is_at_end and self._page[self._at] == record.ARRANGED << 2

    def outlet(self, pools: int) -> Outlet:
        """One that takes from so many."""
        told: list[Any] = [self.value(None) for _ in range(5)]
        told.append([self.number() for _ in range(pools)])
        need: list[Any] = [self.value(None)]
        if need[0] is not None:
            need += [self.value(None) for _ in arrangement.NEED[1:]]
        return Outlet(self._meant(told[0]), *told[1:], None if need[0] is None else need)

    def inputs(self, mirror: list[Any]) -> list[int]:
        """Take what others have changed into `mirror`; returns which slots these are."""
        changed = []
        while not self.is_at_end and self._page[self._at] & 3 == record.REFERENCE:
            slot = self.number()
            mirror[slot] = self._meant(self.value(mirror[slot]))
            changed.append(slot)
        return changed

    def outcomes(self, mirror: list[Any]) -> None:
        """Take what has been decided into `mirror`."""
        if not self.is_at_end and self._page[self._at] == record.SPECIAL:
            self.number()
            self.inputs(mirror)

    def _tagged(self) -> tuple[int, int]:
        byte = self._byte()
        tag, magnitude, shift = byte & 3, byte >> 2 & 31, 5
        while byte & 128:
            byte = self._byte()
            magnitude |= (byte & 127) << shift
            shift += 7
        return tag, magnitude

    def _byte(self) -> int:
        self._at += 1
        return self._page[self._at - 1]
