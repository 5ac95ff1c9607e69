"""`pilotlight calibrate`, at an emulated Pico: a person who plugs, measures and errs."""

from pathlib import Path

from pico_helpers import B, rig, site
from pico_person import Person
from pilotlight_host.hand.guide import inputs

SETTINGS = """feeders[0].clamps[0].channel = 1
feeders[0].clamps[0].gain = 4884
feeders[0].clamps[1].channel = 2
feeders[0].id = "main"
feeders[0].voltage.channel = 4
feeders[1].clamps = null
feeders[1].id = "yard"
feeders[1].voltage = null"""


def test_pilots_and_clamps_one_after_the_other(tmp_path: Path) -> None:
    """A car is at the second outlet; the clamp on L2 has no steady current; L3 is left out."""
    typed = tmp_path / "typed"
    typed.write_text("\n\ns\nten\n10\n\n\n")
    with rig(site(2)) as board:
        board.go(2000)
        board.pico.analog.clamp(1, 12000, 0)
        board.show(B, 2)
        board.go(3000)
        person = Person(board)
        with typed.open() as stdin:
            code, said = person.pilotlight("calibrate", "--port", person.path, stdin=stdin)
        assert code == 0, said
        settings = board.ask("tune()")
        person.close()
    print(said)
    lines = said.splitlines()
    assert "outlet 1: measures 119" in said
    assert "unplug the car first" in said
    assert "'ten' is no number of A" in said
    [gain] = [line for line in lines if line.startswith("main L1: gain ")]
    assert 4000 < int(gain.split()[3].strip(",")) < 4200  # 4884 x 10 / 12
    assert lines[-1] == "calibrated: outlet 1, main L1"
    assert lines[-2].startswith(("saved to /site.json", "will be saved"))
    assert f"feeders[0].clamps[0].gain = {gain.split()[3].strip(',')}" in settings
    assert "feeders[0].clamps[1].gain = 4884" in settings


def test_what_there_is_to_calibrate() -> None:
    assert inputs(SETTINGS) == [("main L1", "A"), ("main L2", "A"), ("main voltage", "V")]


def test_nothing_is_calibrated_where_nobody_answers(tmp_path: Path) -> None:
    with rig(site(1)) as board:
        board.go(2000)
        person = Person(board)
        (tmp_path / "typed").write_text("s\n")
        with (tmp_path / "typed").open() as stdin:
            code, said = person.pilotlight("calibrate", "--port", person.path, stdin=stdin)
        person.close()
    assert code == 1
    assert said.endswith("calibrated: nothing\n")
