"""From results to one report (JSON). Shares are of the bound, 1 is all of it."""

import re
from collections import Counter
from collections.abc import Iterable
from typing import Any

from . import study

GOAL_SHARE = 0.97
Rows = list[dict[str, Any]]
_PHASE = re.compile(r"L[123]")
_NEAR = 0.001  # shares nearer than this are the same


def make(rows: Rows, seed: int) -> dict[str, Any]:
    """Everything that `--json` writes; docs/compare.md explains each key."""
    rows = study.in_order(rows)
    drawn = [row for row in rows if row["kind"] != study.COMPLAINT]
    complained = [row for row in rows if row["kind"] == study.COMPLAINT]
    return {
        "seed": seed,
        "site_days": len({row["site"] for row in drawn}),
        "policies": {name: total(_of(drawn, name)) for name in study.NAMES if _of(drawn, name)},
        "complaints": {
            name: total(_of(complained, name)) for name in study.NAMES if _of(complained, name)
        },
        "beside": beside(drawn),
        "pauses": pauses(drawn),
        "shortfalls": shortfalls(rows),
        "results": rows,
    }


def _of(rows: Rows, name: str) -> Rows:
    return [row for row in rows if row["policy"] == name]


def share(row: dict[str, Any]) -> float:
    """Energy as a share of the bound's."""
    return row["energy_wh"] / row["bound_wh"] if row["bound_wh"] else 1.0


def _mean(values: Iterable[float]) -> float | None:
    found = list(values)
    return round(sum(found) / len(found), 4) if found else None


def total(rows: Rows) -> dict[str, Any]:
    """One policy over many site-days."""
    shares = [share(row) for row in rows]
    sessions = sum(row["sessions"] for row in rows)
    energy_wh, bound_wh = (sum(row[key] for row in rows) for key in ("energy_wh", "bound_wh"))
    equals = [row["energy_wh"] / row["equal_wh"] for row in rows if row["equal_wh"]]
    return {
        "runs": len(rows),
        "trips": sum(row["trips"] for row in rows),
        "violations": sum(row["violations"] for row in rows),
        "heat_peak_pct": max(row["heat_peak_pct"] for row in rows),
        "overload_as": round(sum(row["overload_as"] for row in rows), 1),
        "energy_share_mean": _mean(shares),
        "energy_share_worst": round(min(shares), 4),
        "energy_of_equal_mean": _mean(equals),
        "energy_share_of_all": round(energy_wh / bound_wh, 4) if bound_wh else None,
        "fairness_mean": _mean(row["fairness"] for row in rows if row["fairness"] is not None),
        "departures_met": round(sum(row["met"] for row in rows) / max(1, sessions), 4),
        "contactor_cycles": sum(row["cycles"] for row in rows),
        "sessions": sessions,
    }


def beside(rows: Rows) -> dict[str, dict[str, Any]]:
    """Day by day: how often another that did not trip delivered more than Pilotlight, or less; and
    by how much of the bound at most.
    """
    own = {row["site"]: share(row) for row in _of(rows, study.PILOTLIGHT)}
    found = {}
    for name in study.NAMES[1:]:
        theirs = [row for row in _of(rows, name) if row["site"] in own and not row["trips"]]
        leads = [share(row) - own[row["site"]] for row in theirs]
        if leads:
            found[name] = {
                "days": len(leads),
                "more": sum(lead > _NEAR for lead in leads),
                "less": sum(lead < -_NEAR for lead in leads),
                "most": round(max(leads), 4),
                "least": round(min(leads), 4),
            }
    return found


def pauses(rows: Rows) -> dict[str, int]:
    """How often Pilotlight opened a contactor though the car wanted more, by reason."""
    found: Counter[str] = Counter()
    for row in _of(rows, study.PILOTLIGHT):
        for why, count in row.get("pauses", {}).items():
            found[_PHASE.sub("a phase", why.rpartition(": ")[2])] += count
    return dict(found.most_common())


def shortfalls(rows: Rows) -> list[dict[str, Any]]:
    """Where Pilotlight had less than 97 % of the bound, or than the best that did not trip."""
    found = []
    for row in _of(rows, study.PILOTLIGHT):
        rivals = [
            other
            for other in rows
            if other["site"] == row["site"]
            and other["policy"] != study.PILOTLIGHT
            and not other["trips"]
        ]
        best = max(rivals, key=share, default=row)
        if share(row) >= GOAL_SHARE and share(row) >= share(best) - _NEAR:
            continue
        missing_as = sum(left for left in row["left_as"].values() if left > 0) or 1.0
        causes = sorted(row["left_as"].items(), key=lambda item: -item[1])
        found.append(
            {
                "site": row["site"],
                "rating_a": row["rating_a"],
                "outlets": row["outlets"],
                "share": round(share(row), 4),
                "of_equal": round(row["energy_wh"] / row["equal_wh"], 4)
                if row["equal_wh"]
                else None,
                "best": best["policy"],
                "best_share": round(share(best), 4),
                "best_heat_peak_pct": best["heat_peak_pct"],
                "causes": {name: round(left / missing_as, 2) for name, left in causes[:4]},
            }
        )
    return found
