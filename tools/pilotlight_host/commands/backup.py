"""`pilotlight backup`, `restore`: all files of a board, in a .zip, and back."""

import argparse
from typing import Any

from pilotlight_host.commands.port import add_port
from pilotlight_host.hand.told import progress, tell

BACKUP = """Reads every file of a board (site file, orders, recordings) into FILE.zip. The site
stops meanwhile: every outlet is off. Passwords are in it unless told otherwise."""
RESTORE = """Writes the files of FILE.zip onto a board, each compared there before it takes the
place of the old one, the site file last, and waits until the site answers. Files that the board
has besides stay. A site file that the board does not accept is replaced by the one before."""
_BESIDE = ".new"


def add_to(commands: Any) -> None:
    """Its part of the command line."""
    for name, short, about, work in (
        ("backup", "read all files of a board", BACKUP, run_backup),
        ("restore", "write them back", RESTORE, run_restore),
    ):
        command = commands.add_parser(name, help=short, description=about)
        command.add_argument("file", metavar="FILE", help="a .zip")
        add_port(command)
        command.set_defaults(run=work)
        if name == "backup":
            without = "leave the passwords of the site file out"
            command.add_argument("--without-passwords", action="store_true", help=without)


def run_backup(options: argparse.Namespace) -> int:
    """Carry it out; returns the exit code."""
    from pilotlight_host.hand import archive, site
    from pilotlight_host.hand.link import Link, port_of

    link = Link(port_of(options.port))
    try:
        link.stop()
        names = [name for name in link.names() if not name.endswith(_BESIDE)]
        files = {}
        for number, name in enumerate(names):
            files[name] = link.read(name) or b""
            progress("files", number + 1, len(names))
        if options.without_passwords and site.NAME in files:
            files[site.NAME] = site.without_passwords(files[site.NAME])
        archive.write(options.file, files)  # also of a board whose site does not run
        for name, content in files.items():
            print(f"{name}: {len(content)} bytes")
        link.reset()
        link.health()
    finally:
        link.close()
    return 0


def run_restore(options: argparse.Namespace) -> int:
    """Carry it out; returns the exit code."""
    from pilotlight_host.hand import archive, site
    from pilotlight_host.hand.link import Link, port_of

    files = archive.read(options.file)
    link = Link(port_of(options.port))
    try:
        link.stop()
        for name, content in files.items():
            if name != site.NAME and link.read(name) != content:
                link.write(name, content)
                tell(f"{name}: is there, compared byte for byte")
        return site.put(link, files.get(site.NAME))
    finally:
        link.close()
