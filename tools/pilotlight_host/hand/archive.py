"""Files of a board in a .zip. UserError names the .zip."""

import zipfile
from pathlib import Path

from pilotlight_host.errors import UserError

_BESIDE = ".new"


def write(file: str, files: dict[str, bytes]) -> None:
    """All at once, in place of an older one."""
    beside = Path(file + _BESIDE)
    try:
        with zipfile.ZipFile(beside, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in files.items():
                archive.writestr(name, content)
        beside.replace(file)
    except OSError as error:
        raise UserError(f"{file}: {error.strerror}") from None


def read(file: str) -> dict[str, bytes]:
    """All that is in it."""
    try:
        with zipfile.ZipFile(file) as archive:
            return {name: archive.read(name) for name in archive.namelist()}
    except OSError as error:
        raise UserError(f"{file}: {error.strerror}") from None
    except zipfile.BadZipFile as error:
        raise UserError(f"{file}: is no archive of a board ({error})") from None
