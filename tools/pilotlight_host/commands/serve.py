"""`pilotlight serve`: the firmware itself, for a site whose outlets hang on a Pico's USB."""

import argparse
import os
import signal
import sys
from pathlib import Path
from typing import Any

from pilotlight_host.errors import UserError

ABOUT = """Runs a site on this computer: the firmware as it is, its outlets on a Raspberry Pi Pico
with the image pico_io on USB, meters on serial ports of this computer. Goes on until Ctrl-C or
SIGTERM; every outlet is off before and after. Exits 0 then, 1 if the site file is wrong or the
Pico or another port is not there, 2 after an error of its own. boards/linux_sbc/README.md has the
rest."""

STORAGE = "/var/lib/pilotlight"
STOPPED, REFUSED, FAILED = 0, 1, 2  # as firmware/main.py ends


def add_to(commands: Any) -> None:
    """Its part of the command line."""
    command = commands.add_parser(
        "serve", help="run a site whose outlets are on a Pico's USB", description=ABOUT
    )
    command.add_argument(
        "--io", required=True, metavar="PORT", help="the Pico, like /dev/serial/by-id/..."
    )
    command.add_argument(
        "--storage", default=STORAGE, metavar="DIR", help=f"folder of site.json [{STORAGE}]"
    )
    command.add_argument(
        "--site", metavar="FILE", help="put this site file there first; without it that one stays"
    )
    command.add_argument(
        "--meter",
        action="append",
        default=[],
        metavar="NAME=PORT",
        help="serial port that the site file calls NAME; may be given several times",
    )
    command.add_argument(
        "--console", metavar="PATH", help="where to put a terminal for `pilotlight console --port`"
    )
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Carry it out; returns the exit code."""
    ports = [_port(text) for text in options.meter]
    storage = Path(options.storage)
    if not storage.is_dir():
        raise UserError(f"--storage {storage}: there is no such folder", REFUSED)
    if options.site is not None:
        _put(options.site, storage / "site.json")
    os.environ["PILOTLIGHT_IO"] = options.io
    os.environ["PILOTLIGHT_STORAGE"] = str(storage)
    os.environ.update(ports)
    if options.console is not None:
        os.environ["PILOTLIGHT_CONSOLE"] = options.console
    _prepare(storage / "site.json")
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background ignores it
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    return _firmware()


def _port(text: str) -> tuple[str, str]:
    name, _, path = text.partition("=")
    if not (name and path):
        raise UserError(f"--meter {text}: is wrong, expected like grid=/dev/ttyUSB0")
    return "PILOTLIGHT_UART_" + name.upper().replace("-", "_"), path


def _put(file: str, target: Path) -> None:
    """Whole, or not at all."""
    from pilotlight_host import sitefile

    sitefile.load(file)
    scratch = target.with_suffix(".new")
    try:
        scratch.write_bytes(Path(file).read_bytes())
        os.replace(scratch, target)
    except OSError as error:
        raise UserError(f"{target}: cannot be written ({error.strerror})", REFUSED) from None


def _prepare(site: Path) -> None:
    """What the firmware imports is there."""
    from pilotlight_host import sitefile
    from pilotlight_host.paths import BOARDS
    from pilotlight_host.shims.install import install

    install()
    for name in ("remote", "linux_sbc"):
        sys.path.insert(0, str(BOARDS / name))
    if sitefile.load(str(site))["mqtt"] is not None:
        from pilotlight_host.umqtt_fetch import ensure_umqtt

        sys.path.append(str(ensure_umqtt()))


def _firmware() -> int:
    """Run `main.py` as a device does; its end in an exit code."""
    import runpy
    import traceback

    from pilotlight_host.paths import FIRMWARE

    try:
        runpy.run_path(str(FIRMWARE / "main.py"), run_name="__main__")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else FAILED
    except Exception:  # noqa: BLE001 - whatever it is: told, and the service starts anew
        traceback.print_exc()
        return FAILED
    return STOPPED
