"""`pilotlight flash`: image and site file on an emulated Pico, over its USB line."""

import json
import random
import signal
import time
from pathlib import Path

import pytest
from bootloader import BLOCK, PAGE, BootLoader
from cli_helpers import command
from emulator_helpers import image, wiring
from pico_helpers import AFTER_RESET_MS, OUTLETS, C, Rig, charging, flash, rig, site, storage_bytes
from pico_person import Person
from pilotlight_host.commands.flash import keeps_files
from pilotlight_host.emulated import Pico
from pilotlight_host.emulated.filesystem import LEDGER, RESERVED
from pilotlight_host.emulated.uf2 import content_of
from pilotlight_host.hand import drive

GARAGE = site(2) | {"site": {"id": "garage"}}


def written(folder: Path, content: object, name: str = "new.json") -> Path:
    """A site file."""
    file = folder / name
    file.write_text(content if isinstance(content, str) else json.dumps(content))
    return file


def flashed(person: Person, *words: object) -> tuple[int, str]:
    """The command, on the board's port."""
    return person.pilotlight("flash", "pico", "--port", person.path, *words)


def runs_with(board: Rig, site_id: str) -> bool:
    """The site runs, and with this file."""
    return f'site.id = "{site_id}"' in board.ask("tune()")


def test_a_new_site_file_is_compared_and_runs(tmp_path: Path) -> None:
    file = written(tmp_path, GARAGE)
    with charging(site(), *OUTLETS) as board:
        person = Person(board)
        since_us = board.now_us
        code, said = flashed(person, "--site", file)
        assert code == 0, said
        [restart] = board.resets(since_us)
        stopped_ms = (restart.t_us - since_us) / 1000
        coils = [(on, ms < stopped_ms) for ms, _, on in board.switched(since_us)]
        # and nothing closes before the site runs again; then all that charged may
        assert coils[:4] == [(False, True)] * 4
        assert all(again == (True, False) for again in coils[4:])
        assert said.startswith(
            f"pilotlight: {person.path}: the site is stopped, every outlet is off\n"
        )
        assert "image: is there, compared byte for byte" in said
        assert "site: is there, compared byte for byte" in said
        assert [line.split()[0] for line in said.splitlines()[3:]] == [
            "feeder",
            "outlet",
            "outlet",
        ]
        assert runs_with(board, "garage")
        board.show(C)
        board.until(AFTER_RESET_MS, lambda: board.coils[1] and board.coils[2])
        code, said = flashed(person, "--site", file)
        assert (code, "site: stays as it is" in said) == (0, True), said
        person.close()


def test_what_is_wrong_at_the_desk_stops_nothing(tmp_path: Path) -> None:
    file = written(tmp_path, site() | {"outlets": [{"feeder": "attic", "max_a": 16}]})
    nothing = written(tmp_path, "no image", "nothing.uf2")
    with charging(site(), *OUTLETS) as board:
        person = Person(board)
        since_us = board.now_us
        for words, named in ((("--site", file), "attic"), (("--image", nothing), "no UF2 image")):
            code, said = flashed(person, *words)
            assert code in (1, 2), said
            assert named in said
        assert board.switched(since_us) == []
        assert board.resets() == []
        person.close()


def test_what_the_board_refuses_is_taken_back(tmp_path: Path) -> None:
    """Five outlets are right at the desk; this board has four."""
    five = site() | {"outlets": [{"feeder": "main", "max_a": 16}] * 5}
    file = written(tmp_path, five)
    with charging(site(), *OUTLETS) as board:
        person = Person(board)
        code, said = flashed(person, "--site", file)
        assert code == 1
        assert "pilotlight: site.json: outlets: 5, but the board has 4\n" in said
        assert said.endswith("pilotlight: the board runs with the site file it had before\n")
        assert runs_with(board, "home")
        person.close()


def test_a_board_without_a_site_file(tmp_path: Path) -> None:
    with rig() as board:
        board.go(2000)
        person = Person(board)
        code, said = flashed(person)
        assert code == 1
        assert "site: there is none on the board, give one with --site" in said
        code, said = flashed(person, "--site", written(tmp_path, GARAGE))
        assert code == 0, said
        assert runs_with(board, "garage")
        person.close()


def test_an_io_board_has_no_site_and_is_started(tmp_path: Path) -> None:
    with rig(board="pico_io") as board:
        board.go(1000)
        person = Person(board)
        words = ("flash", "pico_io", "--port", person.path)
        code, said = person.pilotlight(*words, "--site", written(tmp_path, GARAGE))
        assert (code, "pico_io has no site, its computer has" in said) == (2, True), said
        code, said = person.pilotlight(*words)
        assert code == 0, said
        assert "image: is there, compared byte for byte" in said
        assert said.endswith("started, for `pilotlight serve`\n")
        board.go(1000)
        board.said()
        board.pico.console_write(b"hello 1\n")
        board.until(100, lambda: board.has_said("hello 1\nboard outlets=4 "))
        person.close()


