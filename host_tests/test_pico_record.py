"""Decisions recorded on an emulated Pico while cars charge: they wait in pages of its flash. ms."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_helpers import pilotlight
from pico_helpers import OUTLETS, A, Rig, charging, flash, image, site, storage_bytes
from pico_person import Person
from pilotlight_host.emulated.filesystem import LEDGER, SPOOL, filesystem_image
from pilotlight_host.emulated.pico import WORST_FLASH_MS
from pilotlight_host.emulated.uf2 import FLASH_SIZE, flash_of
from pilotlight_host.replay import reader
from test_pico_ledger import AT, with_flash

SPOOL_AT = FLASH_SIZE - storage_bytes("pico") + LEDGER


def spooled(board: Rig) -> int:
    """Bytes that are not erased there."""
    content = board.pico.flash_image()[SPOOL_AT : SPOOL_AT + SPOOL]
    return len(content) - content.count(b"\xff")


def steps(board: Rig, since: int) -> set[str]:
    return {event.op or "" for event in board.events[since:] if event.kind == "flash"}


def bundle(board: Rig, file: Path) -> dict[str, bytes]:
    """What `pilotlight diagnose` brings."""
    person = Person(board)
    code, said = person.pilotlight("diagnose", file, "--port", person.path)
    person.close()
    assert code == 0, said
    with zipfile.ZipFile(file) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def replayed(file: Path) -> dict[str, object]:
    done = pilotlight("replay", file, "--json", "-")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def wait(board: Rig, s: int, what: Callable[[], bool]) -> None:
    """At most so long, and a second more."""
    for _ in range(s):
        board.go(1000)
        if what():
            break
    assert what()
    board.go(1000)


@pytest.fixture(scope="module")
def cut() -> bytes:
    """The flash of a board that has lost its power while cars charged and it recorded."""
    with charging(site(), *OUTLETS) as board:
        board.ask("record(True)")
        board.go(6000)
        board.ask("record(False)")  # the page in memory is the last one
        wait(board, 20, lambda: spooled(board) > 1500)
        return bytes(board.pico.flash_image())


def test_a_charge_is_recorded_in_flash_and_comes_to_the_file(tmp_path: Path) -> None:
    """While it goes on nothing is erased, and what there is can be fetched."""
    with charging(site(), *OUTLETS, flash_times=WORST_FLASH_MS) as board:
        assert "recording" in board.ask("record(True)")
        since = len(board.events)
        board.go(6000)
        board.ask("record(False)")  # the page in memory is the last one
        wait(board, 20, lambda: spooled(board) > 1500)
        assert "to be written when no outlet charges" in board.ask("record()")
        files = bundle(board, tmp_path / "charging.zip")
        assert "record.new" in files and "record.bin" not in files
        assert replayed(tmp_path / "charging.zip")["decisions"] > 20
        assert steps(board, since) == {"program"}
        assert board.snapshot()["site"]["latest_ms"] < 100
        assert [event for event in board.events[since:] if event.kind == "contactor"] == []
        board.show(A, *OUTLETS)
        wait(board, 30, lambda: spooled(board) == 0)
        assert board.ask("record()").endswith("decisions to /record.bin")
        files = bundle(board, tmp_path / "after.zip")
        assert "record.bin" in files and "record.new" not in files
        report = replayed(tmp_path / "after.zip")
        assert (report["gaps"], report["missed"]) == (0, 0)
        assert not board.resets()


def test_what_waits_outlives_the_power(cut: bytes, tmp_path: Path) -> None:
    with with_flash(cut) as board:
        board.go(3000)
        assert "record.new" in bundle(board, tmp_path / "cut.zip")
        assert replayed(tmp_path / "cut.zip")["decisions"] > 20
        board.ask("record(True)")
        wait(board, 30, lambda: spooled(board) == 0)
        files = bundle(board, tmp_path / "after.zip")
        assert "record.cut" in files and "record.new" not in files
        both = [reader.read_all(str(tmp_path / name))[0] for name in ("cut.zip", "after.zip")]
        assert both[0].segments == both[1].segments


def test_a_file_system_from_before_there_was_room_for_it() -> None:
    """Nothing of it is lost, records are kept as before, and a recording stays in memory."""
    stored = flash_of(image("pico"))
    files = {"site.json": json.dumps(site()).encode()}
    stored[AT + LEDGER :] = filesystem_image(files, storage_bytes("pico") - LEDGER)
    with with_flash(bytes(stored)) as board:
        board.charge(1)
        board.go(1500)
        assert "0: start 0, outlet 1: " in board.ask("ledger()")
        since = len(board.events)
        assert "recording" in board.ask("record(True)")
        board.go(10_000)
        assert spooled(board) == SPOOL - stored[SPOOL_AT : SPOOL_AT + SPOOL].count(0xFF)
        assert steps(board, since) <= {"program"}
        assert board.ask("record()").startswith("recording: ")


def test_a_board_that_runs_no_site_gives_it_too(cut: bytes, tmp_path: Path) -> None:
    stored = bytearray(cut)
    stored[SPOOL_AT + SPOOL :] = flash(b"{")[SPOOL_AT + SPOOL :]
    with with_flash(bytes(stored)) as board:
        board.go(2000)
        assert "record.new" in bundle(board, tmp_path / "stopped.zip")
        assert replayed(tmp_path / "stopped.zip")["decisions"] > 20
