"""What an image is compiled with: the machine's own compilers, checked before anything starts."""

import shutil
import subprocess

from pilotlight_host.fetch import ToolMissing

ARM_GCC = "arm-none-eabi-gcc"
ARM_AR, ARM_NM, ARM_SIZE = "arm-none-eabi-ar", "arm-none-eabi-nm", "arm-none-eabi-size"
_PACKAGES = {  # program: Debian package
    ARM_GCC: "gcc-arm-none-eabi",
    "cmake": "cmake",
    "make": "make",
    "gcc": "gcc libc6-dev",
}
_NEWLIB = "libnewlib-arm-none-eabi"


def check() -> str:
    """What identifies the compiler; ToolMissing with the line that installs what is not there."""
    missing = {name: package for name, package in _PACKAGES.items() if shutil.which(name) is None}
    if ARM_GCC in missing or _output(ARM_GCC, "-print-file-name=nano.specs") == "nano.specs":
        missing["newlib for ARM"] = _NEWLIB
    if missing:
        raise ToolMissing(
            f"an image is compiled with {', '.join(missing)}, not found here: "
            f"apt-get install --no-install-recommends {' '.join(missing.values())}"
        )
    newlib = _output(ARM_GCC, "-print-file-name=libc.a")
    return f"{_output(ARM_GCC, '--version').splitlines()[0]}; {newlib}"


def _output(*words: str) -> str:
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()
