"""`pilotlight backup` and `restore`, on an emulated Pico."""

import json
import zipfile
from pathlib import Path

from cli_helpers import pilotlight
from pico_helpers import OUTLETS, charging, rig, site
from pico_person import Person

MQTT = {"host": "192.0.2.1", "user": "me", "password": "top secret"}


def test_all_files_go_and_come_back(tmp_path: Path) -> None:
    """To another board, which had another site."""
    file, open_file, sealed = (tmp_path / name for name in ("home.zip", "open.zip", "sealed.zip"))
    phrase = tmp_path / "phrase"
    phrase.write_text("correct horse\n")
    with charging(site(2, mqtt=MQTT), *OUTLETS[:2]) as board:
        person = Person(board)
        person.mpremote("exec", "open('orders.log', 'wb').write(bytes(range(256)) * 9)")
        person.mpremote("exec", "open('half.new', 'wb').write(b'x')")
        code, said = person.pilotlight("backup", "--port", person.path, file)
        assert code == 0, said
        words = ("backup", "--port", person.path, "--without-passwords", open_file)
        code, said = person.pilotlight(*words)
        assert code == 0, said
        words = ("backup", "--port", person.path, "--passphrase", phrase, sealed)
        code, said = person.pilotlight(*words)
        assert code == 0, said
        assert board.snapshot()["outlets"]
        person.close()
    with zipfile.ZipFile(file) as archive:
        assert archive.namelist() == ["orders.log", "site.json"]
        assert json.loads(archive.read("site.json")) == site(2, mqtt=MQTT)
    with zipfile.ZipFile(open_file) as archive:
        told = json.loads(archive.read("site.json"))
    assert told == site(2, mqtt=MQTT | {"password": ""})
    with zipfile.ZipFile(sealed) as archive:
        assert archive.namelist() == ["orders.log", "site.json", "passwords.enc"]
        assert not [name for name in archive.namelist() if b"top secret" in archive.read(name)]
    with rig(site(4)) as board:
        board.go(3000)
        person = Person(board)
        code, said = person.pilotlight("restore", "--port", person.path, sealed)
        assert code == 2
        assert "its passwords are encrypted; --passphrase FILE decrypts them" in said
        words = ("restore", "--port", person.path, "--passphrase", phrase, sealed)
        code, said = person.pilotlight(*words)
        assert code == 0, said
        assert "orders.log: is there, compared byte for byte" in said
        assert len(board.snapshot()["outlets"]) == 2
        stored = person.mpremote("exec", "print(open('site.json').read())")
        assert "top secret" in stored and "passwords.enc" not in said
        assert "2304" in person.mpremote("exec", "import os; print(os.stat('orders.log')[6])")
        person.close()


def test_a_board_whose_site_does_not_run_is_read_too(tmp_path: Path) -> None:
    file = tmp_path / "five.zip"
    with rig(site() | {"outlets": [{"feeder": "main", "max_a": 16}] * 5}) as board:
        board.go(2000)
        person = Person(board)
        code, said = person.pilotlight("backup", "--port", person.path, file)
        person.close()
    assert code == 1
    assert "outlets: 5, but the board has 4" in said
    with zipfile.ZipFile(file) as archive:
        assert len(json.loads(archive.read("site.json"))["outlets"]) == 5


def test_wrong_files_and_ports_are_named(tmp_path: Path) -> None:
    file = tmp_path / "no.zip"
    file.write_text("no archive")
    for words, said in (
        (("restore", file, "--port", "/dev/null"), "no.zip: is no archive of a board"),
        (("restore", tmp_path / "none.zip"), "none.zip: No such file"),
        (("backup", file, "--port", "/dev/ttyNONE"), "/dev/ttyNONE: no board answers there"),
    ):
        done = pilotlight(*words)
        assert done.returncode in (1, 2)
        assert said in done.stderr
        assert "Traceback" not in done.stderr
