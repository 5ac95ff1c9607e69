"""What `pip install .` puts on a computer runs there without the checkout: the firmware and the
boards go along.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from pilotlight_host.fetch import ToolMissing
from pilotlight_host.paths import ROOT
from tools_needed import needed

PARTS = ("boards", "firmware", "tools", "setup.py", "pyproject.toml", "LICENSE")
SITE = {
    "site": {"id": "home"},
    "feeders": [{"id": "main", "rating_a": 35, "breaker": "B", "base_max_a": 20}],
    "outlets": [{"feeder": "main", "max_a": 16}],
}


def pip(*words: object) -> None:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise ToolMissing(f"pip {words[0]}: {' '.join(done.stderr.split())[-300:]}")


def installed(folder: Path) -> Path:
    """The wheel of this checkout, unpacked; setuptools itself comes from pip's index."""
    ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
    (folder / "source").mkdir()
    for name in PARTS:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / "source" / name, ignore=ignored)
        else:
            shutil.copy(source, folder / "source" / name)
    pip("wheel", folder / "source", "--no-deps", "-w", folder)
    (wheel,) = folder.glob("*.whl")
    pip("install", "--no-deps", "--no-index", "--target", folder / "installed", wheel)
    return folder / "installed"


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return needed(lambda: installed(tmp_path_factory.mktemp("package")))


def run(packages: Path, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *words],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(packages)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_it_carries_what_it_runs(packages: Path, tmp_path: Path) -> None:
    done = run(packages, tmp_path, "-c", "from pilotlight_host.paths import *; print(FIRMWARE)")
    carried = packages / "pilotlight_host" / "carried"
    assert done.stdout.strip() == str(carried / "firmware")
    for part in ("firmware", "boards"):
        there = {str(f.relative_to(carried)) for f in (carried / part).rglob("*") if f.is_file()}
        ours = {str(f.relative_to(ROOT)) for f in (ROOT / part).rglob("*") if f.is_file()}
        assert {name for name in there if "__pycache__" not in name} == {
            name for name in ours if "__pycache__" not in name and not name.endswith(".mpy")
        }


def test_serve_reaches_for_the_pico(packages: Path, tmp_path: Path) -> None:
    (tmp_path / "site.json").write_text(json.dumps(SITE))
    words = ("-m", "pilotlight_host.cli", "serve", "--io", "/dev/none", "--storage", ".")
    done = run(packages, tmp_path, *words)
    assert (done.returncode, done.stderr) == (
        1,
        "board: /dev/none: is not there; is it plugged in?\n",
    )
