"""umqtt.simple, the MQTT codec: its PyPI release, pinned by hash, unpacked into `.deps` as it is.

The release is an sdist without a build script: pip can download but not install it. The index is
the one pip is configured with on this machine.
"""

import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

from pilotlight_host.fetch import ToolMissing, ensure_folder

PYPI_NAME = "micropython-umqtt.simple"
PYPI_VERSION = "1.3.4"
PYPI_SHA256 = "b6a2520239e3992c63a7de9370ee9b3d9d27819a90359c521f1c0f7ccab8d12f"


def ensure_umqtt() -> Path:
    """The folder to import `umqtt.simple` 1.3.4 from; ToolMissing if unreachable."""
    return ensure_folder(f"umqtt-{PYPI_VERSION}", f"umqtt.simple {PYPI_VERSION}", _fill_pypi)


def _fill_pypi(folder: Path) -> None:
    for pause_s in (1, 5):
        try:
            _fetch(folder)
            return
        except ToolMissing:  # an index may hiccup
            shutil.rmtree(folder / "sdist", ignore_errors=True)
            time.sleep(pause_s)
    _fetch(folder)


def _fetch(folder: Path) -> None:
    from httpx2 import HTTPError  # unearth's own errors of the network
    from unearth import PackageFinder, UnpackError  # needed for this one fetch only

    wanted = f"{PYPI_NAME}=={PYPI_VERSION}"
    pinned = {"sha256": [PYPI_SHA256]}
    try:
        finder = PackageFinder(index_urls=_index_urls(), find_links=_pip_urls("find-links"))
        best = finder.find_best_match(wanted).best
        if best is None:
            raise ToolMissing(f"pip's index does not offer {wanted}, or cannot be reached")
        unpacked = finder.download_and_unpack(best.link, folder / "sdist", hashes=pinned)
    except (HTTPError, UnpackError, OSError) as error:
        raise ToolMissing(f"{wanted} cannot be fetched: {error}") from None
    (unpacked / "umqtt").rename(folder / "umqtt")
    (folder / "umqtt/__init__.py").touch()
    shutil.rmtree(folder / "sdist")


def _index_urls() -> list[str]:
    """The indexes pip would ask: the configured one or else its default, and the extra."""
    from pip._internal.models.index import PyPI  # the default stands nowhere else

    return (_pip_urls("index-url") or [PyPI.simple_url]) + _pip_urls("extra-index-url")


def _pip_urls(option: str) -> list[str]:
    """The URLs pip is configured with for `option`; the environment outranks the files."""
    rows = {}
    command = [sys.executable, "-m", "pip", "config", "list"]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    for line in listed.splitlines():
        key, _, value = line.partition("=")
        rows[key] = " ".join(shlex.split(value)).split()
    for section in (":env:", "install", "global"):
        values = rows.get(f"{section}.{option}")
        if values:
            return [value for value in values if "://" in value]
    return []
