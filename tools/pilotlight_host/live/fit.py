"""Whether a scenario can be played to an emulated board, said before anything is built."""

from typing import Any

from pilotlight_host.errors import UserError
from pilotlight_host.image import build
from pilotlight_host.sim.scenario import Scenario
from pilotlight_host.sim.specs import CLAMP_EVENTS

SIM = "sim"


def boards() -> list[str]:
    """The boards a run can be made on: the simulated one, and those with the firmware's image."""
    return [SIM, *(name for name in build.boards() if not build.has_own_program(name))]


def check_board(name: str) -> None:
    """UserError if there is no such board."""
    if name not in boards():
        raise UserError(f"--board: {name!r} is wrong, expected one of: {', '.join(boards())}")


def check(scenario: Scenario, site: dict[str, Any], wiring: dict[str, Any]) -> None:
    """UserError with a line for each thing that the scenario wants and the board has not."""
    lines = [*_site_errors(site, wiring)]
    for kind in sorted({event.kind for event in scenario.events if event.kind in CLAMP_EVENTS}):
        lines.append(f"event {kind}: the clamps of this board cannot fall silent, or lie")
    if any(event.kind == "board-heat" for event in scenario.events):
        lines.append("event board-heat: this board does not measure its own temperature")
    if lines:
        raise UserError([f"{scenario.name}: {line} (board {wiring['board']})" for line in lines])


def _site_errors(site: dict[str, Any], wiring: dict[str, Any]) -> list[str]:
    lines = []
    outlets = len(wiring["pilots"]["outlets"])
    clamps = sum(entry["signal"].startswith("clamp ") for entry in wiring["adc_inputs"])
    if len(site["outlets"]) > outlets:
        lines.append(f"outlets: {len(site['outlets'])}, but the board has {outlets}")
    if len(site["feeders"]) > 1:
        lines.append(f"feeders: {len(site['feeders'])}, but the board measures 1")
    for clamp in site["feeders"][0]["clamps"] or ():
        if clamp["channel"] > clamps:
            lines.append(f"feeders[0].clamps: channel {clamp['channel']}, the board has {clamps}")
    port = wiring["rs485"]["port"]
    for number, meter in enumerate(site["meters"]):
        if meter["port"] != port:
            lines.append(f"meters[{number}].port: {meter['port']}, but the board has {port}")
    if site["modem"] is not None:
        lines.append("modem: there is none to dial here; pico_ppp has its line without the table")
    return lines
