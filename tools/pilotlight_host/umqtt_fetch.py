"""umqtt.simple, the MQTT codec: its PyPI release, pinned by hash, unpacked into `.deps` as it is;
and two other clients that the bench holds it against.

The releases are sdists without a build script: pip can download but not install them. The index
is the one pip is configured with on this machine.
"""

import shlex
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from pilotlight_host.fetch import ToolMissing, ensure_folder


@dataclass(frozen=True)
class Release:
    """A client for MicroPython: `part` of its sdist is what is imported."""

    folder: str
    name: str
    version: str
    sha256: str
    part: str = "umqtt"


UMQTT = Release(
    "umqtt-1.3.4",
    "micropython-umqtt.simple",
    "1.3.4",
    "b6a2520239e3992c63a7de9370ee9b3d9d27819a90359c521f1c0f7ccab8d12f",
)
SIMPLE2 = Release(
    "umqtt-simple2-2.2.0",
    "micropython-umqtt.simple2",
    "2.2.0",
    "48fd4da7701b95986293b06d343fbc564ebe7dfa82f5c8c09364c20df755f0e4",
)
MQTT_ASYNC = Release(
    "mqtt-async-0.7b4",
    "micropython-mqtt-async",
    "0.7b4",
    "c10a8a34064adad629f71f7ea559f7070169ce13c180265509f68f58618eec2b",
    "mqtt_async.py",
)


def ensure_umqtt() -> Path:
    """The folder to import `umqtt.simple` 1.3.4 from; ToolMissing if unreachable."""
    return ensure_release(UMQTT)


def ensure_release(release: Release) -> Path:
    """The folder to import that client from; ToolMissing if unreachable."""
    what = f"{release.name} {release.version}"
    return ensure_folder(release.folder, what, partial(_fill_pypi, release))


def _fill_pypi(release: Release, folder: Path) -> None:
    for pause_s in (1, 5):
        try:
            _fetch(release, folder)
            return
        except ToolMissing:  # an index may hiccup
            shutil.rmtree(folder / "sdist", ignore_errors=True)
            time.sleep(pause_s)
    _fetch(release, folder)


def _fetch(release: Release, folder: Path) -> None:
    from httpx2 import HTTPError  # unearth's own errors of the network
    from unearth import PackageFinder, UnpackError  # needed for this one fetch only

    wanted = f"{release.name}=={release.version}"
    pinned = {"sha256": [release.sha256]}
    try:
        finder = PackageFinder(index_urls=_index_urls(), find_links=_pip_urls("find-links"))
        best = finder.find_best_match(wanted, allow_prereleases=True).best
        if best is None:
            raise ToolMissing(f"pip's index does not offer {wanted}, or cannot be reached")
        unpacked = finder.download_and_unpack(best.link, folder / "sdist", hashes=pinned)
    except (HTTPError, UnpackError, OSError) as error:
        raise ToolMissing(f"{wanted} cannot be fetched: {error}") from None
    (unpacked / release.part).rename(folder / release.part)
    if (folder / "umqtt").is_dir():
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
