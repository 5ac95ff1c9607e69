"""What is wrong with a sensor: verdicts of doubt.py, pair.py, wiring.py, and their words."""

# those with the phases they are about have bits 4, 5, 6 for L1, L2, L3
NONE, MISSING, BEYOND, FROZEN, DEAF, SWAPPED = range(6)
BARE, GAIN, DIFFERS, TURNED, JUMPS, FLIPS = range(6, 12)
NAMES = (
    "",
    "a phase is missing",
    "implausible",
    "frozen",
    "does not follow",
    "phases swapped",
    "shows no current",
    "gain is off",
    "differs from the meter",
    "turned round",
    "jumps",
    "sign flips",
)


def name(verdict):
    """A verdict in words: what is wrong, and at which phases if that is known."""
    phases = ["L" + str(p + 1) for p in range(3) if verdict >> 4 + p & 1]
    return NAMES[verdict & 15] + (" at " + ", ".join(phases) if phases else "")
