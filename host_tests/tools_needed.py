"""What a missing tool means to a test.

With CI set it fails: there every test runs. On a user's machine it skips and says which tool is
missing and how to get it: whoever has no ARM compiler can still run the other tests. This is the
one place where a test may skip (test_tools_needed.py).
"""

import os
from collections.abc import Callable
from typing import TypeVar

import pytest
from pilotlight_host.fetch import ToolMissing

T = TypeVar("T")


def needed(ensure: Callable[[], T]) -> T:
    """What `ensure` gives; it raises ToolMissing if there is none."""
    try:
        return ensure()
    except ToolMissing as error:
        if os.environ.get("CI"):
            pytest.fail(str(error))
        pytest.skip(str(error))
