"""What an address in text is: four numbers, or a name. No I/O."""

from micropython import const

_LONGEST = const(253)
_LABEL = const(63)
_DIGITS = "0123456789"
_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_" + _DIGITS


def is_numeric(text):
    """An IPv4 address: four decimal bytes with dots."""
    parts = text.split(".")
    return len(parts) == 4 and all([_is_byte(part) for part in parts])


def _is_byte(text):
    return 1 <= len(text) <= 3 and all([c in _DIGITS for c in text]) and int(text) <= 255


def is_name(text):
    """Labels of 1...63 letters, digits, - and _, none with - at an end, with dots between them;
    253 characters at most.
    """
    if not 1 <= len(text) <= _LONGEST:
        return False
    for label in text.split("."):
        if not 1 <= len(label) <= _LABEL or label[0] == "-" or label[-1] == "-":
            return False
        if any([c not in _LETTERS for c in label]):
            return False
    return True
