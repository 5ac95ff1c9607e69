"""A board's site file: put there, started, and taken back if the board refuses it."""

import json
import re

from pilotlight_host.errors import UserError

from .link import Link
from .told import progress, tell

NAME = "site.json"
_PASSWORD = re.compile(rb'("password"\s*:\s*)"(?:[^"\\]|\\.)*"?')


def without_passwords(site: bytes) -> bytes:
    """A site file whose passwords are empty, whether or not it is whole."""
    try:
        content = json.loads(site)
    except ValueError:
        return _PASSWORD.sub(rb'\1""', site)
    for table in content.values() if isinstance(content, dict) else ():
        if isinstance(table, dict) and table.get("password"):
            table["password"] = ""
    return json.dumps(content, indent=1).encode()


def put(link: Link, site: bytes | None) -> int:
    """Start the board with that site file, or with its own; the exit code. UserError with what the
    board says against it.
    """
    before = link.read(NAME)
    if site is None and before is None:
        tell("site: there is none on the board, give one with --site; outlets stay off")
        return 1
    is_new = site is not None and site != before
    if site is not None and is_new:
        link.write(NAME, site, lambda done, of: progress("site", done, of))
        tell("site: is there, compared byte for byte")
    else:
        tell("site: stays as it is")
    link.reset()
    try:
        lines = link.health()
    except UserError as error:
        if is_new and before is not None:
            raise UserError([*error.lines, _put_back(link, before)], 1) from None
        raise
    for line in lines:
        print(line)
    return 0


def _put_back(link: Link, before: bytes) -> str:
    link.stop()
    link.write(NAME, before)
    link.reset()
    link.health()
    return "the board runs with the site file it had before"
