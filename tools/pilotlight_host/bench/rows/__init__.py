"""The rows of the bench, one module each, in the order of the report."""

from . import (
    alloc,
    board_alloc,
    boot,
    clamp_error,
    guard,
    heap,
    instructions,
    lateness,
    meter_pace,
    mqtt,
    opening,
    overload,
    reduction,
    sizes,
    speed,
    step_time,
)

ROWS = tuple(
    module.ROW
    for module in (
        sizes,
        alloc,
        board_alloc,
        instructions,
        step_time,
        reduction,
        guard,
        boot,
        opening,
        overload,
        clamp_error,
        meter_pace,
        lateness,
        mqtt,
        heap,
        speed,
    )
)
