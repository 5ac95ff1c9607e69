"""The table, the JSON and the picture of what was measured."""

from __future__ import annotations

from typing import Any

from pilotlight_host import plot

from .converters import CONVERTERS
from .measure import FIXED_MA, SHARE, Found, Point

_COLOURS = ("#8a8f98", "#1f6fb2", "#2a8c4a", "#e08a00", "#7a3fa0")
_BUDGET_COLOUR = "#c81e1e"
_ABOUT = {"pico": "the image on an emulated Pico"} | {n: c.about for n, c in CONVERTERS.items()}


def table(found: Found) -> list[str]:
    """A block for each wave: the worst errors by share of the range, the budget above them."""
    lines = []
    for wave in dict.fromkeys(wave for wave, _ in found):
        mine = {name: points for (of, name), points in found.items() if of == wave}
        widest = max(mine.values(), key=len)
        lines += [f"{wave}: worst error in mA at 45...65 Hz and any phase", _head(widest)]
        lines.append(_row("allowed, mA", [f"{p.allowed_ma:.0f}" for p in widest]))
        for name, points in mine.items():
            at = {p.level: p for p in points}
            cells = [_cell(at.get(p.level)) for p in widest]
            lines.append(_row(name, cells) + f"   {_verdict(points)}")
        lines.append("")
    return lines + [f"{name}: {_ABOUT[name]}" for name in dict.fromkeys(n for _, n in found)]


def _head(points: list[Point]) -> str:
    levels = _row("% of the range", [f"{100 * p.level:.0f}" for p in points])
    return levels + "\n" + _row("current, A", [f"{p.true_ma / 1000:.1f}" for p in points])


def _row(name: str, cells: list[str]) -> str:
    return f"  {name:<15}" + "".join(f"{cell:>7}" for cell in cells)


def _cell(point: Point | None) -> str:
    return "" if point is None else f"{point.error_ma:+.0f}"


def _verdict(points: list[Point]) -> str:
    judged = [p for p in points if p.is_judged]
    if not judged:
        return "not judged"
    worst = max(judged, key=lambda p: p.of_allowed)
    said = f"{100 * worst.of_allowed:.0f} % of what is allowed, at {worst.hertz:g} Hz"
    return said if worst.of_allowed <= 1 else f"MISSED: {said}"


def as_json(found: Found, good: bool) -> dict[str, Any]:
    """The same for programs."""
    cases = [
        {
            "wave": wave,
            "converter": name,
            "level": p.level,
            "true_ma": round(p.true_ma),
            "error_ma": round(p.error_ma, 1),
            "allowed_ma": round(p.allowed_ma, 1),
            "hertz": p.hertz,
            "judged": p.is_judged,
        }
        for (wave, name), points in found.items()
        for p in points
    ]
    return {"good": good, "share": SHARE, "fixed_ma": FIXED_MA, "cases": cases}


def draw(found: Found, file: str) -> None:
    """Error in % of the reading by share of the range, a panel for each wave."""
    waves = list(dict.fromkeys(wave for wave, _ in found))
    names = list(dict.fromkeys(name for _, name in found))
    figure, axes = plot.plt.subplots(2, 2, sharex=True, sharey=True, figsize=(12, 8))
    for axis, wave in zip(axes.flat, waves, strict=True):
        for name, colour in zip(names, _COLOURS, strict=False):
            _line(axis, found.get((wave, name), []), name, colour)
        budget = max((found[wave, name] for name in names), key=len)
        allowed = [100 * p.allowed_ma / p.true_ma for p in budget]
        axis.plot([100 * p.level for p in budget], allowed, color=_BUDGET_COLOUR, label="allowed")
        axis.set(title=wave, xscale="log", yscale="log", ylim=(0.02, 30))
        axis.set_xticks([2, 5, 10, 20, 50, 100], ["2", "5", "10", "20", "50", "100"])
        axis.grid(alpha=0.25, which="both")
    axes[0, 0].legend(fontsize=8, loc="lower left", ncols=2)
    figure.supxlabel("% of the clamp's range")
    figure.supylabel("worst error at 45...65 Hz, % of the reading")
    figure.tight_layout()
    plot.save(figure, file)


def _line(axis: Any, points: list[Point], name: str, colour: str) -> None:
    errors = [max(100 * abs(p.error_ma) / p.true_ma, 0.02) for p in points]
    levels = [100 * p.level for p in points]
    axis.plot(levels, errors, color=colour, marker="o", markersize=3, label=name)
