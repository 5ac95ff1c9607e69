"""Site files, read as a board reads them: by the firmware's own validator."""

from typing import Any

from pilotlight_host.errors import UserError


def load(file: str) -> dict[str, Any]:
    """The site; UserError (exit 1) with all that is wrong, a line each."""
    from pilotlight_host.shims.install import install

    install()
    from pilotlight import config

    try:
        return config.load(file)
    except config.SiteError as error:
        lines = [e if e.startswith(file + ": ") else f"{file}: {e}" for e in error.errors]
        raise UserError(lines, 1) from None
    except UnicodeDecodeError as error:
        raise UserError(f"{file}: is not UTF-8 text ({error.reason})", 1) from None
