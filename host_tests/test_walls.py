"""Who may know whom, read from the source of firmware by `ast`. No clock.

    main -> app -> services -> drivers -> machine
                      |  \\        \\
                      v   v        v
                    core  wire    wire      core and wire know nobody but themselves
"""

import ast
from pathlib import Path

import pytest
from pilotlight_host.paths import FIRMWARE

_PURE = {"micropython", "array", "struct", "binascii"}
_PURE_IN = {"core": _PURE, "wire": _PURE | {"json"}}
_FROM_TIME = {"ticks_diff", "ticks_add"}
_MAY_KNOW = {  # rooms of pilotlight; a room always knows itself
    "core": set(),
    "wire": set(),
    "drivers": {"wire"},
    "services": {"core", "wire", "drivers"},
    "fields": {"wire"},
    "rules": {"wire", "fields"},
    "config": {"rules"},
    "fit": {"config", "wire"},
    "sensors": {"wire", "drivers", "services"},
    "build": {"core", "drivers", "services", "config", "sensors"},
    "helpers": {"core", "wire", "services"},
    "app": {"core", "wire", "drivers", "services", "config", "fit", "sensors", "build", "helpers"},
    "main": {"app"},
    "boot": set(),
}
_HOST = {"pilotlight_host", "tools", "host_tests"}
_BOARD_KNOWN_BY = {"main", "boot"}
_OUTPUTS = {"set_duty", "set_contactor"}
_OUTPUT_WRITERS = {"drivers", "services/control"}


def room_of(name: str) -> str:
    """`core` for `pilotlight/core/duty`, `app` for `pilotlight/app`, `main` for `main`."""
    parts = name.split("/")
    return parts[1] if parts[0] == "pilotlight" and len(parts) > 1 else parts[0]


def imports(tree: ast.AST) -> list[tuple[str, str | None]]:
    """All (module, name) imported anywhere in a file, `name` None for `import module`."""
    found: list[tuple[str, str | None]] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(alias.name, None) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            found += [(module, alias.name) for alias in node.names]
    return found


def _import_fault(room: str, module: str, name: str | None) -> str | None:
    """Why `room` may not import this, or None."""
    if module.startswith("."):
        return "relative import: write pilotlight.<room>"
    head, _, rest = module.partition(".")
    if head in _HOST:
        return "firmware knows no tools"
    if head in ("board", "boards"):
        return None if room in _BOARD_KNOWN_BY else "only main and boot know the board"
    if module == "pilotlight" and name is not None and name.isupper():
        return None  # a constant of the package itself, its version
    if head == "pilotlight":
        target = (rest or name or "").partition(".")[0]
        return None if target in _MAY_KNOW[room] | {room} else f"{room} knows no {target}"
    if head in _PURE_IN.get(room, {head}):
        return None
    if module == "time" and name in _FROM_TIME:
        return None
    return f"{room} knows no {module}"


def _outputs_called(tree: ast.AST) -> list[str]:
    calls = [n.func for n in ast.walk(tree) if isinstance(n, ast.Call)]
    return [f.attr for f in calls if isinstance(f, ast.Attribute) and f.attr in _OUTPUTS]


def faults(name: str, source: str) -> list[str]:
    """Every broken wall of one file; `name` is its path below firmware without `.py`."""
    room, tree = room_of(name), ast.parse(source)
    if room not in _MAY_KNOW:
        return [] if name == "pilotlight/__init__" else [f"{name}: no such room in the house"]
    found = [
        f"{name}: {module}{'.' + what if what else ''}: {fault}"
        for module, what in imports(tree)
        if (fault := _import_fault(room, module, what))
    ]
    inside = name.removeprefix("pilotlight/")
    if not {room, inside} & _OUTPUT_WRITERS:
        found += [f"{name}: only services/control calls {o}" for o in _outputs_called(tree)]
    return found


def _files() -> list[Path]:
    return sorted(FIRMWARE.rglob("*.py"))


@pytest.mark.parametrize("file", _files(), ids=lambda f: str(f.relative_to(FIRMWARE)))
def test_walls_stand(file: Path) -> None:
    name = str(file.relative_to(FIRMWARE).with_suffix(""))
    assert faults(name, file.read_text()) == []


def test_there_is_a_house() -> None:
    assert {room_of(str(f.relative_to(FIRMWARE).with_suffix(""))) for f in _files()} >= {
        "core",
        "wire",
    }


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("pilotlight/core/x", "import asyncio"),
        ("pilotlight/core/x", "from time import ticks_ms"),
        ("pilotlight/core/x", "import time"),
        ("pilotlight/core/x", "import json"),
        ("pilotlight/core/x", "from pilotlight.wire import modbus"),
        ("pilotlight/core/x", "from pilotlight import config"),
        ("pilotlight/core/x", "from . import duty"),
        ("pilotlight/wire/x", "def f():\n    import socket"),
        ("pilotlight/wire/x", "import pilotlight.core.duty"),
        ("pilotlight/drivers/x", "from pilotlight.core import claims"),
        ("pilotlight/drivers/x", "from pilotlight.services.control import Control"),
        ("pilotlight/services/x", "from pilotlight.app import build"),
        ("pilotlight/services/x", "from board import Board"),
        ("pilotlight/services/x", "import pilotlight_host.sim"),
        ("pilotlight/services/x", "outlet.port.set_duty(1000)"),
        ("pilotlight/app", "board.outlets[0].set_contactor(True)"),
        ("main", "from pilotlight.core import duty"),
        ("pilotlight/cloud/x", "pass"),
    ],
)
def test_a_breach_is_found(name: str, line: str) -> None:
    assert len(faults(name, line)) == 1


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("pilotlight/core/x", "from time import ticks_diff, ticks_add"),
        ("pilotlight/core/x", "from pilotlight.core.duty import duty_of"),
        ("pilotlight/core/x", "from micropython import const"),
        ("pilotlight/drivers/x", "from pilotlight.wire import modbus\nimport machine"),
        ("pilotlight/drivers/x", "port.set_contactor(False)"),
        ("pilotlight/services/control", "outlet.set_duty(1000)"),
        ("pilotlight/app", "from pilotlight import VERSION"),
        ("pilotlight/app", "from pilotlight.services.control import Control"),
        ("main", "from board import Board\nfrom pilotlight.app import App"),
    ],
)
def test_a_door_is_open(name: str, line: str) -> None:
    assert faults(name, line) == []
