"""What a plain `pip install .` carries beside the package: the firmware and its boards.

An editable install finds them in the checkout (tools/pilotlight_host/paths.py).
"""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

CARRIED = ("firmware", "boards")
_LEFT_OUT = shutil.ignore_patterns("__pycache__", "*.pyc", "*.mpy")


class Build(build_py):
    """The package, and in it the folder `carried`."""

    def run(self):
        super().run()
        if not self.editable_mode:
            target = Path(self.build_lib, "pilotlight_host", "carried")
            shutil.rmtree(target, ignore_errors=True)  # of a build before
            for name in CARRIED:
                shutil.copytree(name, target / name, ignore=_LEFT_OUT)


setup(cmdclass={"build_py": Build})
