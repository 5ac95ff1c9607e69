"""Reads what the physics takes from the site file in a scenario: feeders and outlets."""

from typing import Any

from .breaker import CURVES
from .cartable import phases
from .specs import FeederSpec, OutletSpec
from .toml_read import Table


def read_feeders(site: Any, file: str) -> tuple[FeederSpec, ...]:
    """site.feeders, each with the one it hangs on."""
    tables = Table(site, "site", file).tables("feeders")
    if not tables:
        Table(site, "site", file).fail("feeders", [], "at least one feeder")
    names = tuple(table.text("id") for table in tables)
    parents = [table.text("feeder", names, None) for table in tables]
    found = []
    for number, table in enumerate(tables):
        if _hangs_on_itself(number, names, parents):
            table.fail("feeder", parents[number], "one that does not hang on itself")
        parent = parents[number]
        found.append(
            FeederSpec(
                id=names[number],
                rating_a=table.number("rating_a", 6, 400),
                breaker=table.text("breaker", tuple(CURVES)),
                parent=None if parent is None else names.index(parent),
            )
        )
    return tuple(found)


def _hangs_on_itself(number: int, names: tuple[str, ...], parents: list[str | None]) -> bool:
    """The way up from a feeder never ends."""
    name = parents[number]
    for _ in names:
        if name is None:
            return False
        name = parents[names.index(name)]
    return name is not None


def read_outlets(site: Any, feeders: tuple[FeederSpec, ...], file: str) -> tuple[OutletSpec, ...]:
    """site.outlets."""
    names = tuple(feeder.id for feeder in feeders)
    found = []
    for table in Table(site, "site", file).tables("outlets"):
        feeder = names.index(table.text("feeder", names))
        switching = table.flag("switching", False)
        found.append(OutletSpec(feeder, phases(table, "phases"), switching))
    if not found:
        Table(site, "site", file).fail("outlets", [], "at least one outlet")
    return tuple(found)
