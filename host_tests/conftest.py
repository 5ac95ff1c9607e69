"""Before any test is collected: this CPython process can import the firmware. And the outside
tools as fixtures (tools_needed.py says what it means if one cannot be had).
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pilotlight_host.debian import ensure_micropython, ensure_mosquitto, ensure_nats
from pilotlight_host.emulated.node import emulator_command
from pilotlight_host.fetch import ToolMissing
from pilotlight_host.image import ensure_image
from pilotlight_host.shims import clock as shim_clock
from pilotlight_host.shims.install import install
from pilotlight_host.umqtt_fetch import ensure_umqtt
from tools_needed import needed

install()

# of both/, what tests drivers and services: it has nothing to say of core and wire alone
_DRIVERS = (
    "test_bus.py",
    "test_control_",
    "test_meter_driver.py",
    "test_recorder.py",
    "test_telegram.py",
)


def pytest_configure() -> None:
    """`import umqtt.simple` works; where it cannot be had, that import fails with pip's reason."""
    try:
        sys.path.append(str(ensure_umqtt()))
    except ToolMissing as error:
        print(error, file=sys.stderr)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of core and wire by themselves: their coverage is measured."""
    for item in items:
        if item.path.parent.name == "both" and not item.path.name.startswith(_DRIVERS):
            item.add_marker("pure")


@pytest.fixture(scope="session")
def micropython() -> Path:
    """A real 32-bit MicroPython."""
    return needed(ensure_micropython)


@pytest.fixture(scope="session")
def mosquitto() -> Path:
    """A real broker."""
    return needed(ensure_mosquitto)


@pytest.fixture(scope="session")
def nats() -> Path:
    """Another real broker."""
    return needed(ensure_nats)


class MovedClock:
    """A clock that a test moves; its ticks wrap soon."""

    def __init__(self) -> None:
        self.t_ms = 0

    def now_ms(self) -> int:
        return (1 << 30) - 3000 + self.t_ms

    async def sleep_ms(self, ms: int) -> None:
        self.t_ms += ms


@pytest.fixture
def moved_clock() -> Iterator[MovedClock]:
    """The firmware's clock, for as long as the test lasts."""
    clock = MovedClock()
    former = shim_clock.set_source(clock)
    yield clock
    shim_clock.set_source(former)


@pytest.fixture(scope="session")
def umqtt() -> Path:
    """The folder that holds umqtt.simple 1.3.4."""
    return needed(ensure_umqtt)


@pytest.fixture(scope="session")
def emulator() -> None:
    """Node and its package."""
    needed(emulator_command)


@pytest.fixture(scope="session")
def pico_image() -> Path:
    """The image of the board `pico`, to flash or to emulate."""
    return needed(lambda: ensure_image("pico"))


@pytest.fixture(scope="session")
def pico_io_image() -> Path:
    """The image of the board `pico_io`."""
    return needed(lambda: ensure_image("pico_io"))


@pytest.fixture(scope="session")
def pico_ppp_image() -> Path:
    """The image of the board `pico_ppp`."""
    return needed(lambda: ensure_image("pico_ppp"))
