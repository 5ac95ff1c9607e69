"""Draws a comparison: every policy side by side, a dot per site-day. Without a display."""

from typing import Any

import matplotlib

matplotlib.use("Agg")  # before pyplot looks for a display

import matplotlib.pyplot as plt
from matplotlib.axes import Axes

from pilotlight_host.errors import UserError

from . import study
from .report import GOAL_SHARE, share

_OWN, _OTHER, _BAD = "#1f6fb2", "#8a8f98", "#c81e1e"
_BARS = (
    ("fairness_mean", "fairness (Jain's index)"),
    ("departures_met", "departures met"),
    ("per_session", "contactor cycles per session"),
)


def draw(report: dict[str, Any], file: str) -> None:
    """The drawn site-days, or the complaints where there are no others. UserError if `file` cannot
    be written.
    """
    is_drawn = bool(report["policies"])
    policies = report["policies"] or report["complaints"]
    rows = [r for r in report["results"] if (r["kind"] != study.COMPLAINT) == is_drawn]
    figure, axes = plt.subplots(2, 3, figsize=(15, 8.5))
    names = list(policies)
    _dots(axes[0][0], names, rows, lambda row: 100 * share(row), "energy, % of the bound")
    axes[0][0].axhline(100 * GOAL_SHARE, color=_OWN, linewidth=0.8, linestyle="--")
    _dots(axes[0][1], names, rows, lambda row: row["heat_peak_pct"], "breaker heat peak, %")
    axes[0][1].axhline(100, color=_BAD, linewidth=0.8, linestyle="--")
    _dots(axes[0][2], names, rows, lambda row: row["overload_as"] + 1, "overload + 1, A s")
    axes[0][2].set_yscale("log")
    for axis, (key, label) in zip(axes[1], _BARS, strict=True):
        values = [_value(policies[name], key) for name in names]
        axis.bar(names, values, color=[_colour(name) for name in names])
        axis.set_ylabel(label)
    for axis in axes.flat:
        axis.tick_params(axis="x", rotation=60, labelsize=8)
        for label in axis.get_xticklabels():
            label.set_horizontalalignment("right")
            label.set_rotation_mode("anchor")
        for spine in ("top", "right"):
            axis.spines[spine].set_visible(False)
    days = report["site_days"] or "the complaints'"
    figure.suptitle(f"{days} site-days, seed {report['seed']}; red: a breaker tripped")
    figure.tight_layout()
    try:
        figure.savefig(file, dpi=80)
    except OSError as error:
        raise UserError(f"{file}: cannot be written ({error.strerror})") from None
    finally:
        plt.close(figure)


def _colour(name: str) -> str:
    return _OWN if name == study.PILOTLIGHT else _OTHER


def _value(row: dict[str, Any], key: str) -> float:
    if key == "per_session":
        return row["contactor_cycles"] / max(1, row["sessions"])
    return row[key] or 0.0


def _dots(axis: Axes, names: list[str], rows: list[dict], value, label: str) -> None:
    for place, name in enumerate(names):
        found = [row for row in rows if row["policy"] == name]
        for n, row in enumerate(found):
            colour = _BAD if row["trips"] else _colour(name)
            aside = 0.5 * (n / max(1, len(found) - 1) - 0.5)
            axis.plot(place + aside, value(row), "o", markersize=3.5, color=colour, alpha=0.7)
    axis.set_xticks(range(len(names)), names)
    axis.set_ylabel(label)
