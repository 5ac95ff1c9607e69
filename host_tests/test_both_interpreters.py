"""Every file of host_tests/both once more, on a real 32-bit MicroPython with a device-sized heap.

On CPython pytest runs those files itself. Times in s.
"""

import os
import re
import subprocess
from pathlib import Path

import pytest
from pilotlight_host.paths import FIRMWARE, HOST_TESTS

_FILES = sorted((HOST_TESTS / "both").glob("test_*.py"))
_HEAP = "heapsize=192k"
_TIMEOUT_S = 120


def mpy_environment(*folders: Path) -> dict[str, str]:
    """For a MicroPython that can import firmware and what is in those folders."""
    path = ":".join(str(folder) for folder in (FIRMWARE, HOST_TESTS / "mpy", *folders))
    return os.environ | {"MICROPYPATH": f"{path}:.frozen"}


def run_on_micropython(micropython: Path, folder: Path, module: str, umqtt: Path) -> str:
    """What the runner printed; fails if a test, the 32-bit proof, or the import failed."""
    done = subprocess.run(
        [micropython, "-X", _HEAP, HOST_TESTS / "mpy/runner.py", module],
        env=mpy_environment(folder, umqtt),
        capture_output=True,
        text=True,
        timeout=_TIMEOUT_S,
        check=False,
    )
    said = done.stdout + done.stderr
    ran = re.search(r"^ran ([1-9]\d*) failed 0$", done.stdout, re.MULTILINE)
    if done.returncode != 0 or ran is None:
        pytest.fail(
            f"{module} on MicroPython, exit code {done.returncode}:\n{said}", pytrace=False
        )
    return said


@pytest.mark.parametrize("file", _FILES, ids=lambda file: file.stem)
def test_on_micropython(file: Path, micropython: Path, umqtt: Path) -> None:
    run_on_micropython(micropython, file.parent, file.stem, umqtt)


_HEAD = "import unittest\nclass T(unittest.TestCase):\n    def "


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        (_HEAD + "test_x(self): self.assertEqual(1, 2)", "1 != 2"),
        (_HEAD + "test_x(self):\n        with self.assertRaises(OSError): pass", "nothing raised"),
        (_HEAD + "helper(self): pass", "ran 0 failed 0"),
        ("import enum", "no module named"),
    ],
    ids=["wrong", "nothing raised", "no test", "not importable"],
)
def test_a_bad_file_is_found(body: str, shown: str, tmp_path: Path, micropython, umqtt) -> None:
    (tmp_path / "test_bad.py").write_text(body + "\n")
    with pytest.raises(pytest.fail.Exception, match=shown):
        run_on_micropython(micropython, tmp_path, "test_bad", umqtt)
