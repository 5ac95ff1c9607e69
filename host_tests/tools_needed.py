"""What a missing tool means to a test: it skips with the reason, and with CI set it fails.

The one place where a test may skip.
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
