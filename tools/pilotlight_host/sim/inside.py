"""What a run knows of a firmware that lives in its own process. Times in ms of the run."""

from typing import Any

from .monitor import Monitor, Seen, is_pwm
from .plant import Plant

_C2 = 5  # of pilotlight.core.outlet, which is importable only after install()


class Inside:
    """Part of anything with `app`, the firmware's App: the firmware's own words."""

    app: Any

    def feeders(self, ticks: int = 0) -> list[dict[str, Any]]:
        """A snapshot of each feeder."""
        from pilotlight.core import status

        return [status.of_feeder(ticks, feeder) for feeder in self.app.control.feeders]

    def outlets(self, ticks: int = 0) -> list[dict[str, Any]]:
        """A snapshot of each outlet; `ticks` is the firmware's present time."""
        return [unit.snapshot(ticks) for unit in self.app.control.units]


class InsideMonitor(Monitor):
    """Judges faults and permits too, in the very step in which they are decided."""

    def __init__(self, plant: Plant, app: Any) -> None:
        super().__init__(plant, app.site)
        self._units = app.control.units

    def _reason(self, i: int) -> str:
        unit = self._units[i]
        return unit.claims.reason if not unit.outlet.fault else f"fault {unit.outlet.fault}"

    def _check_permit(self, t_ms: int, i: int) -> None:
        unit = self._units[i]
        if unit.outlet.fault:
            self._invariant(t_ms, f"outlet {i + 1}: coil on with fault {unit.outlet.fault}")
        if unit.claims.limit_ma < 6000 and is_pwm(self._plant.duty(i)):
            self._invariant(t_ms, f"outlet {i + 1}: offers without permit")

    def _may_close(self, t_ms: int, i: int, seen: Seen) -> bool:
        decider = self._units[i].outlet
        return decider.state == _C2 and decider._rest_ms is None
