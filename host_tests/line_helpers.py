"""Every fault of a Modbus line by name, for the short tests and for the storm."""

from dataclasses import dataclass, field

from other_side import request
from pilotlight_host.sim.badline import Faults, byte_errors
from pilotlight_host.sim.badparties import Habits
from pilotlight_host.sim.lineshim import Wire
from pilotlight_host.storm.linewatch import WatchedMeter

# what a second master asks: another block of the length of ours, ours, another meter's
OTHERS_FRAMES = [request(1, 4, 0x0000, 12), request(1, 4, 0x0006, 12), request(2, 4, 6, 12)]


@dataclass(frozen=True)
class Fault:
    """A line; the share of frames that are answered well at least; what must have been seen."""

    faults: Faults = field(default_factory=Faults)
    habits: Habits = field(default_factory=Habits)
    least: float = 0.85
    seen: tuple[str, ...] = ()
    pause_ms: tuple[int, int] = (0, 0)
    others_ms: tuple[int, int] | None = None  # a second master asks so often
    wire: Wire = field(default_factory=Wire)


_EVENS = Wire(19200, "E")
_SLOW = Habits(turn_ms=(180, 220))
_LATE = Habits(late=0.05)

FAULTS = {
    "nothing": Fault(least=1.0),
    "1 % of bytes": Fault(byte_errors(0.01), least=0.65, seen=("wrong", "lost", "added")),
    "1 % of bytes, 19200 8E1": Fault(byte_errors(0.01), least=0.65, wire=_EVENS),
    "wrong bytes": Fault(Faults(wrong=0.01), least=0.65, seen=("bad crc", "wrong function")),
    "lost bytes": Fault(Faults(lost=0.01), least=0.65, seen=("cut short",)),
    "added bytes": Fault(Faults(added=0.01), least=0.65, seen=("bad crc",)),
    "noise": Fault(Faults(noise_per_s=1), least=0.85, seen=("noise", "collision")),
    "noise, a slow meter": Fault(Faults(noise_per_s=2), _SLOW, least=0.5, seen=("noise",)),
    "noise, now and then": Fault(Faults(noise_per_s=5), least=0.5, pause_ms=(0, 600)),
    "echo": Fault(Faults(echo=True), least=1.0),
    "echo, 1 % of bytes": Fault(Faults(wrong=0.01, echo=True), least=0.65),
    "late": Fault(habits=_LATE, seen=("late", "no reply", "wrong count")),
    "late, now and then": Fault(habits=_LATE, seen=("late",), pause_ms=(0, 600)),
    "late, 1 % of bytes": Fault(byte_errors(0.01), _LATE, least=0.55, seen=("late",)),
    "doubled": Fault(habits=Habits(doubled=0.05), seen=("doubled", "trailing")),
    "second master": Fault(others_ms=(200, 900), least=0.7, seen=("second master",)),
    "second master, now and then": Fault(others_ms=(200, 900), least=0.7, pause_ms=(0, 400)),
    "reset": Fault(habits=Habits(resets_per_s=0.05), seen=("reset", "no reply")),
    "cable pulled": Fault(Faults(cuts_per_s=0.05), seen=("cable pulled", "no reply")),
    "all at once": Fault(
        Faults(0.001, 0.0002, 0.0002, noise_per_s=0.5, cuts_per_s=0.01),
        Habits(late=0.01, doubled=0.01, doubled_ms=(0, 80), resets_per_s=0.01),
        least=0.75,
        others_ms=(5000, 9000),
        seen=("wrong", "noise", "late", "doubled", "reset", "cable pulled", "second master"),
    ),
}


def watched(name: str, seed: int) -> WatchedMeter:
    """The driver at that line."""
    fault = FAULTS[name]
    watch = WatchedMeter(seed, fault.faults, fault.habits, fault.wire)
    if fault.others_ms:
        watch.second_master(OTHERS_FRAMES, fault.others_ms)
    return watch
