"""The rows of the bench, one module each, in the order of the report."""

from . import alloc, board_alloc, guard, instructions, reduction, sizes, step_time

ROWS = tuple(module.ROW for module in (sizes, alloc, instructions, board_alloc, step_time, reduction, guard))
