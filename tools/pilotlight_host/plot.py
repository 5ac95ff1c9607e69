"""Draws a run: phase currents against the fuse, what each outlet had, and what happened.

Currents in A rms, time in s, min or h since the start of the run. Drawn without a display.
"""

import re
from collections.abc import Callable
from typing import Any

import matplotlib

matplotlib.use("Agg")  # before pyplot looks for a display

import matplotlib.pyplot as plt
from matplotlib.axes import Axes

from pilotlight_host.errors import UserError

PHASE_COLOURS = ("#8c5a2b", "#333333", "#8a8f98")  # IEC 60445: brown, black, grey
WORLD_COLOUR, FIRMWARE_COLOUR, BAD_COLOUR = "#1f6fb2", "#666666", "#c81e1e"
OFFERED_COLOUR, DRAWN_COLOUR = "#e08a00", "#2a8c4a"
_LABELS_MOST = 60
_LANES = 8
_CHARACTER_SHARE = 0.0057  # of the axis' width, at the labels' size

Mark = tuple[int, str, str]  # t_ms, text, colour


def draw(outcome: Any, file: str) -> None:
    """Draw anything with `feeders()`, `plant`, `trace`, `monitor` and `report` into `file`.

    UserError if the file cannot be written.
    """
    plant = outcome.plant
    feeders, outlets = plant.scenario.feeders, plant.scenario.outlets
    heights = [1.9, *[2.2] * len(feeders), *[1.3] * len(outlets)]
    size = (14, 1.0 + 1.05 * sum(heights))
    figure, axes = plt.subplots(
        len(heights), 1, sharex=True, figsize=size, height_ratios=heights, layout="constrained"
    )
    unit_ms, unit = _unit(plant.t_ms)
    times = [row[0] / unit_ms for row in outcome.trace.rows]
    times += [plant.t_ms / unit_ms] * bool(times)
    _draw_marks(axes, marks(outcome), plant.t_ms, unit_ms)
    for f in range(len(feeders)):
        _draw_feeder(axes[1 + f], outcome, f, times)
    for i in range(len(outlets)):
        _draw_outlet(axes[1 + len(feeders) + i], outcome, i, times)
    axes[-1].set_xlim(0, max(plant.t_ms, 1) / unit_ms)
    axes[-1].set_xlabel(f"time since the start, {unit}")
    figure.suptitle(_title(outcome), fontsize=11)
    save(figure, file)


def save(figure: Any, file: str) -> None:
    """Write a figure and let it go. UserError if the file cannot be written."""
    try:
        figure.savefig(file, dpi=110)
    except (OSError, ValueError) as error:
        raise UserError(f"--plot {file}: cannot be written ({error})") from None
    finally:
        plt.close(figure)


def _title(outcome: Any) -> str:
    report = outcome.report
    violations = report["timing_violations"] + report["invariant_violations"]
    text = f"{report['scenario']}, seed {report['seed']}: trips {report['trips']}, "
    return text + f"violations {violations}, above rating {report['overload_s']} s"


def _unit(end_ms: int) -> tuple[float, str]:
    if end_ms <= 120_000:
        return 1e3, "s"
    if end_ms <= 3 * 3_600_000:
        return 6e4, "min"
    return (3.6e6, "h") if end_ms <= 4 * 86_400_000 else (8.64e7, "d")


# ---------------------------------------------------------------------- currents


def _draw_feeder(axis: Axes, outcome: Any, f: int, times: list[float]) -> None:
    feeder = outcome.feeders()[f]
    rating_a = outcome.plant.breaker(f).rating_ma / 1000
    limit_a = feeder["limit_a"]
    for phase in range(3):
        amps = [row[1][f][phase] / 1000 for row in _to_the_end(outcome)]
        label, colour = f"L{phase + 1}", PHASE_COLOURS[phase]
        axis.step(times, amps, where="post", label=label, color=colour, linewidth=1.2)
    axis.axhline(rating_a, color=BAD_COLOUR, linewidth=1.4, label=f"fuse {rating_a:g} A")
    if limit_a != rating_a:
        axis.axhline(
            limit_a, color=BAD_COLOUR, linewidth=1, linestyle="--", label=f"limit {limit_a:g} A"
        )
    _finish(axis, f"feeder {feeder['feeder']}, A", 4)
    axis.set_ylim(0, max(axis.get_ylim()[1], rating_a * 1.15))


def _to_the_end(outcome: Any) -> list[Any]:
    """The trace's rows, and what stood until the end of the run."""
    rows = outcome.trace.rows
    return rows + rows[-1:]


def _draw_outlet(axis: Axes, outcome: Any, i: int, times: list[float]) -> None:
    rows = _to_the_end(outcome)
    offered = [row[2][i] / 1000 for row in rows]
    drawn = [row[3][i] / 1000 for row in rows]
    axis.step(times, offered, where="post", color=OFFERED_COLOUR, linewidth=1.4, label="offered")
    axis.fill_between(times, drawn, step="post", color=DRAWN_COLOUR, alpha=0.25, linewidth=0)
    axis.step(times, drawn, where="post", color=DRAWN_COLOUR, linewidth=1, label="drawn")
    _finish(axis, f"outlet {i + 1}, A", 2)
    axis.set_ylim(0, max(max(offered, default=0), max(drawn, default=0), 8) * 1.2)


