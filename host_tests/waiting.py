"""Waits for what the machine does in its own time: as long as that takes, but not for ever.

A pause of fixed length before a look is too short on some day, on some machine.
"""

import array
import asyncio
import fcntl
import os
import select
import termios
import time
from collections.abc import Callable
from typing import Any

WITHIN_S = 10


def until(call: Callable[[], Any], is_enough: Callable[[Any], bool] = bool) -> Any:
    """What `call` gives as soon as that is enough, or after 10 s."""
    end_s = time.monotonic() + WITHIN_S
    while not is_enough(given := call()) and time.monotonic() < end_s:
        time.sleep(0.001)
    return given


async def soon(call: Callable[[], Any], is_enough: Callable[[Any], bool] = bool) -> Any:
    """The same, while the other tasks of the loop go on."""
    end_s = time.monotonic() + WITHIN_S
    while not is_enough(given := call()) and time.monotonic() < end_s:  # noqa: ASYNC110 - nobody tells
        await asyncio.sleep(0.001)
    return given


def received(end: Any, count: int) -> bytes:
    """So many bytes from a descriptor or a socket, in however many pieces; fewer after 10 s."""
    descriptor = end if isinstance(end, int) else end.fileno()
    got, end_s = b"", time.monotonic() + WITHIN_S
    while len(got) < count and (left_s := end_s - time.monotonic()) > 0:
        if not select.select([descriptor], [], [], left_s)[0]:
            break
        data = os.read(descriptor, count - len(got))
        if not data:
            break
        got += data
    return got


def unread(end: Any) -> int:
    """How many bytes have arrived at a descriptor or a socket and wait there."""
    count = array.array("i", [0])
    fcntl.ioctl(end, termios.FIONREAD, count)
    return count[0]
