"""A littlefs image for the board's file system, made by the 32-bit MicroPython of this machine."""

import json
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from pilotlight_host.debian import ensure_micropython

from .uf2 import FLASH_SIZE, flash_of

BLOCK = 4096
LEDGER, SPOOL = 262144, 131072  # bytes before the file system: drivers/rp2/pages.py
RESERVED = LEDGER + SPOOL
BEGINNINGS = (RESERVED, LEDGER, 0)  # of file systems; the later ones older images have made
_TIMEOUT_S = 60
# Runs under MicroPython: a block device in memory, formatted as the board's _boot.py does it.
_SCRIPT = """
import json, os, vfs

class Memory:
    def __init__(self, size):
        self.data = memoryview(bytearray(b"\\xff" * size))

    def readblocks(self, block, buf, offset=0):
        start = block * {block} + offset
        buf[:] = self.data[start:start + len(buf)]

    def writeblocks(self, block, buf, offset=0):
        start = block * {block} + offset
        self.data[start:start + len(buf)] = buf

    def ioctl(self, op, arg):
        if op == 4:
            return len(self.data) // {block}
        if op == 5:
            return {block}
        if op == 6:
            start = arg * {block}
            self.data[start:start + {block}] = b"\\xff" * {block}
            return 0

with open("plan.json") as file:
    plan = json.load(file)
device = Memory(plan["size"])
vfs.VfsLfs2.mkfs(device, progsize=256)
vfs.mount(vfs.VfsLfs2(device, progsize=256, mtime=False), "/board")
for folder in plan["folders"]:
    os.mkdir("/board/" + folder)
for number, name in enumerate(plan["files"]):
    with open(str(number), "rb") as source, open("/board/" + name, "wb") as target:
        target.write(source.read())
vfs.umount("/board")
with open("image", "wb") as file:
    file.write(device.data)
"""


def filesystem_image(files: Mapping[str, bytes], size: int) -> bytes:
    """A littlefs of `size` bytes that holds `files` (path without a leading "/" -> content).

    ValueError if the size is not whole blocks or the files do not fit.
    """
    if size < 2 * BLOCK or size % BLOCK:
        raise ValueError(f"size: {size}, expected a multiple of {BLOCK}, at least two")
    with tempfile.TemporaryDirectory(prefix="pilotlight-") as scratch:
        folder = Path(scratch)
        plan = {"size": size, "files": list(files), "folders": _folders(files)}
        (folder / "plan.json").write_text(json.dumps(plan))
        for number, content in enumerate(files.values()):
            (folder / str(number)).write_bytes(content)
        _run(folder)
        return (folder / "image").read_bytes()


def flash_with_files(image: Path, files: Mapping[str, bytes], size: int) -> bytes:
    """The flash of a board that has `image` (.uf2) and `size` bytes of storage at its end: the
    pages before the file system, erased, and that, with `files`.
    """
    flash = flash_of(image)
    start = FLASH_SIZE - size
    if any(byte != 0xFF for byte in flash[start:]):
        raise ValueError(f"{image}: reaches into the storage's {size} bytes")
    flash[start + RESERVED :] = filesystem_image(files, size - RESERVED)
    return bytes(flash)


def _folders(files: Mapping[str, bytes]) -> list[str]:
    """All folders, outer ones first."""
    found = {str(parent) for name in files for parent in Path(name).parents}
    return sorted(found - {"."})


def _run(folder: Path) -> None:
    done = subprocess.run(
        [ensure_micropython(), "-X", "heapsize=8m", "-c", _SCRIPT.format(block=BLOCK)],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=_TIMEOUT_S,
        check=False,
    )
    if done.returncode != 0:
        said = (done.stdout + done.stderr).strip().splitlines()
        raise ValueError(f"no file system could be made: {said[-1] if said else done.returncode}")