def _finish(axis: Axes, title: str, columns: int) -> None:
    axis.set_ylabel(title, fontsize=9)
    above = {"loc": "lower right", "bbox_to_anchor": (1.0, 0.98), "frameon": False}
    axis.legend(ncols=columns, fontsize=8, borderpad=0.1, **above)
    axis.grid(alpha=0.25)
    axis.tick_params(labelsize=8)


# ---------------------------------------------------------------------- events

_ROUTINE = re.compile(r"^outlet \d+: [A-F][12]?(, no fault)?$|^started")
_SHORTER: tuple[tuple[str, str], ...] = (
    (r"^car arrives at outlet (\d+)$", r"car at \1"),
    (r"^car unplugged at outlet (\d+)$", r"\1 unplugged"),
    (r"^car plugged in again at outlet (\d+)$", r"\1 plugged again"),
    (r" normal again$", " normal"),
    (r"^breaker of feeder (.+) tripped$", r"BREAKER \1 TRIPPED"),
    (r"^mqtt: broker: ", "mqtt: "),
)


def marks(outcome: Any) -> list[Mark]:
    """What the plot names, by time: the world's events, the firmware's but routine, violations."""
    found = outcome.monitor.found
    listed = [
        (t_ms, _short(text), _world_colour(text)) for t_ms, text in _world(outcome.plant.log)
    ]
    listed += [
        (t_ms, _short(text), FIRMWARE_COLOUR)
        for t_ms, text in outcome.trace.events
        if not _ROUTINE.match(text)
    ]
    listed += [(t_ms, _short(text), BAD_COLOUR) for t_ms, text in found.invariants + found.timings]
    return sorted(_without_echoes(listed))


def _world(log: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """`unplug at outlet 2` is followed by what came of it: one of the two is enough."""
    return [(t_ms, text) for t_ms, text in log if not text.startswith("unplug at")]


def _world_colour(text: str) -> str:
    return BAD_COLOUR if "tripped" in text else WORLD_COLOUR


def _short(text: str) -> str:
    for pattern, shorter in _SHORTER:
        text = re.sub(pattern, shorter, text)
    return text if len(text) <= 34 else text[:32] + "..."


def _without_echoes(listed: list[Mark]) -> list[Mark]:
    """A violation that comes again each step is one mark."""
    kept: list[Mark] = []
    last: dict[str, int] = {}
    for t_ms, text, colour in listed:
        if t_ms - last.get(text, -(10**9)) > 1000:
            kept.append((t_ms, text, colour))
        last[text] = t_ms
    return kept


def _draw_marks(axes: Any, listed: list[Mark], end_ms: int, unit_ms: float) -> None:
    """A line through all panels per event; its words in a lane of the top panel."""
    top = axes[0]
    top.set_ylim(-0.2, _LANES)
    top.set_yticks([])
    top.set_ylabel("events", fontsize=9)
    for spine in ("top", "left", "right"):
        top.spines[spine].set_visible(False)
    place = lanes(_CHARACTER_SHARE * end_ms)
    unnamed = 0
    for t_ms, text, colour in _most_telling(listed):
        for axis in axes[1:]:
            axis.axvline(t_ms / unit_ms, color=colour, linewidth=0.7, alpha=0.45)
        lane = place(t_ms, text)
        if lane is None:
            unnamed += 1
            continue
        at_left, lane_y = t_ms < 0.82 * end_ms, _LANES - 1 - lane + 0.25
        top.plot(
            [t_ms / unit_ms] * 2, [-0.2, lane_y + 0.3], color=colour, linewidth=0.6, alpha=0.6
        )
        words = f" {text}" if at_left else f"{text} "
        side = "left" if at_left else "right"
        patch = {"facecolor": "white", "edgecolor": "none", "pad": 0.4}
        top.text(t_ms / unit_ms, lane_y, words, fontsize=7.5, color=colour, ha=side, bbox=patch)
    if unnamed:
        top.set_ylabel(f"events\n({unnamed} unnamed)", fontsize=9)


def _most_telling(listed: list[Mark]) -> list[Mark]:
    """All of them, or, of a long run, those of the worst kinds first."""
    if len(listed) <= _LABELS_MOST:
        return listed
    rank = (BAD_COLOUR, WORLD_COLOUR, FIRMWARE_COLOUR)
    return sorted(sorted(listed, key=lambda mark: rank.index(mark[2]))[:_LABELS_MOST])


def lanes(character_ms: float) -> Callable[[int, str], int | None]:
    """A function (t_ms, text) -> the first lane with room for the text there, or None."""
    taken: list[list[tuple[float, float]]] = [[] for _ in range(_LANES)]

    def place(t_ms: int, text: str) -> int | None:
        width = (len(text) + 2) * character_ms
        right_end = 1 / _CHARACTER_SHARE * character_ms
        begin = t_ms if t_ms < 0.82 * right_end else t_ms - width
        for lane, spans in enumerate(taken):
            if all(begin + width <= b or begin >= e for b, e in spans):
                spans.append((begin, begin + width))
                return lane
        return None

    return place
