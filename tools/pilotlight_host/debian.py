"""Programs from Debian that tests use: a real 32-bit MicroPython, and the brokers Mosquitto, NATS.

All are unpacked into `.deps`, nothing is installed, no root is needed. `MICROPYTHON=/path`,
`MOSQUITTO=/path` and `NATS_SERVER=/path` name other ones.
"""

import os
import platform
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from pilotlight_host.apt import Apt, debian_site, debian_source, unpack_pinned
from pilotlight_host.fetch import ToolMissing, ensure_folder

SUITE = "trixie"  # MicroPython 1.25.0; the suite is fixed, whatever the machine itself runs
# The i386 packages of that suite, by SHA-256: these first, the suite's lists only if one is gone.
PINNED = (
    (
        "pool/main/m/micropython/micropython_1.25.0+ds-1_i386.deb",
        "a72799821cb45442150f8a7f0757bc8e4f9a4b64abccbd837d694a20d6900bb5",
    ),
    (
        "pool/main/g/glibc/libc6_2.41-12+deb13u4_i386.deb",
        "67bb4b54cf4bb6a380449dfa1852cd9135659f85360caa0e41d312f4b30e573a",
    ),
    (
        "pool/main/libf/libffi/libffi8_3.4.8-2_i386.deb",
        "8bafefb38c320ca27796070c881595ce04d900c3b534ac142a494daf1fe1db13",
    ),
    (
        "pool/main/g/gcc-14/libgcc-s1_14.2.0-19_i386.deb",
        "a4c71fd856d2a48a7505a087b4186e3cca23f94603c05e3fb7c799b27e72f761",
    ),
    (
        "pool/main/m/mbedtls/libmbedtls21_3.6.6-0.1~deb13u1_i386.deb",
        "eb1b20154ce9008aca1d036698ffc12019020a54985d2c5ae3dc1c1c39c9e995",
    ),
    (
        "pool/main/m/mbedtls/libmbedx509-7_3.6.6-0.1~deb13u1_i386.deb",
        "fe6ba192c9227d30a4cd05a3bdeccdf9ff30d55b27d8ff488126c16dcf727cce",
    ),
    (
        "pool/main/m/mbedtls/libmbedcrypto16_3.6.6-0.1~deb13u1_i386.deb",
        "aa4698ed436eebf77e3dc9f5c514073bd554109d857d887db5a367dde9a5c377",
    ),
)
# It needs nothing beside it but the machine's own C library, 2.34 or newer.
NATS_PINNED = {
    "x86_64": (
        "pool/main/n/nats-server/nats-server_2.10.27-1+b2_amd64.deb",
        "6d913ac987b78734c08537c2adeb1526cf735f216173a9170d94b185fcfe6f8a",
    ),
    "aarch64": (
        "pool/main/n/nats-server/nats-server_2.10.27-1+b2_arm64.deb",
        "0c9a617510b28c1b4fb4a38aabea6ab8cd7f026247f2abdff8b955b2278ce049",
    ),
}
_PROBE = "import time; print(time.ticks_add(0, -1))"
_LAST_TICK = (1 << 30) - 1
_SMALL_INT_HELP = "set MICROPYTHON=/path/to/a 32-bit MicroPython (its ticks wrap at 2^30)"
_NATS = "root/usr/sbin/nats-server"
_MOSQUITTO_HELP = "install mosquitto, or set MOSQUITTO=/path/to/mosquitto"
_NATS_HELP = "set NATS_SERVER=/path/to/nats-server"

_MICROPYTHON_START = """#!/bin/sh
here=$(dirname "$(readlink -f "$0")")
lib="$here/root/usr/lib"
libs="$lib/i386-linux-gnu"
exec "$lib/ld-linux.so.2" --library-path "$libs" "$here/root/usr/bin/micropython" "$@"
"""
_MOSQUITTO_START = """#!/bin/sh
here=$(dirname "$(readlink -f "$0")")
for folder in "$here"/root/usr/lib/*-linux-gnu* "$here"/root/lib/*-linux-gnu*; do
    [ -d "$folder" ] && LD_LIBRARY_PATH="$folder${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
done
export LD_LIBRARY_PATH
exec "$here/root/usr/sbin/mosquitto" "$@"
"""


def ensure_micropython() -> Path:
    """A MicroPython that runs here and whose ticks wrap at 2^30; ToolMissing if there is none."""
    named = os.environ.get("MICROPYTHON")
    if named:
        return _checked_micropython(Path(named))
    return (
        _unpacked("micropython-i386", "32-bit MicroPython", _fill_micropython, _SMALL_INT_HELP)
        / "micropython"
    )


