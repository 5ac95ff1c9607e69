"""`pilotlight meter probe PORT` and `pilotlight meter watch PORT`: a meter at this PC's port."""

import argparse
import sys
from typing import Any

from pilotlight_host.errors import UserError

ABOUT = "Finds and reads a meter at a serial port of this PC, with the firmware's own drivers."


def add_to(commands: Any) -> None:
    """Its part of the command line."""
    command = commands.add_parser("meter", help="find and read a meter", description=ABOUT)
    verbs = command.add_subparsers(dest="verb", metavar="VERB", required=True)
    probe = verbs.add_parser("probe", help="which meter is it, and how does it talk")
    probe.add_argument("port", metavar="PORT", help="e.g. /dev/ttyUSB0")
    probe.add_argument("--baud", type=int, help="only this one [all usual ones]")
    probe.add_argument("--parity", choices=("N", "E", "O"), help="only this one [all]")
    probe.add_argument("--address", type=int, help="only this one [1 2 3 5 126 10 11]")
    probe.set_defaults(run=run_probe)
    watch = verbs.add_parser("watch", help="show its values, a line a second, until Ctrl-C")
    watch.add_argument("port", metavar="PORT")
    watch.add_argument("--model", required=True, help="as in the site file (docs/meters.md)")
    watch.add_argument("--address", type=int, default=1, help="[1]")
    watch.add_argument("--baud", type=int, help="[9600; p1: 115200]")
    watch.add_argument("--parity", choices=("N", "E", "O"), default="N", help="[N]")
    watch.add_argument("--lines", type=int, help="end after so many lines")
    watch.set_defaults(run=run_watch)


def _check_address(address: int | None) -> None:
    if address is not None and not 1 <= address <= 247:
        raise UserError(f"--address: {address} is wrong, expected 1...247")


def run_probe(options: argparse.Namespace) -> int:
    """Carry it out; returns the exit code."""
    from pilotlight_host import meterprobe

    _check_address(options.address)
    found = meterprobe.probe(
        options.port,
        meterprobe.BAUDS if options.baud is None else (options.baud,),
        meterprobe.PARITIES if options.parity is None else (options.parity,),
        meterprobe.ADDRESSES if options.address is None else (options.address,),
        lambda text: print(text, file=sys.stderr),
    )
    for meter in found:
        print(meter.lines())
        for other in meter.others:
            print(f"  shows the same: {other}", file=sys.stderr)
    if not found:
        print("pilotlight: no meter found: A and B the other way round? another address?")
    return 0 if found else 1


def run_watch(options: argparse.Namespace) -> int:
    """Carry it out; returns the exit code."""
    from pilotlight_host import meterprobe

    _check_address(options.address)
    known = [*meterprobe.meters.names(), *meterprobe.meters.TELEGRAMS]
    if options.model not in known:
        names = ", ".join(known)
        raise UserError(f"--model: {options.model!r} is wrong, expected one of: {names}")
    baud = meterprobe.usual_baud(options.model) if options.baud is None else options.baud
    found = meterprobe.Found(options.model, options.port, baud, options.parity, options.address)
    try:
        for number, line in enumerate(meterprobe.watch(found), 1):
            print(line, flush=True)
            if number == options.lines:
                break
    except KeyboardInterrupt:
        pass
    return 0
