"""MicroPython's `micropython` module on CPython: what only guides the compiler does nothing."""


def const(value):
    """The value itself; MicroPython folds it at compile time."""
    return value


def native(function):
    """The function itself; MicroPython compiles it to machine code."""
    return function


viper = native


def heap_lock() -> int:
    """Nothing: CPython cannot forbid allocation. Allocation gates run on MicroPython."""
    return 0


def heap_unlock() -> int:
    """Nothing, see `heap_lock`."""
    return 0


def kbd_intr(_character: int) -> None:
    """Nothing: the terminal's interrupt key stays as it is."""
