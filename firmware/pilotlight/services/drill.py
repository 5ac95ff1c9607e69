"""Lets sensors of feeders be silent, to see what follows. Imported only where somebody asks."""

KINDS = ("meter-lost", "clamps-lost", "sensors-lost", "")


def mute(feeders, what):
    """Those that `what` names: meters, clamps, or both; "" none. Returns what is done, in words.
    Raises ValueError.
    """
    if what not in KINDS:
        raise ValueError("drill: " + repr(what) + " is not one of " + ", ".join(KINDS))
    for feeder in feeders:
        for source in feeder.sources:
            kind = source.name.split(" ")[0] + "-lost"
            source.is_muted = what in (kind, KINDS[2])
    return "drill: " + (what + " for 60 s" if what else "over")
