"""Finds scenarios by name or path and reads them with every error said. No clock.

The site in a scenario goes through the firmware's own validator first, so that it is refused with
the same lines as on a board.
"""

import tomllib
from pathlib import Path

from pilotlight_host.errors import UserError
from pilotlight_host.paths import BOARDS
from pilotlight_host.shims.install import install
from pilotlight_host.sim.scenario import Scenario, parse
from pilotlight_host.sim.toml_read import ScenarioError

FOLDER = BOARDS / "sim" / "scenarios"


def shipped() -> list[Path]:
    """The files of the shipped scenarios, by name."""
    return sorted(FOLDER.glob("*.toml"))


def find(name: str) -> Path:
    """The file of a shipped scenario, or `name` as a path. UserError if there is neither."""
    for path in shipped():
        if name == path.stem:
            return path
    path = Path(name)
    if path.is_file():
        return path
    names = ", ".join(path.stem for path in shipped())
    raise UserError(f"{name}: no such file, and none of the shipped scenarios: {names}")


def read(name: str) -> Scenario:
    """The scenario called `name`. UserError with a line per error found."""
    path = find(name)
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{path.name}: not TOML: {error}") from None
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from None
    lines = site_errors(raw["site"]) if "site" in raw else []
    if lines:
        raise UserError([f"{path.name}: {line}" for line in lines])
    try:
        return parse(raw, path.name, path.stem)
    except ScenarioError as error:
        raise UserError(str(error)) from None


def site_errors(site: object) -> list[str]:
    """What the firmware's validator says against a site, a line per error."""
    install()
    from pilotlight import config

    try:
        config.check(site)
    except config.SiteError as error:
        return list(error.errors)
    return []
