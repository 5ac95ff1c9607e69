"""The rows of the bench, one module each, in the order of the report."""

from . import alloc, instructions, sizes

ROWS = tuple(module.ROW for module in (sizes, alloc, instructions))
