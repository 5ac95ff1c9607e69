"""What is recorded on a Pico and waits in raw pages of its flash until a file may be written."""

from collections.abc import Callable
from typing import Any

from pilotlight_host.errors import UserError

NAME = "record.new"  # it follows what is in record.bin
_MODULE = '__import__("pilotlight.drivers.rp2.pages",None,None,["spool"])'
_LOOKED_AT, _AT_ONCE = 8, 3  # pages of one question: code stands still for it
_ERASED = 256  # bytes that are FF
_BEGINNING = (
    0xA5,
    0,
)  # of a page with a header: what is before was never recorded, or is in a file


def read(value: Callable[[str], Any], progress: Callable[[str, int, int], None]) -> bytes:
    """It, or nothing. `value` asks the board for an expression; UserError if it gives none."""
    try:
        count = value(f"(lambda s:s and s.count)({_MODULE}.spool())") or 0
    except UserError:  # an image from before there was one
        return b""
    first, end = None, 0
    for at in range(0, count, _LOOKED_AT):
        told = "(s.read(p,b),b.count(b'\\xff'),b[0],b[1])[1:]"
        for page, (erased, *beginning) in enumerate(_ask(value, at, _LOOKED_AT, count, told), at):
            if first is None and tuple(beginning) == _BEGINNING:
                first = page
            if erased < _ERASED:
                end = page + 1
        progress(NAME, at // 2, count)
    content = b""
    for at in range(end if first is None else first, end, _AT_ONCE):
        content += b"".join(_ask(value, at, _AT_ONCE, end, "s.read(p,b) or bytes(b)"))
        progress(NAME, (count + at) // 2, count)
    return content


def _ask(value: Callable[[str], Any], at: int, pages: int, end: int, told: str) -> Any:
    pages = min(pages, end - at)
    of_each = f"(lambda s,b:[{told} for p in range({at},{at + pages})])"
    return value(f"{of_each}({_MODULE}.spool(),bytearray(256))")
