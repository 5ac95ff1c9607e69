"""Episodes from seed to seed on all processors, until the time is over or something is violated.

Times in s of real time.
"""

import itertools
import os
import time
from collections import Counter, deque
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context
from typing import TextIO

from pilotlight_host.progress import Line
from pilotlight_host.storm.episode import Episode, Outcome

_AHEAD = 4  # episodes of one outlet and of eight differ: nobody is to wait for the longest


def episode(seed: int, outlets: int | None) -> Outcome:
    """One episode to its end, in whatever process this is."""
    from pilotlight_host.shims.install import install

    install()
    return Episode(seed, outlets).run()


class Total:
    """What all episodes so far came to."""

    def __init__(self) -> None:
        self.outcomes = 0
        self.outlet_steps = 0
        self.seeds: tuple[int, int] | None = None
        self.counts: Counter[str] = Counter()
        self.violated: list[Outcome] = []

    def add(self, outcome: Outcome) -> None:
        """Count one more."""
        self.outcomes += 1
        self.outlet_steps += outcome.outlet_steps
        self.counts.update(outcome.counts)
        first, last = self.seeds or (outcome.seed, outcome.seed)
        self.seeds = min(first, outcome.seed), max(last, outcome.seed)
        if outcome.violation is not None:
            self.violated.append(outcome)

    def line(self) -> str:
        """The totals, in one line."""
        first, last = self.seeds or (0, 0)
        counts = ", ".join(f"{name} {count:,}" for name, count in self.counts.items())
        return f"{self.outlet_steps:,} outlet steps, seeds {first}...{last}: {counts}"

    def report(self, outlets: int | None) -> list[str]:
        """Totals and every violation with its story."""
        lines = [self.line()]
        for outcome in self.violated:
            more = "" if outlets is None else f" --outlets {outlets}"
            lines += [
                f"VIOLATED with seed {outcome.seed}, step {outcome.steps}: {outcome.violation}",
                *outcome.story,
                f"again: pilotlight storm --seed {outcome.seed}{more}",
            ]
        return lines if self.violated else [*lines, "nothing violated"]


def go_on(seed: int, outlets: int | None, for_s: float, stream: TextIO) -> Total:
    """Episodes from `seed` on; progress goes to `stream`. They are counted in the order of their
    seeds, so that a total is that of all seeds from its first to its last.
    """
    total = Total()
    progress = Line(stream)
    seeds = itertools.count(seed)
    end_s = time.monotonic() + for_s
    workers = os.cpu_count() or 1
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        running: deque[Future[Outcome]] = deque()
        while True:
            while (
                len(running) < _AHEAD * workers and time.monotonic() < end_s and not total.violated
            ):
                running.append(pool.submit(episode, next(seeds), outlets))
            if not running:
                break
            total.add(running.popleft().result())
            if progress.is_due():
                progress.tell(f"{progress.past_s():5.0f} s  {total.line()}")
    progress.close()
    return total