@pytest.mark.parametrize(("kill", "turns"), [(signal.SIGINT, 3), (signal.SIGKILL, 5)])
def test_cut_short_the_old_file_or_the_new_one_runs(
    tmp_path: Path, kill: signal.Signals, turns: int
) -> None:
    """At any instant; after SIGINT the site runs by itself, else after the next reset."""
    chance = random.Random(kill)
    names = ("home", "garage")
    files = [padded(tmp_path, name) for name in names]
    with rig(site()) as board:
        board.go(3000)
        whole_ms = cut_short(board, files[0], signal.SIGINT, 60_000)
        for turn in range(turns):
            after_ms = whole_ms * (turn + chance.random()) / turns
            cut_short(board, files[1 - turn % 2], kill, after_ms)
            if kill == signal.SIGKILL:
                assert not any(board.coils.values())
                board.power_cycle()
            board.go(4000)
            assert sum(runs_with(board, name) for name in names) == 1


def padded(folder: Path, name: str) -> Path:
    """A site file that takes a while."""
    content = json.dumps(site(2) | {"site": {"id": name}})
    return written(folder, content + "\n" * 6000, name + ".json")


def cut_short(board: Rig, file: Path, kill: signal.Signals, after_ms: float) -> float:
    """Flash it for so long; the board's time that has passed."""
    person = Person(board)
    process = person.start(*command("flash", "pico", "--port", person.path, "--site", file))
    begun_us = board.now_us
    while process.poll() is None and board.now_us - begun_us < 1000 * after_ms:
        person.go(5)
    took_ms = (board.now_us - begun_us) / 1000
    was_cut = process.poll() is None
    if was_cut:
        process.send_signal(kill)
    code, said = person.end_of(process)
    assert was_cut or code == 0, said
    person.close()
    return took_ms


def changed(uf2: bytes) -> bytes:
    """Another image: one byte of its last page differs."""
    other = bytearray(uf2)
    other[-BLOCK + 32 + PAGE - 1] ^= 1
    return bytes(other)


def test_another_image_goes_over_the_boot_loader(tmp_path: Path) -> None:
    """The chip's ROM is a model (bootloader.py), what it then starts is the image."""
    uf2 = image("pico").read_bytes()
    old = content_of(changed(uf2))
    content = old + flash(site())[len(old) :]
    with Pico(image("pico"), wiring("pico"), flash=content) as pico:
        board = Rig(pico)
        board.go(3000)
        person = Person(board)
        words = ("--site", written(tmp_path, GARAGE), "--drive", tmp_path)
        process = person.start(*command("flash", "pico", "--port", person.path, *words))
        before = len(board.resets())
        while len(board.resets()) == before and process.poll() is None:
            person.go(5)
        assert not any(board.coils.values())
        loader = BootLoader(pico.flash_image(), tmp_path)
        while not loader.is_whole and process.poll() is None:
            loader.look()
            time.sleep(0.01)
    assert content_of(uf2) == bytes(loader.flash[: len(content_of(uf2))])
    with Pico(image("pico"), wiring("pico"), flash=bytes(loader.flash)) as pico:
        person.board = Rig(pico)
        code, said = person.end_of(process)
        assert code == 0, said
        assert "image: is there, compared byte for byte" in said
        assert runs_with(person.board, "garage")
    person.close()


def test_a_copy_that_is_cut_short_never_leaves_a_part_of_a_program(tmp_path: Path) -> None:
    """After every single block: the old program before the first, the new one after the last."""
    uf2 = image("pico").read_bytes()
    loader = BootLoader(flash(site()), tmp_path)
    assert loader.would_start
    blocks = drive.in_safe_order(changed(uf2))
    count = len(blocks) // BLOCK
    for number in range(count):
        loader.take(blocks[number * BLOCK : (number + 1) * BLOCK])
        assert loader.would_start == (number == count - 1)
    assert loader.is_whole
    new = content_of(changed(uf2))
    assert bytes(loader.flash[: len(new)]) == new
    files = storage_bytes("pico")
    assert loader.flash[-files:] == flash(site())[-files:]


def test_in_the_order_of_the_file_it_would_start_a_part(tmp_path: Path) -> None:
    """What the safe order is for."""
    loader = BootLoader(flash(site()), tmp_path)
    loader.take(image("pico").read_bytes()[: 100 * BLOCK])
    assert loader.would_start
    assert not loader.is_whole


def test_a_board_keeps_its_files_where_the_image_finds_them() -> None:
    """Also those that an older image has made; another board's are elsewhere."""
    pico, modem = storage_bytes("pico"), storage_bytes("pico_ppp")
    with rig(site()) as board:
        board.go(1000)
        there = int(board.ask("(lambda s: s[1] * s[2])(__import__('os').statvfs('/'))"))
    assert there == pico - RESERVED
    for of_older in (there, pico - LEDGER, pico):
        assert keeps_files(of_older, pico)
    assert not keeps_files(there, modem)
    assert not keeps_files(modem - RESERVED, pico)
