"""`pilotlight run`: the real firmware on the simulated board in real time. ms of the run."""

import argparse
import dataclasses
import sys
import time
from pathlib import Path
from typing import Any

from pilotlight_host.commands import output
from pilotlight_host.errors import UserError

ABOUT = """Runs the real firmware on the simulated board in real time: cars, supply and clamps are
simulated, the Modbus meter answers on a real pty, the MQTT broker is a real one on a free port of
this machine. With --board pico or pico_ppp it is the very image that is flashed, on an emulated
Raspberry Pi Pico, as fast as the machine can, real time at most. Ends after the scenario's time or
at Ctrl-C, with a summary and a plot. Exits 1 if a breaker trips, a deadline is missed or an
invariant is broken."""

DEFAULT = "first_light"
SIM = "sim"
RUNS = Path("runs")
_EVERY_MS = (1000, 5000)  # between plain lines, of runs up to a minute and of longer ones
_LONGEST_MS = 30 * 86_400_000


def add_to(commands: Any) -> None:
    """Its part of the command line."""
    command = commands.add_parser(
        "run", help="run the firmware in real time, live", description=ABOUT
    )
    command.add_argument(
        "--scenario",
        default=DEFAULT,
        metavar="NAME",
        help=f"name of a shipped one, or a file [{DEFAULT}]",
    )
    command.add_argument(
        "--board", default=SIM, metavar="NAME", help=f"{SIM}, pico or pico_ppp [{SIM}]"
    )
    command.add_argument(
        "--duration", type=_duration, metavar="TIME", help="20, 20s or 2m [the scenario's]"
    )
    command.add_argument(
        "--speed", type=_speed, default=1.0, metavar="N", help="1...10 x real time [1]"
    )
    output.add_to(command)
    command.set_defaults(run=run)


def _duration(text: str) -> int:
    from pilotlight_host.sim.toml_read import duration_ms

    try:
        span_ms = duration_ms(float(text))
    except (ValueError, OverflowError):
        span_ms = duration_ms(text)
    if span_ms is None or not 1000 <= span_ms <= _LONGEST_MS:
        raise argparse.ArgumentTypeError(
            f"{text!r} is wrong, expected 1s...30d, like 20, 20s or 2m"
        )
    return span_ms


def _speed(text: str) -> float:
    try:
        speed = float(text)
    except ValueError:
        speed = 0.0
    if not 1 <= speed <= 10:
        raise argparse.ArgumentTypeError(f"{text!r} is wrong, expected a number 1...10")
    return speed


def run(options: argparse.Namespace) -> int:
    """Carry it out; returns the exit code."""
    output.check(options)
    from pilotlight_host import scenarios
    from pilotlight_host.live import fit

    fit.check_board(options.board)
    scenario = scenarios.read(options.scenario)
    if options.duration is not None:
        scenario = dataclasses.replace(scenario, duration_ms=options.duration)
    live = _run(scenario, options)
    said = sys.stderr if options.json == "-" else sys.stdout
    _finish(live, options, said)
    return 0 if live.is_good else 1


def _run(scenario: Any, options: argparse.Namespace) -> Any:
    from pilotlight_host.live.view import take

    live = _make(scenario, options)
    shown = _shower(live, options)
    try:
        live.run(lambda run: shown.show(take(run)))
    except (OSError, ValueError) as error:
        raise output.told(error, scenario.name) from None
    finally:
        shown.close()
    return live


def _make(scenario: Any, options: argparse.Namespace) -> Any:
    if options.board == SIM:
        from pilotlight_host.live.run import LiveRun

        return LiveRun(scenario, options.seed, options.speed)
    from pilotlight_host.live.emulated_run import EmulatedRun

    return EmulatedRun(options.board, scenario, options.seed, options.speed)


def _shower(live: Any, options: argparse.Namespace) -> Any:
    from pilotlight_host.plain import PlainLines

    if sys.stdout.isatty() and options.json != "-":
        from rich.console import Console

        from pilotlight_host.dashboard import Dashboard

        for note in live.notes:
            print(note)
        return Dashboard(Console())
    stream = sys.stderr if options.json == "-" else sys.stdout
    duration_ms = live.scenario.duration_ms
    stream.write(f"{live.scenario.name}: {duration_ms / 1000:g} s {live.pace}\n")
    stream.writelines(f"{note}\n" for note in live.notes)
    stream.write(f"type at the site: {live.console_hint}\n")
    return PlainLines(stream, _EVERY_MS[duration_ms > 60_000])


def _finish(live: Any, options: argparse.Namespace, said: Any) -> None:
    """Summary, plot and JSON. A plot that cannot be made takes nothing of the rest away."""
    from pilotlight_host import summary

    summary.show(live, said)
    if live.ended:
        print(f"ended before its time: {live.ended}", file=said)
    if options.json is not None:
        output.write_json(live.report, options.json)
    file = options.plot or _default_plot(Path(options.scenario).stem)
    from pilotlight_host import plot

    plot.draw(live, file)
    print(f"plot: {file}", file=said)


def _default_plot(name: str) -> str:
    try:
        RUNS.mkdir(exist_ok=True)
    except OSError as error:
        raise UserError(
            f"{RUNS.absolute()}: cannot be made ({error.strerror}); use --plot"
        ) from None
    return str(RUNS / f"{name}-{time.strftime('%Y%m%d-%H%M%S')}.png")
