"""What `status()` has said in the last hour, as numbers, and a picture of it. Times in s."""

import re
from collections import deque
from pathlib import Path
from typing import Any, NamedTuple

from pilotlight_host.errors import UserError

SPAN_S = 3600.0
_FEEDER = re.compile(r"feeder (\S+): (.+?) of ([\d.]+) A")
_OUTLET = re.compile(r"outlet (\d+) \(\w+\): ([\d.]+) A")


class Sample(NamedTuple):
    """`feeders`: A per phase (None: not known) and limit of each. `offers`: A by outlet."""

    at_s: float
    feeders: dict[str, tuple[list[float | None], float]]
    offers: dict[int, float]


class Hour:
    """The samples of the last hour."""

    def __init__(self) -> None:
        self.samples: deque[Sample] = deque()

    def take(self, at_s: float, status: str) -> None:
        """What `status()` said then. What is no status adds nothing."""
        sample = parse(at_s, status)
        if sample.feeders or sample.offers:
            self.samples.append(sample)
        while self.samples and self.samples[0].at_s < at_s - SPAN_S:
            self.samples.popleft()

    def draw(self, file: str) -> None:
        """The picture. UserError if there is nothing yet, or it cannot be written."""
        if len(self.samples) < 2:
            raise UserError("nothing to draw yet: wait some seconds")
        _draw(list(self.samples), file)


def parse(at_s: float, status: str) -> Sample:
    """The numbers in it."""
    feeders = {
        name: ([_number(word) for word in amps.split(", ")], float(limit))
        for name, amps, limit in _FEEDER.findall(status)
    }
    return Sample(at_s, feeders, {int(n): float(a) for n, a in _OUTLET.findall(status)})


def _number(word: str) -> float | None:
    try:
        return float(word)
    except ValueError:
        return None


def _draw(samples: list[Sample], file: str) -> None:
    from matplotlib.figure import Figure

    minutes = [(sample.at_s - samples[-1].at_s) / 60 for sample in samples]
    names = list(samples[-1].feeders)
    figure = Figure(figsize=(10, 3 * (len(names) + 1)), layout="constrained")
    axes: Any = figure.subplots(len(names) + 1, 1, sharex=True, squeeze=False)[:, 0]
    for name, axis in zip(names, axes, strict=False):
        rows = [sample.feeders.get(name, ([None] * 3, 0.0)) for sample in samples]
        for phase in range(3):
            values = [row[0][phase] if phase < len(row[0]) else None for row in rows]
            numbers = [float("nan") if value is None else value for value in values]
            axis.plot(minutes, numbers, label=f"L{phase + 1}")
        axis.plot(minutes, [row[1] for row in rows], "k--", label="limit")
        axis.set_title(f"feeder {name}, A")
        axis.legend(loc="upper left")
    for number in samples[-1].offers:
        offers = [sample.offers.get(number, 0.0) for sample in samples]
        axes[-1].step(minutes, offers, where="post", label=f"outlet {number}")
    axes[-1].set_title("offered, A")
    axes[-1].set_xlabel("minutes")
    axes[-1].legend(loc="upper left")
    try:
        figure.savefig(Path(file))
    except (OSError, ValueError) as error:  # ValueError: no such kind of picture
        raise UserError(f"{file}: cannot be written ({error})") from None
