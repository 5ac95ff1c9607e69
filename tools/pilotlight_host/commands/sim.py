"""`pilotlight sim`: a scenario through the whole firmware on virtual time, as fast as the PC can.

Simulated times in ms, progress in s of real time.
"""

import argparse
import sys
from typing import Any, TextIO

from pilotlight_host.commands import output
from pilotlight_host.errors import UserError
from pilotlight_host.progress import Line

_QUIET_S = 2.0  # shorter runs show no progress
_LOOK_STEPS = 64
_DAY_MS = 86_400_000

ABOUT = """Runs the same firmware as on a board against simulated cars, supply, meter and broker on
virtual time. The same scenario and seed give the same decisions. Exits 1 if a breaker trips, a
deadline is missed or an invariant is broken."""


def add_to(commands: Any) -> None:
    """Its part of the command line."""
    command = commands.add_parser("sim", help="run a scenario on virtual time", description=ABOUT)
    command.add_argument(
        "scenario", nargs="?", metavar="SCENARIO", help="name of a shipped one, or a file"
    )
    command.add_argument("--list", action="store_true", help="list the shipped scenarios and end")
    command.add_argument(
        "--clock",
        choices=("exact", "event"),
        help="exact: every 20 ms step; event: jumps to where something can happen "
        "[exact, for more than a day event]",
    )
    output.add_to(command)
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Carry it out; returns the exit code."""
    if options.list:
        return _list()
    if options.scenario is None:
        raise UserError("sim: say which scenario (pilotlight sim --list shows the shipped ones)")
    output.check(options)
    from pilotlight_host import scenarios

    scenario = scenarios.read(options.scenario)
    outcome = _simulate(scenario, options)
    if options.json is not None:
        output.write_json(outcome.report, options.json)
    if options.plot is not None:
        from pilotlight_host import plot

        plot.draw(outcome, options.plot)
    if options.json != "-":
        _summarise(outcome, options)
    return 0 if outcome.is_good else 1


def _list() -> int:
    from pilotlight_host import scenarios

    for path in scenarios.shipped():
        print(f"{path.stem:<18} {scenarios.read(str(path)).about}")
    return 0


def _simulate(scenario: Any, options: argparse.Namespace) -> Any:
    from pilotlight_host.sim.simulate import simulate

    clock = options.clock or ("exact" if scenario.duration_ms <= _DAY_MS else "event")
    progress = Progress(scenario.duration_ms, sys.stderr)
    try:
        return simulate(scenario, options.seed, clock, progress=progress.step)
    except (OSError, ValueError) as error:
        raise output.told(error, scenario.name) from None
    finally:
        progress.close()


def _summarise(outcome: Any, options: argparse.Namespace) -> None:
    from pilotlight_host import summary

    summary.show(outcome, sys.stdout)
    if options.plot is not None:
        print(f"plot: {options.plot}")


class Progress:
    """Tells how far a run is."""

    def __init__(self, duration_ms: int, stream: TextIO) -> None:
        self._duration_ms = duration_ms
        self._line = Line(stream, 0.2, _QUIET_S)
        self._steps = 0

    def step(self, t_ms: int) -> None:
        """Called after every control step; cheap but for one call in 64."""
        self._steps += 1
        if self._steps % _LOOK_STEPS == 0 and self._line.is_due():
            self._show(t_ms, self._line.past_s())

    def _show(self, t_ms: int, past_s: float) -> None:
        left_s = past_s * (self._duration_ms - t_ms) / max(1, t_ms)
        self._line.tell(
            f"{100 * t_ms / self._duration_ms:3.0f} %  {t_ms / 3.6e6:.2f} of "
            f"{self._duration_ms / 3.6e6:.2f} h, {t_ms / 1000 / past_s:.0f} x real time, "
            f"about {left_s:.0f} s left"
        )

    def close(self) -> None:
        """Take the updating line away."""
        self._line.close()
