"""`pilotlight config`: checks a site file as the firmware does, prints its schema. No clock."""

import argparse
import json
import sys
from typing import Any


def add_to(commands: Any) -> None:
    """Its part of the command line."""
    about = "Checks site files, prints the JSON Schema they follow."
    command = commands.add_parser(
        "config", help="check a site file, print its schema", description=about
    )
    actions = command.add_subparsers(dest="action", metavar="ACTION", required=True)
    check = actions.add_parser(
        "check",
        help="check a site file as a board would",
        description="Checks a site file with the firmware's validator: a line per error, exit 1.",
    )
    check.add_argument("file", metavar="FILE", help="the site file (JSON)")
    check.set_defaults(run=run_check)
    schema = actions.add_parser(
        "schema",
        help="print the JSON Schema of site files",
        description="Prints the JSON Schema of site files, made from the firmware's own tables.",
    )
    schema.set_defaults(run=run_schema)


def run_check(options: argparse.Namespace) -> int:
    """0 if the file is right; UserError (exit 1) with all that is wrong."""
    from pilotlight_host import sitefile

    file = options.file
    site = sitefile.load(file)
    feeders, outlets = len(site["feeders"]), len(site["outlets"])
    print(f"{file}: right; feeders: {feeders}, outlets: {outlets}, meters: {len(site['meters'])}")
    return 0


def run_schema(options: argparse.Namespace) -> int:
    """Print it."""
    from pilotlight_host import schema

    json.dump(schema.make(), sys.stdout, indent=2)
    print()
    return 0
