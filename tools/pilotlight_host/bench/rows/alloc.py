"""Heap that control steps take, on the 32-bit MicroPython."""

from __future__ import annotations

from ..figure import Figure, Options, Row
from ..unix import MOST_OUTLETS, said


def measure(_: Options) -> list[Figure]:
    """Steps of a whole story, and 500 more under heap_lock, for 1...8 outlets."""
    told = [said("step_unix.py", "alloc", n) for n in range(1, MOST_OUTLETS + 1)]
    silent = max(found["silent"] for found in told)
    telling = max(found["telling"] for found in told)
    more = (told[-1]["held"] - told[0]["held"]) / (len(told) - 1)
    return [
        Figure(
            "alloc.held",
            round(more),
            "bytes/outlet",
            note="what eight outlets hold more than one, by seven; with its part of the site file",
        ),
        Figure("alloc.step", silent, "bytes", most=0, note="the most of 1...8 outlets"),
        Figure("alloc.event", telling, "bytes/event", most=320, note="its line of text"),
    ]


ROW = Row(
    "alloc",
    "heap that a control step takes, 1...8 outlets",
    "32-bit MicroPython on this PC",
    "gc.mem_alloc around each step, then heap_lock: device/step_unix.py alloc",
    measure,
)
