"""Debian packages without root: apt with lists, cache and state of its own, unpacked by dpkg-deb.

Mirrors and keys are those of the machine's own apt configuration. Nothing is installed.
"""

import os
import re
import shutil
import subprocess
import time
from pathlib import Path

from pilotlight_host.fetch import ToolMissing

_KEYRINGS = (
    Path("/usr/share/keyrings/debian-archive-keyring.pgp"),
    Path("/usr/share/keyrings/debian-archive-keyring.gpg"),
)
_FETCH_TIMEOUT_S = 600
_RETRY_S = (5, 20)
_MACHINE_LISTS = Path("/var/lib/apt/lists")
_HELPER = Path("/usr/lib/apt/apt-helper")


class Apt:
    """One private apt in `folder`. With `sources` given it sees only those lines, and a machine
    on which nothing is installed; without, the machine's own sources and installed packages.
    """

    def __init__(self, folder: Path, *, sources: str | None = None, arch: str | None = None):
        _need_programs()
        self._is_other = sources is not None or arch is not None
        self._trouble = ""  # what the latest update could not get
        self._folder = folder.resolve()
        for part in ("lists/partial", "cache/archives/partial", "log"):
            (self._folder / part).mkdir(parents=True, exist_ok=True)
        options = {
            "Dir::State::lists": self._folder / "lists",
            "Dir::Cache": self._folder / "cache",
            "Dir::Cache::archives": "archives",
            "Dir::Cache::pkgcache": "",
            "Dir::Cache::srcpkgcache": "",
            "Dir::Log": self._folder / "log",
            "Acquire::Languages": "none",
            "Debug::NoLocking": "1",
            "APT::Update::Error-Mode": "any",  # a dead mirror is no mere warning
            "APT::Sandbox::User": "root",  # the folder may be closed to the user `_apt`
            "APT::Get::List-Cleanup": "0",
        }
        if sources is not None:
            options |= self._only(sources)
        if arch is not None:
            options |= {"APT::Architecture": arch, "APT::Architectures": arch}
        self._options = [f"-o{key}={value}" for key, value in options.items()]

    def _only(self, sources: str) -> dict[str, object]:
        listed = self._folder / "sources.list"
        listed.write_text(sources)
        (self._folder / "status").touch()
        return {
            "Dir::Etc::sourcelist": listed,
            "Dir::Etc::sourceparts": "/dev/null",
            "Dir::State::status": self._folder / "status",
        }

    def run(self, *words: str, cwd: Path | None = None) -> str:
        """`apt-get words`, its stdout; ToolMissing with apt's own complaint if it fails."""
        done = subprocess.run(
            ["apt-get", *self._options, "-qq", *words],
            cwd=cwd or self._folder,
            env=os.environ | {"LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_FETCH_TIMEOUT_S,
            check=False,
        )
        if done.returncode != 0:
            said = _complaint(done.stderr) + self._trouble
            raise ToolMissing(f"apt-get {words[0]} failed: {said}")
        return done.stdout

    def update(self) -> None:
        """Get the lists. One dead source among several is no failure: what is needed decides.

        A mirror in the middle of its own update is tried again; if it stays so, the lists that the
        machine has are used as they are.
        """
        for wait_s in (*_RETRY_S, None):
            try:
                self.run("update")
                return
            except ToolMissing as error:
                self._trouble = f" (and before: {error})"
                if any((self._folder / "lists").glob("*Packages*")):
                    return
                if wait_s is None:
                    self._use_lists_of_machine(error)
                else:
                    time.sleep(wait_s)

    def _use_lists_of_machine(self, error: ToolMissing) -> None:
        if self._is_other or not any(_MACHINE_LISTS.glob("*Packages*")):
            raise error
        self._options.append(f"-oDir::State::lists={_MACHINE_LISTS}")

    def sources(self, *packages: str) -> list[Path]:
        """Download what source packages are made from; the archives. Needs deb-src lines."""
        folder = self._folder / "sources"
        folder.mkdir(exist_ok=True)
        self.run("source", "--download-only", *packages, cwd=folder)
        return sorted(folder.iterdir())

    def unpack(self, *packages: str) -> Path:
        """Download packages with all they depend on that is not installed; the unpacked root."""
        self.run("install", "--download-only", "--no-install-recommends", "--yes", *packages)
        root = self._folder / "root"
        for archive in sorted((self._folder / "cache/archives").glob("*.deb")):
            subprocess.run(["dpkg-deb", "-x", archive, root], check=True)
        return root


Pinned = tuple[tuple[str, str], ...]  # files in a mirror's pool: path, SHA-256


def unpack_pinned(site: str, files: Pinned, folder: Path) -> Path:
    """Download binary packages and unpack them; the unpacked root."""
    root = folder / "root"
    for archive in download_pinned(site, files, folder):
        subprocess.run(["dpkg-deb", "-x", archive, root], check=True)
    return root


def download_pinned(site: str, files: Pinned, folder: Path) -> list[Path]:
    """Download pool files of a mirror by their SHA-256.

    ToolMissing if one is not there, or not what was expected.
    """
    folder.mkdir(parents=True, exist_ok=True)
    archives = []
    for path, sha256 in files:
        archive = folder / path.rsplit("/", 1)[1]
        done = subprocess.run(
            [_HELPER, "download-file", f"{site}/{path}", archive, f"SHA256:{sha256}"],
            capture_output=True,
            text=True,
            timeout=_FETCH_TIMEOUT_S,
            check=False,
        )
        if done.returncode != 0:
            raise ToolMissing(f"{archive.name}: {_complaint(done.stderr)}")
        archives.append(archive)
    return archives


def debian_site() -> str:
    """The Debian mirror this machine's apt is configured with; needs no lists."""
    _need_programs()
    listed = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(SITE)"],
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    sites = [site for site in listed.split() if re.search("/debian/?$", site)]
    if not sites or not _HELPER.exists():
        raise ToolMissing("apt is configured with no Debian mirror on this machine")
    return sites[0].rstrip("/")


def _need_programs() -> None:
    for needed in ("apt-get", "dpkg-deb"):
        if shutil.which(needed) is None:
            raise ToolMissing(f"{needed} is not there (no Debian-like machine?)")


def _complaint(stderr: str) -> str:
    lines = [line for line in stderr.splitlines() if line.startswith(("E:", "W:"))]
    return "; ".join(dict.fromkeys(lines))[:400] or stderr.strip()[-200:] or "no reason given"


def debian_source(folder: Path, suite: str) -> str:
    """A sources.list line for `suite` on the Debian mirror this machine uses.

    `folder` is scratch space for lists, used when the machine itself has none.
    """
    _need_programs()
    sites = _debian_sites([])
    if not sites:
        scratch = Apt(folder)
        scratch.update()
        sites = _debian_sites([f"-oDir::State::lists={folder.resolve() / 'lists'}"])
    if not sites:
        raise ToolMissing("apt is configured with no Debian mirror on this machine")
    keyring = next((f"[signed-by={k}] " for k in _KEYRINGS if k.exists()), "")
    return f"deb {keyring}{sites[0]} {suite} main\n"


def _debian_sites(options: list[str]) -> list[str]:
    listed = subprocess.run(
        ["apt-get", *options, "indextargets", "--format", "$(ORIGIN) $(SITE)"],
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    rows = [line.split(" ", 1) for line in listed.splitlines() if " " in line]
    return [site for origin, site in rows if origin == "Debian" and re.search("/debian/?$", site)]
