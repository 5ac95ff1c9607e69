"""The reduction of the samples: plainly written, as native code, and as shipped in viper."""

from __future__ import annotations

import re

from pilotlight_host.paths import FIRMWARE

from ..board import ON, Probe, probed
from ..figure import Figure, Options, Row
from ..site import site

KINDS = ("plain", "native", "viper")
NAMES = ("level", "collect", "reduce")
SOURCE = FIRMWARE / "pilotlight/drivers/rp2/samples.py"
_PARTS = re.MULTILINE | re.DOTALL
_VIPER_SIXTH = "(total * 43691) >> 18"  # viper divides slowly, Python has no such large small ints


def measure(_: Options) -> list[Figure]:
    """us of `level` (one pilot, 10 periods), `collect` (20 ms of 3 clamps) and `reduce` (a window
    of one clamp), each way.
    """
    with probed(site=site(4)) as probe:
        probe.exec("app_on_board.py")
        probe.pico.run(probe.pico.now_us + 100_000)
        probe.exec("reduction_times.py")
        told = {kind: _times(probe, kind) for kind in KINDS}
    for name in NAMES:
        if len({told[kind][name][1] for kind in KINDS}) != 1:
            raise RuntimeError(f"{name}: the three do not agree: {told}")
    return [
        Figure(
            f"reduction.{name}.{kind}",
            told[kind][name][0],
            "us",
            note=f"{told[kind][name][0] / told['viper'][name][0]:.1f} x viper",
        )
        for name in NAMES
        for kind in KINDS
    ]


def _times(probe: Probe, kind: str) -> dict[str, tuple[int, str]]:
    """Time in us and result of the functions."""
    if kind == "viper":
        printed = probe.call("times(samples.level, samples.collect, samples.reduce)")
    else:
        probe.call(plain("@micropython.native\n" if kind == "native" else ""))
        printed = probe.call("times(level, collect, reduce)")
    rows = [line.split() for line in printed.splitlines()]
    return {name: (int(took), result) for name, took, result in rows}


def plain(decorator: str) -> str:
    """The shipped source of the functions without what makes it viper."""
    text = SOURCE.read_text()
    head = "\n".join(line for line in text.splitlines() if " = const(" in line)
    bodies = [re.search(rf"^def {name}\(.*?(?=^@|\Z)", text, _PARTS) for name in NAMES]
    code = "".join(decorator + found[0] for found in bodies if found)
    code = re.sub(r"\bptr\d+\((\w+)\)", r"\1", code)
    code = re.sub(r": (int|ptr\d+)\b", "", code)
    code = code.replace(_VIPER_SIXTH, "total // 6")
    return f"import micropython\nfrom micropython import const\n{head}\n{code}"


ROW = Row(
    "reduction",
    "reducing the samples: one pilot over 20 ms, 20 ms of three clamps, a window of one",
    ON,
    "time.ticks_us around each function of samples.py: device/reduction_times.py",
    measure,
)
