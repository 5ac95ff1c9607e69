"""Records of sessions in the flash of an emulated Pico. Times in ms."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from pico_helpers import OUTLETS, A, Rig, flash, image, rig, site, storage_bytes, wiring
from pilotlight.wire import page
from pilotlight_host.emulated import Pico, RawRepl
from pilotlight_host.emulated.filesystem import LEDGER, filesystem_image
from pilotlight_host.emulated.pico import WORST_FLASH_MS
from pilotlight_host.emulated.uf2 import FLASH_SIZE, flash_of
from pilotlight_host.paths import BOARDS

README = BOARDS / "pico" / "README.md"
AT = FLASH_SIZE - storage_bytes("pico")
RECORDS = LEDGER // 4 * 3  # bytes; events have the rest


def records(board: Rig, kind: str = "session") -> list[dict[str, Any]]:
    """What the flash holds, as another reader of its pages sees it; events behind all else."""
    content = board.pico.flash_image()[AT : AT + LEDGER]
    pages = [bytearray(content[i : i + 256]) for i in range(0, LEDGER, 256)]
    found = [page.value_of(one) for one in pages if page.number_of(one) is not None]
    assert [one["kind"] == "events" for one in found] == sorted(
        one["kind"] == "events" for one in found
    )
    return [one for one in found if one["kind"] == kind]


def steps(board: Rig, since: int) -> list[str]:
    return [event.op or "" for event in board.events[since:] if event.kind == "flash"]


@contextmanager
def with_flash(content: bytes, **options: Any) -> Iterator[Rig]:
    with Pico(image("pico"), wiring("pico"), flash=content, **options) as pico:
        yield Rig(pico)


def rows(board: Rig) -> list[tuple[int, int, int, str | None]]:
    return [(r["seq"], r["boot"], r["outlet"], r["end"]) for r in records(board)]


def test_a_visit_is_written_while_cars_charge_and_nothing_is_erased() -> None:
    with rig(site(), flash_times=WORST_FLASH_MS) as board:
        board.charge(*OUTLETS)
        board.go(2500)
        since = len(board.events)
        left_us = board.now_us
        board.show(A, 2)
        board.go(2500)
        assert [ms < 60 for ms, outlet, on in board.switched(left_us) if not on] == [True]
        assert set(steps(board, since)) == {"program"}
        own = [e for e in board.events[since:] if e.kind == "flash" and e.at < AT + RECORDS]
        assert len(own) == 1  # others are of events
        ends = [row for row in rows(board) if row[3]]
        assert ends == [(4, 0, 2, "unplugged")]
        last = records(board)[-1]
        assert (last["by"], last["unknown_s"]) == ("inferred", 0)
        assert 6 <= last["most_a"] <= 16
        assert 2 <= last["charged_s"] <= last["plugged_s"] <= 6
        assert "erase" not in steps(board, 0)
        assert board.snapshot()["site"]["latest_ms"] <= 20
        assert "4: start 0, outlet 2: " in board.ask("ledger()")


def test_events_are_there_after_the_power_was_gone() -> None:
    """Without a broker all of them are written; nothing is erased for it while cars charge."""
    with rig(site(), flash_times=WORST_FLASH_MS) as board:
        board.charge(*OUTLETS)
        since = len(board.events)
        board.go(12_000)
        assert set(steps(board, since)) == {"program"}
        assert board.snapshot()["site"]["latest_ms"] <= 20
        stored = board.pico.flash_image()
        told = [text for one in records(board, "events") for _, text in one["events"]]
        assert told[0].startswith("started, version ") and "outlet 1: C2" in told
    with with_flash(stored, flash_times=WORST_FLASH_MS) as board:
        board.go(3000)
        said = board.ask("diary()")
        assert "start 0, 0 s: started, version " in said and "s: outlet 1: C2" in said
        assert "start 1, 0 s: started, version " in said
        assert board.snapshot()["site"]["latest_ms"] <= 20


@pytest.mark.parametrize("fraction", [0.0, 0.02, 0.5, 0.99])
def test_power_goes_while_a_record_is_written(fraction: float) -> None:
    with rig(site()) as board:
        board.charge(1, 2)
        board.go(2500)
        before = rows(board)
        assert [row[2:] for row in before] == [(1, None), (2, None)]
        board.pico.cut_power_in_flash(1, fraction)
        board.show(A, 1)
        board.until(3000, lambda: bool(board.resets()))
        board.pico.analog.rest()
        board.go(3000)
        after = rows(board)
        assert after[:2] == before
        # torn, it is there for nobody, and the next one has its number; near the end of its page
        # only what is erased anyway is missing
        mine = (2, 0, 1, "unplugged") if fraction == 0.99 else (2, 1, 1, "restart")
        assert after[2:] == [mine, (3, 1, 2, "restart")]
        assert "3: start 1, outlet 2: " in board.ask("ledger()")


def test_a_flash_full_of_something_else() -> None:
    stored = bytearray(flash(site()))
    stored[AT : AT + LEDGER] = bytes(i * 7 & 0xFF for i in range(LEDGER))
    with with_flash(bytes(stored), flash_times=WORST_FLASH_MS) as board:
        board.go(3000)
        board.charge(1)
        board.go(1500)
        assert rows(board) == [(0, 0, 1, None)]
        assert board.snapshot()["site"]["records"]["room"] >= 40


def test_a_file_system_from_before_there_was_a_ledger() -> None:
    """It is used as it is; there are no records, until it is made anew as boards/pico/README.md
    says.
    """
    stored = flash_of(image("pico"))
    files = {"site.json": json.dumps(site()).encode()}
    stored[AT:] = filesystem_image(files, storage_bytes("pico"))
    with with_flash(bytes(stored)) as board:
        board.charge(1)
        assert board.ask("ledger()") == "this board keeps no records"
        assert steps(board, 0) == []
        [line] = re.findall(r'mpremote exec "(.*?)"', README.read_text().replace("\n", " "))
        content = json.dumps(json.dumps(site()))
        for code in (line, f"with open('site.json', 'w') as file: file.write({content})"):
            repl = RawRepl(board.pico)
            repl.exec(code)
            repl.start("import machine\nmachine.reset()")
            board.go(1500)
        board.charge(1)
        board.go(1500)
        assert "0: start 0, outlet 1: " in board.ask("ledger()")
