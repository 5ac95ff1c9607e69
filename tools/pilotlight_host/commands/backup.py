"""`pilotlight backup`, `restore`: all files of a board, in a .zip, and back."""

import argparse
from typing import Any

from pilotlight_host.commands.port import add_port
from pilotlight_host.errors import UserError
from pilotlight_host.hand.told import progress, tell

BACKUP = """Reads every file of a board (site file, orders, recordings) into FILE.zip. The site
stops meanwhile: every outlet is off. Passwords are in it as they are unless told otherwise."""
RESTORE = """Writes the files of FILE.zip onto a board, each compared there before it takes the
place of the old one, the site file last, and waits until the site answers. Files that the board
has besides stay. A site file that the board does not accept is replaced by the one before.
Passwords that are encrypted need their passphrase."""
_ASKED = "FILE with the passphrase in its first line; - asks for it"
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
        either = command.add_mutually_exclusive_group()
        what = "encrypt the passwords of the site file" if name == "backup" else "decrypt them"
        either.add_argument("--passphrase", metavar="FILE", help=f"{what}: {_ASKED}")
        without = "leave the passwords of the site file out"
        either.add_argument("--without-passwords", action="store_true", help=without)


def run_backup(options: argparse.Namespace) -> int:
    """Carry it out; returns the exit code."""
    from pilotlight_host.hand import archive, secrets, site
    from pilotlight_host.hand.link import Link, port_of

    asked = options.passphrase
    passphrase = None if asked is None else secrets.passphrase_of(asked, twice=True)
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
        elif passphrase is not None and site.NAME in files:
            sealed = secrets.take_out(files[site.NAME], passphrase)
            files[site.NAME], files[secrets.NAME] = sealed
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

    files = _decrypted(archive.read(options.file), options)
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


def _decrypted(files: dict[str, bytes], options: argparse.Namespace) -> dict[str, bytes]:
    """The files as they go onto the board; before anything is stopped there."""
    from pilotlight_host.hand import secrets, site

    sealed = files.pop(secrets.NAME, None)
    if site.NAME not in files:
        return files
    if options.without_passwords:
        files[site.NAME] = site.without_passwords(files[site.NAME])
    elif sealed is not None:
        if options.passphrase is None:
            raise UserError(
                f"{options.file}: its passwords are encrypted; --passphrase FILE decrypts them, "
                "--without-passwords leaves them out"
            )
        passphrase = secrets.passphrase_of(options.passphrase)
        files[site.NAME] = secrets.put_back(files[site.NAME], sealed, passphrase)
    return files
