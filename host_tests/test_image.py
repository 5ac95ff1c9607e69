"""The images of the boards: what is frozen in, that nothing of this machine or day is, the cache.

Needs the compilers for ARM: without them these skip with the line that installs them.
"""

import datetime
import getpass
from pathlib import Path

import pytest
from cli_helpers import pilotlight
from image_helpers import asked_for, flash, frozen_names
from pilotlight_host.image import mpy
from pilotlight_host.image.build import boards, ensure_build, inputs
from pilotlight_host.paths import FIRMWARE, OUT, ROOT

ASYNCIO = {f"asyncio/{n}.py" for n in ("__init__", "core", "event", "funcs", "lock", "stream")}
OF_MICROPYTHON = ASYNCIO | {"_boot.py", "uasyncio.py"}
MQTT = {"pilotlight/services/mqtt.py", "pilotlight/services/timekeeper.py"}
TELEGRAMS = {
    "pilotlight/drivers/readout.py",
    "pilotlight/drivers/telegram.py",
    "pilotlight/services/telegrams.py",
    "pilotlight/wire/iec62056.py",
    "pilotlight/wire/p1.py",
    "pilotlight/wire/sml.py",
}
SWITCHING = {
    "pilotlight/core/phases.py",
    "pilotlight/core/sunphases.py",
    "pilotlight/drivers/second.py",
    "pilotlight/services/switching.py",
}
ABSENT = TELEGRAMS | SWITCHING
UMQTT = {"umqtt/__init__.py", "umqtt/simple.py"}
EXPECTED = {
    "pico": lambda: OF_MICROPYTHON | asked_for("pico", without=MQTT | ABSENT),
    "pico_io": lambda: OF_MICROPYTHON | asked_for("pico_io", without=set()),
    "pico_ppp": lambda: OF_MICROPYTHON | asked_for("pico_ppp", without=ABSENT) | UMQTT,
}


@pytest.fixture(scope="module", params=sorted(EXPECTED))
def board(request):
    """The board's name; its image is built."""
    request.getfixturevalue(f"{request.param}_image")
    return request.param


def content_of(board: str) -> bytes:
    return flash(ensure_build(board).image.read_bytes())


def test_every_board_with_an_image_is_tested():
    assert boards() == sorted(EXPECTED)


def test_exactly_what_the_firmware_imports_is_frozen(board):
    names = frozen_names(content_of(board))
    assert len(names) == len(set(names))
    assert set(names) == EXPECTED[board]()


def test_no_module_of_the_firmware_is_on_no_board():
    there_are = {str(file.relative_to(FIRMWARE)) for file in FIRMWARE.rglob("*.py")}
    of_boards = {"board.py", "pico_pins.py", "rp2.py"}
    assert there_are == asked_for("pico_ppp", without=set()) - of_boards


def test_a_change_of_anything_frozen_is_noticed(board):
    names = set(frozen_names(content_of(board))) - OF_MICROPYTHON - UMQTT
    assert [name for name in names if not any(str(f).endswith(f"/{name}") for f in inputs())] == []


def test_a_board_without_network_has_no_mqtt(pico_image):
    content = flash(pico_image.read_bytes())
    assert not [name for name in frozen_names(content) if "mqtt" in name or "link" in name]
    assert b"umqtt" not in content


def test_nothing_of_this_machine_or_day_is_in_it(board):
    content = content_of(board)
    today = datetime.date.today()  # noqa: DTZ011
    days = {today.isoformat(), today.strftime("%b %d %Y"), today.strftime("%b %e %Y")}
    for leak in {str(ROOT), str(Path.home()) + "/", f"/{getpass.getuser()}/", ".deps", *days}:
        assert leak.encode() not in content, leak
    for said in ("v1.25.0", "2025-04-15", f"Pilotlight {board}"):
        assert said.encode() in content


def test_it_is_built_again_only_if_need_be_and_then_the_same_to_the_last_bit(board):
    build = ensure_build(board)
    before, content = build.image.stat().st_mtime_ns, build.image.read_bytes()
    done = pilotlight("firmware", board)
    assert (done.returncode, done.stderr) == (0, "")
    assert build.image.stat().st_mtime_ns == before
    (build.folder / "made-of").unlink()
    done = pilotlight("firmware", board)
    assert done.returncode == 0, done.stderr
    assert "building the image" in done.stderr
    assert build.image.stat().st_mtime_ns > before
    assert build.image.read_bytes() == content


def test_the_command_publishes_the_image_and_tells_what_it_takes(board):
    done = pilotlight("firmware", board, cwd=ROOT)
    lines = done.stdout.splitlines()
    rows = [line.rsplit(maxsplit=1) for line in lines[1:-1]]
    size = {name.strip(): int(number.replace(",", "")) for name, number in rows}
    image = OUT / "firmware" / f"{board}.uf2"
    assert lines[-1] == f"image: out/firmware/{board}.uf2"
    content = flash(image.read_bytes())
    assert content == content_of(board)
    # against the file itself and the chip: flash 2 MiB, RAM 264 KiB
    assert len(content) - 256 < size["flash: program"] <= len(content)
    assert (
        sum(size[f"flash: {part}"] for part in ("program", "free to grow", "file system"))
        == 2 << 20
    )
    assert sum(size[f"RAM: {part}"] for part in ("static", "heap", "stack")) == 264 << 10
    assert 30_000 < size["of it frozen Python"] < 272 << 10


def test_frozen_bytes_add_up(board):
    taken = ensure_build(board).frozen()
    assert set(taken.modules) == set(frozen_names(content_of(board)))
    assert all(size > 10 for size in taken.modules.values())
    assert taken.total == sum(taken.modules.values()) + taken.shared
    # the same code as .mpy, machine code where the image has it: that has names in it as well
    for name, size in mpy.modules(board).items():
        if name in ("pilotlight/wire/models.py", "pilotlight/services/helptext.py"):
            continue  # mostly one long text, which stands among those that all share
        if size > 1000 and name in taken.modules:
            assert size / 2 < taken.modules[name] < size, name
