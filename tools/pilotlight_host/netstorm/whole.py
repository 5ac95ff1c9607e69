"""A whole storm of the network: played, judged, told."""

import asyncio
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from pilotlight_host.debian import ensure_micropython, ensure_mosquitto
from pilotlight_host.emulated.node import emulator_command
from pilotlight_host.image.build import ensure_build
from pilotlight_host.umqtt_fetch import ensure_umqtt

from .boardjudge import BoardJudge
from .boardstorm import BOARD, BoardStorm, BoardTools
from .judge import Judge
from .processes import Tools
from .storm import Storm
from .trick import Trick
from .tricks import BOARD_TRICKS, TRICKS


def play(
    tools: Tools,
    seed: int,
    for_s: float | None,
    tricks: Sequence[type[Trick]] = TRICKS,
    tell: Callable[[str], None] | None = None,
) -> dict[str, Any]:
    """The figures; `troubles` in them is empty if nothing was felt. `for_s`, `tricks`: Storm."""
    storm = Storm(tools, seed, for_s, tricks, tell)
    seen = asyncio.run(storm.run())
    return Judge(seen, storm.remote, storm.plant).run().figures


def play_board(
    tools: BoardTools,
    seed: int,
    for_s: float | None,
    tricks: Sequence[type[Trick]] = BOARD_TRICKS,
    tell: Callable[[str], None] | None = None,
) -> dict[str, Any]:
    """The same around an emulated board."""
    storm = BoardStorm(tools, seed, for_s, tricks, tell)
    return BoardJudge(storm.run(), storm.plant).run().figures


def board_tools() -> BoardTools:
    """Those that are fetched or built. ToolMissing if one cannot be had."""
    emulator_command()  # what is missing is told before the image is built
    mosquitto, build = ensure_mosquitto(), ensure_build(BOARD)
    return BoardTools(mosquitto, build.image, build.sizes())


def tools() -> Tools:
    """Those that are fetched. ToolMissing if one cannot be had."""
    return Tools(ensure_micropython(), ensure_mosquitto(), ensure_umqtt())


def write(figures: dict[str, Any], file: Path) -> None:
    """As JSON."""
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
