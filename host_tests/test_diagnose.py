"""`pilotlight diagnose`, of an emulated Pico whose site runs, and of one whose site does not."""

import json
import zipfile
from pathlib import Path

import pytest
from cli_helpers import pilotlight
from pico_helpers import OUTLETS, charging, rig, site
from pico_person import Person
from pilotlight_host.hand.bundle import ASKED
from pilotlight_host.hand.site import without_passwords

MQTT = {"host": "192.0.2.1", "user": "me", "password": "top secret"}


def test_of_a_site_that_goes_on_charging(tmp_path: Path) -> None:
    file = tmp_path / "home.zip"
    with charging(site(2, mqtt=MQTT), *OUTLETS[:2]) as board:
        assert "recording" in board.ask("record(True)")
        board.go(20000)
        for number in (1, 2):
            board.ask(f"pause({number})")
        board.go(8000)  # nothing is written while a contactor is closed
        for number in (1, 2):
            board.ask(f"resume({number})")
        board.until(20000, lambda: board.coils[1] and board.coils[2])
        board.go(2000)
        board.pico.console_write(b"limit(1")  # somebody has not ended a line
        before = len(board.events)
        person = Person(board)
        code, said = person.pilotlight("diagnose", file, "--port", person.path)
        person.close()
        assert code == 0, said
        moved = [event for event in board.events[before:] if event.kind in ("contactor", "reset")]
        assert moved == []
        assert board.coils[1]
        assert board.coils[2]
        assert board.ask("why(2)").startswith("outlet 2 (C2): ")
    with zipfile.ZipFile(file) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    assert files.keys() >= {*ASKED, "about.json", "why.txt", "site.json"}
    assert files.keys() & {"record.bin", "record.new"}  # in a file, or in flash until there is one
    assert not [name for name, content in files.items() if b"top secret" in content]
    assert json.loads(files["site.json"]) == site(2, mqtt=MQTT | {"password": ""})
    about = json.loads(files["about.json"])
    assert (about["site"], about["platform"]) == ("runs", "rp2")
    assert int(about["heap_free"]) > 10000
    assert len(json.loads(files["snapshot.json"])["outlets"]) == 2
    assert b"outlet 2: C2" in files["log.txt"]
    assert files["why.txt"].count(b"outlet ") >= 2
    done = pilotlight("replay", file)
    assert done.returncode == 0, done.stderr
    assert "decided again: all the same" in done.stdout


def test_of_a_board_whose_site_does_not_run(tmp_path: Path) -> None:
    file = tmp_path / "five.zip"
    wrong = site(mqtt=MQTT) | {"outlets": [{"feeder": "main", "max_a": 16}] * 5}
    with rig(wrong) as board:
        board.go(2000)
        person = Person(board)
        code, said = person.pilotlight("diagnose", file, "--port", person.path)
        person.close()
        assert code == 0, said
    with zipfile.ZipFile(file) as archive:
        assert json.loads(archive.read("about.json"))["site"] == "does not run"
        assert b"outlets: 5, but the board has 4" in archive.read("why_it_ends.txt")
        assert json.loads(archive.read("site.json"))["mqtt"]["password"] == ""
    done = pilotlight("replay", file)
    assert done.returncode == 2
    assert "five.zip: nothing was recorded there" in done.stderr


@pytest.mark.parametrize(
    "text", ['{"mqtt": {"password": "a \\"b", }}', '{"mqtt": {"password": "a b']
)
def test_a_torn_site_file_gives_no_password_away(text: str) -> None:
    found = without_passwords(text.encode())
    assert b'"password": ""' in found
    assert b"b" not in found


def test_nobody_there(tmp_path: Path) -> None:
    done = pilotlight("diagnose", tmp_path / "no.zip", "--port", "/dev/ttyNONE")
    assert done.returncode == 1
    assert "--port /dev/ttyNONE: no site answers there" in done.stderr
    assert not (tmp_path / "no.zip").exists()