def ensure_mosquitto() -> Path:
    """A Mosquitto broker that runs here: named, else installed, else unpacked from Debian."""
    named = os.environ.get("MOSQUITTO")
    installed = named or shutil.which("mosquitto", path=_search_path())
    if installed:
        return _checked_mosquitto(Path(installed))
    return _unpacked("mosquitto", "Mosquitto", _fill_mosquitto, _MOSQUITTO_HELP) / "mosquitto"


def ensure_nats() -> Path:
    """A NATS server that runs here, which is an MQTT broker too: named, else from Debian."""
    named = os.environ.get("NATS_SERVER")
    if named:
        return _checked_nats(Path(named))
    return _unpacked("nats", "NATS server", _fill_nats, _NATS_HELP) / _NATS


def _unpacked(name: str, what: str, fill: Callable[[Path], None], instead: str) -> Path:
    """Its folder in `.deps`; ToolMissing says what to do `instead`."""
    try:
        return ensure_folder(name, what, fill)
    except ToolMissing as error:
        raise ToolMissing(f"no {what}: {error}; {instead}") from None


def _fill_micropython(folder: Path) -> None:
    if platform.machine() not in ("x86_64", "i686", "i386"):
        raise ToolMissing(f"Debian's i386 build does not run on {platform.machine()}")
    try:
        root = unpack_pinned(debian_site(), PINNED, folder / "apt")
    except ToolMissing:  # the mirror has moved on to other versions of the libraries
        shutil.rmtree(folder / "apt", ignore_errors=True)
        source = debian_source(folder / "apt-machine", SUITE)
        apt = Apt(folder / "apt", sources=source, arch="i386")
        apt.update()
        root = apt.unpack("micropython")
    _keep_root(folder, root)
    shutil.rmtree(folder / "apt-machine", ignore_errors=True)
    _checked_micropython(_start_script(folder / "micropython", _MICROPYTHON_START))


def _fill_mosquitto(folder: Path) -> None:
    apt = Apt(folder / "apt")
    apt.update()
    _keep_root(folder, apt.unpack("mosquitto"))
    _checked_mosquitto(_start_script(folder / "mosquitto", _MOSQUITTO_START))


def _fill_nats(folder: Path) -> None:
    pinned = NATS_PINNED.get(platform.machine())
    if pinned is None:
        raise ToolMissing(f"none is pinned for {platform.machine()}")
    try:
        root = unpack_pinned(debian_site(), (pinned,), folder / "apt")
    except ToolMissing:  # the mirror has moved on: then what the machine's own release has
        shutil.rmtree(folder / "apt", ignore_errors=True)
        apt = Apt(folder / "apt")
        apt.update()
        root = apt.unpack("nats-server")
    _keep_root(folder, root)
    _checked_nats(folder / _NATS)


def _keep_root(folder: Path, root: Path) -> None:
    """Keep what was unpacked, drop lists and archives (some 60 MB)."""
    root.rename(folder / "root")
    shutil.rmtree(folder / "apt")


def _start_script(path: Path, text: str) -> Path:
    path.write_text(text)
    path.chmod(0o755)
    return path


def _checked_micropython(path: Path) -> Path:
    said = _output(path, "-c", _PROBE).strip()
    if said != str(_LAST_TICK):
        raise ToolMissing(f"{path} is no 32-bit MicroPython: ticks_add(0, -1) says {said!r}")
    return path


def _checked_mosquitto(path: Path) -> Path:
    said = _output(path, "-h")
    if "mosquitto version" not in said:
        raise ToolMissing(f"{path} does not run as Mosquitto, it says {said[:200]!r}")
    return path


def _checked_nats(path: Path) -> Path:
    said = _output(path, "--version")
    if not said.startswith("nats-server: v"):
        raise ToolMissing(f"{path} does not run as NATS server, it says {said[:200]!r}")
    return path


def _output(path: Path, *words: str) -> str:
    try:
        done = subprocess.run(
            [path, *words], capture_output=True, text=True, timeout=30, check=False
        )
    except OSError as error:
        raise ToolMissing(f"{path} cannot be started: {error.strerror}") from None
    return done.stdout or done.stderr


def _search_path() -> str:
    """PATH and the two folders of daemons that an ordinary user's PATH lacks."""
    return os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"))
