"""`pilotlight clamps`: how wrong the clamps are, by wave, converter and share of the range."""

import argparse
from pathlib import Path
from typing import Any

from pilotlight_host.commands import output
from pilotlight_host.errors import UserError

ABOUT = """Feeds currents (a sine, a car's charger, switched-mode supplies, a crest factor of 3) at
2...100 % of the range and 45...65 Hz through models of converters into the firmware's own driver,
prints the worst errors beside the budget of 0.5 % and 0.1 A, and draws them. Exits 1 if the sine
or the charger misses it on a converter that is judged: all but the ESP32's. Beside them the power
by a voltage reference, at power factors from -1 to 1, against 1 % and 0.1 A times the voltage."""

PLOT = Path("out/clamps.png")


def add_to(commands: Any) -> None:
    """Its part of the command line."""
    command = commands.add_parser("clamps", help="how wrong the clamps are", description=ABOUT)
    command.add_argument(
        "--pico", action="store_true", help="some cases through an emulated Pico, too"
    )
    command.add_argument("--json", metavar="FILE", help="write the figures as JSON; - is stdout")
    command.add_argument("--plot", metavar="FILE", help=f"where the picture goes [{PLOT}]")
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Carry it out; returns the exit code."""
    plot = options.plot
    if plot is None:
        plot = str(PLOT)
        PLOT.parent.mkdir(exist_ok=True)
    if Path(plot).suffix not in output.PICTURES:
        raise UserError(
            f"--plot {plot}: expected a name that ends in {', '.join(output.PICTURES)}"
        )
    output.check_file("--plot", plot)
    output.check_file("--json", options.json)
    from pilotlight_host.shims.install import install

    install()
    from pilotlight_host.accuracy import measure, power, told

    found, powers = measure.measure(), power.measure()
    if options.pico:
        from pilotlight_host.accuracy import onpico

        found |= onpico.measure()
    good = measure.is_good(found) and power.is_good(powers)
    if options.json is not None:
        content = told.as_json(found, good) | {"power": power.as_json(powers)}
        output.write_json(content, options.json)
    if options.json != "-":
        print("\n".join([*told.table(found), "", *power.table(powers)]))
        print(f"picture: {plot}")
    told.draw(found, plot)
    return 0 if good else 1
