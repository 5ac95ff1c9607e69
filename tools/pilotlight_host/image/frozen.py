"""What an image has frozen in: its Python modules and the bytes each takes there.

The generated C file says where a module begins, the object made of it how large each thing is.
"""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from pilotlight_host.image.toolchain import ARM_NM, ARM_SIZE

_MODULE = re.compile(r"^// - frozen file name: (.+)$")
_END = "/" * 80
_DEFINED = re.compile(r"^(?:static )?const .*?(\w+)(?:\[\d*\])? (?:__attribute__\(.*\) )?=")


@dataclass(frozen=True)
class Frozen:
    """Bytes by module, and what all of them share: names, their hashes, texts."""

    modules: dict[str, int]
    shared: int

    @property
    def total(self) -> int:
        """All that freezing costs."""
        return sum(self.modules.values()) + self.shared


def read_frozen(out: Path) -> Frozen:
    """What the build in this folder has frozen."""
    owners = _owners((out / "frozen_content.c").read_text())
    compiled = out / "CMakeFiles/firmware.dir/frozen_content.c.o"
    modules = dict.fromkeys(owners.values(), 0)
    for name, size in _sizes(compiled):
        if name in owners:
            modules[owners[name]] += size
    return Frozen(modules, _total(compiled) - sum(modules.values()))


def _owners(text: str) -> dict[str, str]:
    """The module of each thing that is defined."""
    owners: dict[str, str] = {}
    module = None
    for line in text.splitlines():
        begin = _MODULE.match(line)
        if begin:
            module = begin[1]
        elif line.startswith(_END):
            module = None
        defined = _DEFINED.match(line)
        if module and defined:
            owners[defined[1]] = module
    return owners


def _sizes(compiled: Path) -> list[tuple[str, int]]:
    listed = subprocess.run(
        [ARM_NM, "-S", compiled], capture_output=True, text=True, check=True
    ).stdout
    rows = [line.split() for line in listed.splitlines()]
    return [(row[3], int(row[1], 16)) for row in rows if len(row) == 4]


def _total(compiled: Path) -> int:
    said = subprocess.run([ARM_SIZE, compiled], capture_output=True, text=True, check=True).stdout
    text, data = said.splitlines()[1].split()[:2]
    return int(text) + int(data)
